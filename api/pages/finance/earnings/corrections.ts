import { decideCorrection } from '../../../../commands/earnings/corrections.ts';
import type { Database } from '../../../../db/database.ts';
import {
  type Correction,
  type CorrectionItemRow,
  getCorrection,
  listCorrectionItems,
  listCorrections,
  listCorrectionTotals,
  lockCorrection,
  readCorrectionDecider,
} from '../../../../db/earnings/corrections.ts';
import { listPartnersNamed } from '../../../../db/partners/partners.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import {
  CORRECTION_KINDS,
  CORRECTION_STATUSES,
  totalsOf,
  whyNotDecideCorrection,
} from '../../../../domain/earnings/correction.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { money } from '../../../../domain/money.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { askReason, facts, nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, idOf, readForm, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { CORRECTION_KIND, PROPOSAL_STATUS } from '../../earning-words.ts';
import { earningTabs } from './event-words.ts';

const CORRECTIONS_A_PAGE = 50;
const ITEMS_SHOWN = 1000;
const PATH = '/earnings/corrections';

const wordsOf = ({ kind, merged, into }: Correction): string =>
  kind === 'merge' ? `Merge of ${merged} into ${into}` : CORRECTION_KIND[kind];

/** Corrections of balances: the list, and each with what it changes. Another person than the proposer decides it, with a signature. */
export function correctionPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);

  pages.on('GET /earnings/corrections', async (c, visitor) => {
    const status = CORRECTION_STATUSES.find((one) => one === c.req.query('status'));
    const kind = CORRECTION_KINDS.find((one) => one === c.req.query('kind'));
    const partner = (c.req.query('partner') ?? '').trim();
    const values = { ...(status && { status }), ...(kind && { kind }), ...(partner && { partner }) };
    const [known] = partner === '' ? [] : await listPartnersNamed(db, [partner]);
    const filter = { status, kind, partnerId: known?.id };
    const place = parseCursor(c.req.query('cursor') ?? '');
    const before = typeof place === 'string' && isUuid(place) ? place : null;
    const read = async (count: number) => (partner !== '' && !known ? [] : listCorrections(db, filter, before, count));
    const { items, nextCursor } = await readPage(CORRECTIONS_A_PAGE, read, { key: ({ id }) => id, item: (one) => one });
    const main = html`<header class="title">
        <h1>Earnings</h1>
        <p>A correction changes what a partner is owed. One person proposes it, and another one confirms it.</p>
      </header>
      ${earningTabs(PATH)}
      ${
        mayUse(visitor.roles, 'GET /earnings/corrections/new') &&
        html`<p class="actions">
          <a class="button primary" href="${PATH}/new">Propose a correction…</a>
          <a class="button" href="${PATH}/import">Propose a file…</a>
        </p>`
      }
      ${filters(
        PATH,
        [
          {
            name: 'status',
            label: 'Status',
            choices: CORRECTION_STATUSES.map((value) => ({ value, label: PROPOSAL_STATUS[value].label })),
            noChoice: 'all',
          },
          {
            name: 'kind',
            label: 'Kind',
            choices: CORRECTION_KINDS.map((value) => ({ value, label: CORRECTION_KIND[value] })),
            noChoice: 'all',
          },
          { name: 'partner', label: "Partner's code" },
        ],
        { values },
      )}
      ${table({
        caption: 'Corrections',
        columns: ['Correction', 'Reason', 'Proposed by', 'Decided by', 'Status'],
        rows: items.map((one) => ({
          head: html`<a href="${PATH}/${one.id}">${wordsOf(one)}</a> <small>${countOf(one.itemCount, 'item')}</small>`,
          cells: [
            html`${one.reason} ${one.reference && html`<small>${one.reference}</small>`}`,
            html`${one.proposedBy} <small>${formatInstant(one.proposedAt, 'UTC')}</small>`,
            one.decidedBy ?? '–',
            tag(PROPOSAL_STATUS[one.status]),
          ],
        })),
        empty:
          Object.keys(values).length > 0
            ? html`No correction fits these filters. <a href="${PATH}">Show all</a>.`
            : 'Nothing was corrected yet.',
      })}
      ${nextPage(PATH, nextCursor, values)}`;
    return sendPage(c, consolePage({ title: 'Corrections', here: '/earnings/events', main }, visitor));
  });

  pages.on('GET /earnings/corrections/{id}', async (c, visitor) => {
    const correction = await getCorrection(db, idOf(c, 'correction'));
    const [totals, items, decider] = await Promise.all([
      listCorrectionTotals(db, correction.id),
      listCorrectionItems(db, correction.id, 0, ITEMS_SHOWN),
      readCorrectionDecider(db, correction.id, visitor.actorId),
    ]);
    const refusal = whyNotDecideCorrection(correction, { id: visitor.actorId, ...decider }, 'confirm');
    const main = html`<header class="title">
        <p><a href="${PATH}">Corrections</a></p>
        <h1>${wordsOf(correction)} ${tag(PROPOSAL_STATUS[correction.status])}</h1>
        <p>${correction.reason}</p>
        ${correction.status === 'proposed' && decision(correction, visitor, refusal?.message)}
      </header>
      <div class="columns">
        <section>${itemTable(items)}</section>
        <aside>
          <section class="card">
            <h2>In all</h2>
            ${facts(totals.map(({ currency, minor }) => [currency, sayAmount(money(minor, currency))]))}
          </section>
          ${story(correction)}
        </aside>
      </div>`;
    return sendPage(c, consolePage({ title: wordsOf(correction), here: '/earnings/events', main }, visitor));
  });

  /** A person signs the correction as they saw it, with all of its items. */
  const formFor = (id: string) => ({
    subject: `correction/${id}`,
    here: '/earnings/events' as const,
    back: `${PATH}/${id}`,
    read: async (tx: Database) => {
      const correction = await lockCorrection(tx, id);
      return { correction, items: await listCorrectionItems(tx, id, 0, ITEMS_SHOWN) };
    },
    content: ({ correction, items }: Seen) => ({
      kind: correction.kind,
      reason: correction.reason,
      merged: correction.merged,
      into: correction.into,
      status: correction.status,
      items: items.map(({ partner, program, currency, minor, availableOn }) => [
        partner,
        program,
        currency,
        String(minor),
        availableOn,
      ]),
    }),
  });

  pages.on('POST /earnings/corrections/{id}/confirm', async (c, visitor) => {
    const id = idOf(c, 'correction');
    const { note } = await readForm(c, 'note');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'confirm correction',
      typed: { note },
      perform: (tx, signatureId) =>
        decideCorrection(tx, {
          id,
          actorId: visitor.actorId,
          decision: 'confirm',
          note: note.trim() === '' ? null : note.trim(),
          signatureId,
        }),
      title: 'Confirm this correction?',
      about: (seen) =>
        html`${aboutSeen(seen)}
          <p>It is in the books at once, and its partners get a mail.</p>`,
      button: 'Confirm and sign',
      answer: () => c.redirect(`${PATH}/${id}`, 303),
    });
  });

  pages.on('POST /earnings/corrections/{id}/refuse', async (c, visitor) => {
    const id = idOf(c, 'correction');
    const reason = await readReason(c);
    return sign(c, visitor, {
      ...formFor(id),
      act: 'refuse correction',
      typed: { reason },
      perform: (tx, signatureId) =>
        decideCorrection(tx, { id, actorId: visitor.actorId, decision: 'refuse', note: reason, signatureId }),
      title: 'Refuse this correction?',
      about: (seen) =>
        html`${aboutSeen(seen)}
          <p>Nothing is booked. You said: ${reason}</p>`,
      button: 'Refuse and sign',
      answer: () => c.redirect(`${PATH}/${id}`, 303),
    });
  });
}

type Seen = { correction: Correction; items: readonly CorrectionItemRow[] };

const aboutSeen = ({ correction, items }: Seen): Html =>
  facts([
    ['Correction', wordsOf(correction)],
    ['Reason', correction.reason],
    ['Proposed by', correction.proposedBy],
    ['Items', items.length],
    ...totalsOf(items).map((total) => [total.currency, sayAmount(total)] as const),
  ]);

/** The buttons of a person who may decide, or the reason why they may not. */
function decision({ id }: Correction, { roles }: Visitor, refusal: string | undefined): Html | false {
  if (!mayUse(roles, 'POST /earnings/corrections/{id}/confirm')) return html`<p>It waits for another person.</p>`;
  if (refusal !== undefined) return html`<p>You cannot decide it. ${refusal}</p>`;
  return html`<div class="actions">
    <form method="post" action="${PATH}/${id}/confirm"><button class="primary">Confirm…</button></form>
    ${askReason({
      id: 'refuse',
      action: `${PATH}/${id}/refuse`,
      button: 'Refuse',
      title: 'Refuse this correction?',
      about: 'Nothing is booked. The proposer reads your reason.',
    })}
  </div>`;
}

export const itemTable = (items: readonly Omit<CorrectionItemRow, 'partnerId' | 'programId' | 'scheduleId'>[]): Html =>
  table({
    caption: 'Changes',
    columns: ['Partner', 'Program', { label: 'Amount', number: true }, 'Counts from', 'Reason'],
    rows: items.map(({ partner, program, currency, minor, availableOn, reason }) => ({
      head: partner,
      cells: [
        program,
        sayAmount(money(minor, currency)),
        html`<span class="day">${formatDay(availableOn)}</span>`,
        reason ?? '–',
      ],
    })),
    empty: 'A merge moves the whole balance when it is confirmed.',
  });

const story = ({ proposedBy, proposedAt, reference, decidedBy, decidedAt, status, note }: Correction): Html =>
  html`<section class="card">
    <h2>What happened</h2>
    <ol class="timeline">
      <li>
        <strong>Proposed by ${proposedBy}</strong>
        <small>${formatInstant(proposedAt, 'UTC')}</small>
        ${reference && html`<small>${reference}</small>`}
      </li>
      ${
        decidedBy && decidedAt
          ? html`<li>
              <strong>${status === 'confirmed' ? 'Confirmed' : 'Refused'} by ${decidedBy}</strong>
              <small>${formatInstant(decidedAt, 'UTC')}</small>
              ${note && html`<q>${note}</q>`}
            </li>`
          : html`<li data-is="now"><strong>Waits for another person</strong></li>`
      }
    </ol>
  </section>`;
