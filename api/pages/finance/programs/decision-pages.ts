import { z } from 'zod';

import type { Visitor } from '../../../../db/people/sessions.ts';
import { getPartner, listPartnersNamed } from '../../../../db/partners/partners.ts';
import type { PolicySubject } from '../../../../domain/programs/policies.ts';
import { csvHeaders, csvStreamOf } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { Reason } from '../../../http/schemas.ts';
import { wakeDecisionQuietly } from '../../../http/wake.ts';
import { askReason, nextPage, table } from '../../components.ts';
import { SUBJECT } from '../../decision-words.ts';
import { type FieldWish, type Filled, filledIn, filters, orObjections } from '../../form.ts';
import { type definePages, idOf, type PageContext, readReason, readValues, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { decisionForm, decisionHistory, decisionQueue, policyFacts, readDecisions, roleToAnswer } from './decision.ts';

const ROWS_A_PAGE = 50;

type Filter<Status> = { status?: Status | undefined; partnerId?: bigint | undefined };
type Answer = {
  subjectId: string;
  by: { id: string; role: string };
  decision: 'approve' | 'decline';
  note: string | null;
  nowMs: number;
};

/** A thing about which people decide by a policy, as its pages need it. */
export type Decided<Thing extends { id: string; partner: string; program: string }, Status extends string> = {
  subject: PolicySubject;
  title: string;
  statuses: readonly Status[];
  say: (status: Status) => string;
  list: (db: ApiDeps['db'], filter: Filter<Status>, before: string | null, limit: number) => Promise<readonly Thing[]>;
  get: (db: ApiDeps['db'], id: string) => Promise<Thing>;
  columns: readonly (string | { label: string; number: boolean })[];
  row: (thing: Thing) => { head: Part; cells: readonly Part[] };
  csvColumns: readonly string[];
  csvRow: (thing: Thing) => readonly string[];
  head: (thing: Thing) => { title: string; main: Html };
  facts: (thing: Thing) => Html;
  steps: (thing: Thing) => readonly { at: Date; words: string; about?: string | null }[];
  isOver: (thing: Thing) => boolean;
  /** The buttons of a person besides the one to withdraw. */
  actions?: (thing: Thing, visitor: Visitor) => Html | false;
  /** A sentence about the effect of an approval. */
  effect: (thing: Thing) => string;
  /** Fields of the form besides the note. */
  extra?: (db: ApiDeps['db'], thing: Thing) => Promise<readonly FieldWish[]>;
  answer: (db: ApiDeps['db'], answer: Answer, values: Readonly<Record<string, string>>) => Promise<unknown>;
  withdraw: (db: ApiDeps['db'], id: string, wish: { reason: string; by: string; nowMs: number }) => Promise<unknown>;
};

/** The queue of a subject with the list of all, each thing with the form to decide about it, and the same list as a file. */
export function decisionPages<Thing extends { id: string; partner: string; program: string }, Status extends string>(
  deps: ApiDeps,
  pages: ReturnType<typeof definePages>,
  kind: Decided<Thing, Status>,
): void {
  const { db } = deps;
  const { place: here, one } = SUBJECT[kind.subject];
  const Query = z.object({
    status: z.enum(kind.statuses).optional().catch(undefined),
    partner: z.string().trim().max(64).default('').catch(''),
  });
  /** A partner who is not known has nothing, so the filter is null then. */
  async function readWish(c: PageContext): Promise<{ query: Record<string, string>; filter: Filter<Status> | null }> {
    const { status, ...read } = Query.parse(c.req.query());
    const query = { ...(status && { status }), ...(read.partner && { partner: read.partner }) };
    if (read.partner === '') return { query, filter: { status } };
    const [known] = await listPartnersNamed(db, [read.partner]);
    return { query, filter: known ? { status, partnerId: (await getPartner(db, known.code)).id } : null };
  }

  pages.on(`GET ${here}`, async (c, visitor) => {
    const { query, filter } = await readWish(c);
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = async (count: number) => (filter ? kind.list(db, filter, before, count) : []);
    const [queue, { items, nextCursor }] = await Promise.all([
      decisionQueue(db, kind.subject, visitor),
      readPage(ROWS_A_PAGE, read, { key: ({ id }) => id, item: (thing) => thing }),
    ]);
    const choices = kind.statuses.map((value) => ({ value, label: kind.say(value) }));
    const main = html`<header class="title"><h1>${kind.title}</h1></header>
      ${queue}
      ${filters(
        here,
        [
          { name: 'status', label: 'State', choices, noChoice: 'all' },
          { name: 'partner', label: "Partner's code" },
        ],
        { values: query },
      )}
      ${table({
        caption: `All ${kind.title.toLowerCase()}`,
        columns: kind.columns,
        rows: items.map(kind.row),
        empty:
          Object.keys(query).length > 0
            ? html`No ${one} fits these filters. <a href="${here}">Show all</a>.`
            : `There is no ${one} yet. Partners add them in the portal, or by the API.`,
        aside: html`<a href="${here}.csv?${new URLSearchParams(query).toString()}">CSV</a>`,
      })}
      ${nextPage(here, nextCursor, query)}`;
    return sendPage(c, consolePage({ title: kind.title, here, main }, visitor));
  });

  pages.on(`GET ${here}.csv`, async (c) => {
    const { filter } = await readWish(c);
    const file = csvStreamOf(kind.csvColumns, rowsOf(filter));
    return c.body(file, 200, { ...csvHeaders(`${here.slice(1)}.csv`), 'cache-control': 'no-store' });
  });

  async function* rowsOf(filter: Filter<Status> | null): AsyncGenerator<readonly string[]> {
    if (!filter) return;
    for (let before: string | null = null; ;) {
      const page: readonly Thing[] = await kind.list(db, filter, before, ROWS_A_PAGE);
      yield* page.map(kind.csvRow);
      before = page.at(-1)?.id ?? null;
      if (page.length < ROWS_A_PAGE) return;
    }
  }

  const draw = async (thing: Thing, visitor: Visitor, filled?: Filled) => {
    const path = `${here}/${thing.id}`;
    const decisions = await readDecisions(db, kind.subject, thing.id);
    const extra = await kind.extra?.(db, thing);
    const form = await decisionForm(db, decisions, visitor, {
      path,
      effect: kind.effect(thing),
      filled,
      ...(extra && { extra }),
    });
    const { title, main: head } = kind.head(thing);
    const mayWithdraw = !kind.isOver(thing) && mayUse(visitor.roles, `POST ${here}/{id}/withdrawal`);
    const main = html`<header class="title">
        <p><a href="${here}">${kind.title}</a></p>
        ${head}
        ${
          mayWithdraw &&
          html`<div class="actions">
            ${kind.actions?.(thing, visitor)}
            ${askReason({
              id: 'withdraw',
              action: `${path}/withdrawal`,
              button: 'Withdraw',
              title: `Withdraw this ${one} for ${thing.partner}?`,
              about: 'Nobody decides about it any longer, and the partner is told.',
            })}
          </div>`
        }
      </header>
      <div class="columns">
        <section>
          ${form}
          <section class="card">
            <h2>The ${one}</h2>
            ${kind.facts(thing)}
          </section>
          ${policyFacts(decisions)}
        </section>
        <aside>${decisionHistory(kind.steps(thing), decisions)}</aside>
      </div>`;
    return consolePage({ title, here, main }, visitor);
  };

  pages.on(`GET ${here}/{id}`, async (c, visitor) =>
    sendPage(c, await draw(await kind.get(db, idOf(c, one)), visitor)),
  );

  pages.on(`POST ${here}/{id}/decision`, async (c, visitor) => {
    const thing = await kind.get(db, idOf(c, one));
    const values = await readValues(c);
    const decision = values['decision'] === 'approve' ? 'approve' : 'decline';
    const role = await roleToAnswer(db, kind.subject, thing.id, visitor);
    const wish = { subjectId: thing.id, by: { id: visitor.actorId, role }, decision, nowMs: Date.now() } as const;
    const note = filledIn(values)['note'] ?? null;
    const wrong = whyNotNote(note, decision);
    const done = wrong
      ? ({ success: false, objections: [{ field: 'note', reason: wrong }] } as const)
      : await orObjections(() => kind.answer(db, { ...wish, note }, filledIn(values)));
    if (!done.success) return sendPage(c, await draw(thing, visitor, { values, objections: done.objections }), 400);
    await wakeDecisionQuietly(deps, { subject: kind.subject, id: thing.id });
    return c.redirect(`${here}/${thing.id}`, 303);
  });

  pages.on(`POST ${here}/{id}/withdrawal`, async (c, { actorId }) => {
    const { id } = await kind.get(db, idOf(c, one));
    await kind.withdraw(db, id, { reason: await readReason(c), by: actorId, nowMs: Date.now() });
    await wakeDecisionQuietly(deps, { subject: kind.subject, id });
    return c.redirect(`${here}/${id}`, 303);
  });
}

/** A partner never gets a refusal without a reason. */
function whyNotNote(note: string | null, decision: 'approve' | 'decline'): string | undefined {
  if (note === null) return decision === 'decline' ? 'is missing: the partner reads it as the reason' : undefined;
  return Reason.safeParse(note).success ? undefined : 'is not one line of up to 500 letters';
}
