import { z } from 'zod';

import { verifiesSignature } from '../../../../commands/people/signatures.ts';
import {
  type ChainState,
  findSignature,
  getLogEntry,
  type KeptSignature,
  listLog,
  listSignatures,
  type LogEntry,
  type LogFilter,
  readChain,
} from '../../../../db/people/audit-log.ts';
import { DAY_MS } from '../../../../domain/durations.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { Failure } from '../../../../domain/errors.ts';
import { csvHeaders, csvStreamOf, everyRow } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { LocalDate, RowNumber } from '../../../http/schemas.ts';
import { facts, nextPage, table, tabs, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { countOf, formatInstant } from '../../format.ts';
import { type definePages, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { signingPlace } from '../../people/signature.ts';
import { subjectLink } from '../../subjects.ts';

const ENTRIES_A_PAGE = 100;
const SIGNATURES_A_PAGE = 50;
const LINKS_VERIFIED = 1000;
const TEXT_CHARS_MAX = 200;

const Text = z.string().trim().max(TEXT_CHARS_MAX).optional().catch(undefined);
const Day = LocalDate.optional().catch(undefined);
const Query = z.object({ actor: Text, action: Text, subject: Text, from: Day, to: Day });

const auditTabs = (here: '/audit' | '/audit/signatures'): Html =>
  tabs(
    'Audit',
    [
      ['Log', '/audit'],
      ['Signatures', '/audit/signatures'],
    ],
    here,
  );

const WISHES = [
  { name: 'actor', label: 'Person', help: 'Their code' },
  { name: 'action', label: 'Action', help: 'Such as payout.hold, or payout' },
  { name: 'subject', label: 'Subject', help: 'Such as run/…' },
  { name: 'from', label: 'From', type: 'date' as const },
  { name: 'to', label: 'To', type: 'date' as const },
];

function readWish(c: PageContext): { filter: LogFilter; values: Record<string, string> } {
  const { to, ...query } = Query.parse(c.req.query());
  const until = to && new Date(Date.parse(to) + DAY_MS).toISOString().slice(0, 10);
  const given = Object.entries({ ...query, to }).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  const values = Object.fromEntries(given);
  const filter = { ...query, until };
  return { values, filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '')) };
}

function chainCard({ length, head, sealedAt, unsealed, verified, broken }: ChainState): Html {
  if (length === null || head === null)
    return html`<p class="card">
      Nothing is sealed yet. ${countOf(unsealed, 'entry waits', 'entries wait')} to be sealed.
    </p>`;
  return html`<section class="card notice" data-tone="${broken === 0 ? 'good' : 'alert'}">
    <h2>
      ${broken === 0 ? `The last ${countOf(verified, 'link')} of the chain compute again.` : `${countOf(broken, 'link')} of the chain do not compute again.`}
    </h2>
    <p>
      ${countOf(Number(length), 'entry is', 'entries are')} sealed, and ${countOf(unsealed, 'waits', 'wait')} to be
      sealed. All of them are verified each night. Keep the head elsewhere to notice that the end was cut off.
    </p>
    ${facts([
      ['Head', html`<code>${head}</code>`],
      ['Last entry', sealedAt ? formatInstant(sealedAt, 'UTC') : '–'],
    ])}
  </section>`;
}

const reasonOf = ({ detail }: LogEntry): string => (typeof detail['reason'] === 'string' ? detail['reason'] : '');

const entryRow = (entry: LogEntry) => ({
  head: html`<a href="/audit/${entry.seq}">${entry.action}</a>`,
  cells: [
    html`<span class="day">${formatInstant(entry.at, 'UTC')}</span>`,
    entry.actor ?? 'the system',
    subjectLink(entry.subject),
    html`<span class="cut">${reasonOf(entry)}</span>`,
    entry.hash ? tag({ label: 'sealed', tone: 'good' }) : tag({ label: 'waits', tone: 'plain' }),
  ],
});

const COLUMNS = ['seq', 'at', 'actor', 'action', 'subject', 'detail', 'hash'];

const signatureTag = (isValid: boolean): Html =>
  isValid ? tag({ label: 'verifies', tone: 'good' }) : tag({ label: 'does not verify', tone: 'alert' });

/** The log of everything that people and the system decided, its chain, and the signatures of people. */
export function auditPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const verifies = (kept: KeptSignature) => verifiesSignature(signingPlace(deps).site, kept);

  pages.on('GET /audit', async (c, visitor) => {
    const { filter, values } = readWish(c);
    const before = RowNumber.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const [chain, { items, nextCursor }] = await Promise.all([
      readChain(db, LINKS_VERIFIED),
      readPage(ENTRIES_A_PAGE, (count) => listLog(db, filter, before, count), {
        key: ({ seq }) => seq,
        item: (one) => one,
      }),
    ]);
    const main = html`<header class="title">
        <h1>Audit</h1>
        <p>
          The log has who did what, to what and why. Nobody can change or remove an entry without breaking its chain.
        </p>
      </header>
      ${auditTabs('/audit')} ${chainCard(chain)} ${filters('/audit', WISHES, { values })}
      ${table({
        caption: 'Entries',
        columns: ['Action', 'When', 'Person', 'Subject', 'Reason', 'Chain'],
        rows: items.map(entryRow),
        empty: html`No entry fits these filters. <a href="/audit">Show all</a>.`,
        aside: html`<a href="/audit.csv?${new URLSearchParams(values).toString()}">CSV</a>`,
      })}
      ${nextPage('/audit', nextCursor, values)}`;
    return sendPage(c, consolePage({ title: 'Audit', here: '/audit', main }, visitor));
  });

  pages.on('GET /audit.csv', async (c) => {
    const { filter } = readWish(c);
    const rows = everyRow(
      (after: LogEntry | null, count) => listLog(db, filter, after?.seq ?? null, count),
      ({ seq, at, actor, action, subject, detail, hash }) => [
        String(seq),
        at.toISOString(),
        actor ?? '',
        action,
        subject,
        JSON.stringify(detail),
        hash ?? '',
      ],
    );
    return c.body(csvStreamOf(COLUMNS, rows), 200, { ...csvHeaders('audit.csv'), 'cache-control': 'no-store' });
  });

  pages.on('GET /audit/signatures', async (c, visitor) => {
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listSignatures(db, before, count);
    const { items, nextCursor } = await readPage(SIGNATURES_A_PAGE, read, { key: ({ id }) => id, item: (one) => one });
    const valid = await Promise.all(items.map(verifies));
    const main = html`<header class="title">
        <h1>Signatures</h1>
        <p>
          Each was made by a passkey, or by a new sign-in at a provider of identities, and is verified again now with
          the public key. The SHA-256 of the sentence is the challenge or the nonce, so anybody can do the same without
          Bursar.
        </p>
      </header>
      ${auditTabs('/audit/signatures')}
      ${table({
        caption: 'Signed by people',
        columns: ['Person', 'Sentence', 'When', 'Signature'],
        rows: items.map(({ actor, statement, signedAt }, index) => ({
          head: actor,
          cells: [
            html`<code class="sentence">${statement.replace(/ nonce .*/, '')}</code>`,
            html`<span class="day">${formatInstant(signedAt, 'UTC')}</span>`,
            signatureTag(valid[index] === true),
          ],
        })),
        empty: 'Nobody has signed anything yet. An approval in the console is signed with a passkey.',
      })}
      ${nextPage('/audit/signatures', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Signatures', here: '/audit', main }, visitor));
  });

  pages.on('GET /audit/{id}', async (c, visitor) => {
    const seq = RowNumber.safeParse(c.req.param('id')).data;
    if (seq === undefined) throw new Failure('not_found', `There is no entry ${c.req.param('id')} of the audit log.`);
    const entry = await getLogEntry(db, seq);
    const signed = entry.detail['signature'];
    const kept = typeof signed === 'string' && isUuid(signed) ? await findSignature(db, signed) : null;
    const main = html`<header class="title">
        <p><a href="/audit">Audit</a></p>
        <h1>${entry.action}</h1>
      </header>
      <section class="card">
        ${facts([
          ['Number', String(entry.seq)],
          ['When', formatInstant(entry.at, 'UTC')],
          ['Person', entry.actor ?? 'the system'],
          ['Subject', subjectLink(entry.subject)],
          ...Object.entries(entry.detail).map(
            ([name, value]) => [name, html`<code>${JSON.stringify(value)}</code>`] as const,
          ),
        ])}
      </section>
      ${
        kept &&
        html`<section class="card">
          <h2>Signature ${signatureTag(await verifies(kept))}</h2>
          <p><code class="sentence">${kept.statement}</code></p>
          <p>
            <small
              >By ${'idToken' in kept.proof ? 'a new sign-in' : 'a passkey'} of ${kept.actor},
              ${formatInstant(kept.signedAt, 'UTC')}</small
            >
          </p>
        </section>`
      }
      <section class="card">
        <h2>Chain</h2>
        ${
          entry.hash
            ? facts([
                ['Place', String(entry.chainSeq)],
                ['Hash', html`<code class="sentence">${entry.hash}</code>`],
                ['Hash before', html`<code class="sentence">${entry.previousHash ?? 'none: it is the first'}</code>`],
              ])
            : html`<p>It waits to be sealed, which takes a minute at most.</p>`
        }
      </section>`;
    return sendPage(c, consolePage({ title: entry.action, here: '/audit', main }, visitor));
  });
}
