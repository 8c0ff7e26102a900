import { z } from 'zod';

import { findRefusal } from '../../../../commands/runs/decide.ts';
import { listApprovals } from '../../../../db/runs/approvals.ts';
import { countFlags, type FlaggedPayout, listFlagged } from '../../../../db/runs/flags.ts';
import { listRunNeeds } from '../../../../db/runs/needs.ts';
import { listOutcomeTotals } from '../../../../db/runs/outcomes.ts';
import {
  readRunVersion,
  listReviewPayouts,
  listReviewTotals,
  type ReviewPayout,
  type ReviewTotal,
} from '../../../../db/runs/review.ts';
import { getRun, type Run } from '../../../../db/runs/runs.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import type { Failure } from '../../../../domain/errors.ts';
import { money } from '../../../../domain/money.ts';
import { PAYOUT_FLAGS, type PayoutFlag } from '../../../../domain/runs/flag.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { nextPage, table, tag } from '../../components.ts';
import { countOf, formatAmount, formatDay, formatInstant } from '../../format.ts';
import { type definePages, idOf, pathOf, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { live, tellChanges } from '../../live.ts';
import { consolePage } from '../../layout.ts';
import { FLAG, GATEWAY, METHOD, OUTCOME, PAYOUT_STATUS, RUN_STATUS } from '../../words.ts';
import { partnerPath } from '../partners/address.ts';
import { runActions } from './actions.ts';
import { periodOf } from './runs.ts';

const PAYOUTS_A_PAGE = 100;
const FLAGGED_MAX = 1000;
const Query = z.object({
  cursor: z.string().optional(),
  flag: z.enum(PAYOUT_FLAGS).optional().catch(undefined),
});
const Place = z.strictObject({ currency: z.string(), netMinor: z.string().transform(BigInt), id: z.uuid() });

export const totalsOf = (totals: readonly ReviewTotal[]): Html =>
  html`<dl class="totals">
    ${totals.map(
      ({ currency, count, netMinor, lastMinor }) =>
        html`<div>
          <dt>${currency} <small>${countOf(count, 'payout')}</small></dt>
          <dd class="sum">${formatAmount(money(netMinor, currency))}</dd>
          <dd class="then">
            ${lastMinor === null ? 'nothing in the last run' : `last run ${formatAmount(money(lastMinor, currency))}`}
          </dd>
        </div>`,
    )}
  </dl>`;

const percentOf = ({ netMinor, lastMinor }: ReviewPayout): Html => {
  if (lastMinor === null || lastMinor === 0n) return html`<span class="quiet">new</span>`;
  const percent = ((netMinor - lastMinor) * 100n) / lastMinor;
  const isBig = percent >= 50n || percent <= -50n;
  return html`<span class="change" data-size="${isBig ? 'big' : 'small'}">
    ${percent > 0n ? '+' : percent < 0n ? '−' : ''}${percent < 0n ? -percent : percent} %
  </span>`;
};

const payoutRow = (payout: ReviewPayout, flags: readonly PayoutFlag[]) => {
  const say = (minor: bigint) => formatAmount(money(minor, payout.currency));
  const isOut = payout.status === 'cancelled';
  return {
    id: `payout-${payout.id}`,
    ...(isOut || payout.isHeld ? { tone: isOut ? 'out' : 'held' } : {}),
    head: html`<a href="/payouts/${payout.id}">${payout.name}</a>
      <small><a href="${partnerPath(payout.partner)}">${payout.partner}</a> · ${payout.kind}, ${payout.country}</small>
      ${payout.status !== 'draft' && tag(PAYOUT_STATUS[payout.status])}
      ${payout.isHeld && tag({ label: 'on hold', tone: 'watch' })} ${flags.map((flag) => tag(FLAG[flag]))}`,
    cells: [
      html`${METHOD[payout.method]} ${payout.last4 !== '' && html`<small>•••• ${payout.last4}</small>`}`,
      payout.currency,
      say(payout.grossMinor),
      payout.withheldMinor === 0n ? '–' : `−${say(payout.withheldMinor)}`,
      html`<strong>${say(payout.netMinor)}</strong>`,
      percentOf(payout),
    ],
  };
};

const PAYOUT_COLUMNS = [
  'Partner',
  'Pays to',
  'Currency',
  { label: 'Earned', number: true },
  { label: 'Withheld', number: true },
  { label: 'Payout', number: true },
  { label: 'Against last payout', number: true },
];

/** How many payouts have each flag, where every flagged payout was read. */
const tallyOf = (flagged: readonly FlaggedPayout[]) =>
  PAYOUT_FLAGS.map((flag) => ({ flag, count: flagged.filter(({ flags }) => flags.includes(flag)).length }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => one.flag.localeCompare(other.flag));

async function readReview(db: ApiDeps['db'], run: Run, { cursor, flag }: z.infer<typeof Query>) {
  const after = Place.safeParse(parseCursor(cursor ?? '')).data ?? null;
  const readFlagged = listFlagged(db, run.id, null, FLAGGED_MAX);
  const readOnly = async () =>
    flag ? (await readFlagged).filter(({ flags }) => flags.includes(flag)).map(({ id }) => id) : null;
  const [flagged, totals, outcomes, flagCounts, approvals, needs, payouts] = await Promise.all([
    readFlagged,
    listReviewTotals(db, run),
    listOutcomeTotals(db, run.id),
    readFlagged.then((found) => (found.length < FLAGGED_MAX ? tallyOf(found) : countFlags(db, run.id))),
    listApprovals(db, run.id),
    listRunNeeds(db, run.id),
    readPage(PAYOUTS_A_PAGE, async (count) => listReviewPayouts(db, run.id, after, count, await readOnly()), {
      key: ({ currency, netMinor, id }) => ({ currency, netMinor: String(netMinor), id }),
      item: (payout) => payout,
    }),
  ]);
  return { flag, totals, outcomes, flagCounts, flagged, approvals, needs, payouts };
}

type Review = Awaited<ReturnType<typeof readReview>>;

/** The step of the calendar that comes next. A run that ended has none. */
function nextStep({ status, payOn }: Run): Html | false {
  if (status === 'preparing' || status === 'review')
    return html`<li data-is="next"><strong>Money leaves</strong><small>${formatDay(payOn)}, if approved</small></li>`;
  if (status === 'approved')
    return html`<li data-is="next"><strong>Money leaves</strong><small>${formatDay(payOn)}</small></li>`;
  return status === 'disbursing' || status === 'paused' || status === 'disbursed'
    ? html`<li><strong>Payments began</strong><small>planned for ${formatDay(payOn)}</small></li>`
    : false;
}

const timeline = (run: Run, { approvals }: Review): Html => {
  const say = (at: Date) => formatInstant(at, run.zone);
  const counted = approvals.filter(
    ({ contentHash, decision }) => contentHash === run.contentHash && decision === 'approve',
  );
  const missing = run.approvalsRequired - counted.length;
  return html`<ol class="timeline">
    <li><strong>Cut-off</strong><small>${say(run.cutoffAt)}</small></li>
    <li><strong>Opened</strong><small>by ${run.preparer ?? 'its schedule'}, ${say(run.createdAt)}</small></li>
    ${approvals.map(
      ({ actor, decision, at, note, contentHash }) =>
        html`<li>
          <strong>${decision === 'approve' ? 'Approved' : 'Rejected'} by ${actor}</strong>
          <small>${say(at)}${contentHash !== run.contentHash && ', for content that changed since then'}</small>
          ${note && html`<q>${note}</q>`}
        </li>`,
    )}
    ${run.status === 'review' && missing > 0 && html`<li data-is="now"><strong>Waits for ${countOf(missing, 'approval')}</strong></li>`}
    ${nextStep(run)}
  </ol>`;
};

const notPaid = ({ outcomes }: Review): Html =>
  table({
    caption: 'Partners who are not paid',
    columns: ['Reason', { label: 'Partners', number: true }, { label: 'Amount', number: true }],
    rows: outcomes
      .filter(({ outcome }) => outcome !== 'paid')
      .map(({ outcome, count, currency, payableMinor }) => ({
        head: OUTCOME[outcome],
        cells: [count, `${formatAmount(money(payableMinor, currency))} ${currency}`],
      })),
    empty: 'Every partner with a balance is paid.',
  });

/** The differences from the last run. Each is a filter of the payouts below. */
const flagsOf = (run: Run, { flagCounts, flag: chosen }: Review): Html | null =>
  flagCounts.length === 0
    ? null
    : html`<ul class="differences" aria-label="What to look at">
        ${flagCounts.map(
          ({ flag, count }) =>
            html`<li data-tone="${FLAG[flag].tone}">
              <a href="/runs/${run.id}?flag=${flag}" ${flag === chosen && html`aria-current="true"`}
                ><strong>${count}</strong> ${FLAG[flag].about}</a
              >
            </li>`,
        )}
      </ul>`;

/** The money that must be at each provider. Bursar reads no balance there, so a person compares. */
const needsOf = ({ needs }: Review): Html | false =>
  needs.length > 0 &&
  table({
    caption: 'Is the money there?',
    columns: [
      'Account at',
      'Currency',
      { label: 'Payouts', number: true },
      { label: 'Needed', number: true },
      { label: 'Not asked for yet', number: true },
    ],
    rows: needs.map(({ gateway, currency, count, netMinor, leftMinor }) => ({
      head: GATEWAY[gateway],
      cells: [
        currency,
        count,
        html`<strong>${formatAmount(money(netMinor, currency))}</strong>`,
        formatAmount(money(leftMinor, currency)),
      ],
    })),
    empty: '',
    aside: html`<small>without fees; compare with the balance there</small>`,
  });

/** Why a person may not approve the run as they see it. Undefined if they may, or if the role approver is not theirs. */
const readRefusal = (db: ApiDeps['db'], run: Run, { actorId, roles }: Visitor): Promise<Failure | undefined> =>
  run.status === 'review' && run.contentHash !== null && mayUse(roles, 'GET /runs/{id}/approval')
    ? findRefusal(db, run, { by: actorId, decision: 'approve', contentHash: run.contentHash, signatureId: 'asked for' })
    : Promise.resolve(undefined);

function decisionBar(run: Run, { roles }: Visitor, refusal: Failure | undefined): Html | null {
  if (run.status !== 'review' || !mayUse(roles, 'GET /runs/{id}/approval')) return null;
  if (refusal)
    return html`<div class="decision">
      <p><strong>You cannot decide this run.</strong> ${refusal.message}</p>
    </div>`;
  return html`<div class="decision">
    <p>
      <strong>${countOf(run.approvalsRequired, 'approval')} needed.</strong> Yours counts for content
      <code>${run.contentHash?.slice(0, 12)}</code> alone: one cent of difference voids it.
    </p>
    <p class="buttons">
      <a class="button" href="/runs/${run.id}/rejection">Reject…</a>
      <a class="button primary" href="/runs/${run.id}/approval">Approve…</a>
    </p>
  </div>`;
}

/** Shows everything by which an approver decides: the sums, the flags, every payout, and the earlier decisions. */
export function reviewPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /runs/{id}', async (c, visitor) => {
    const run = await getRun(db, idOf(c, 'run'));
    const review = await readReview(db, run, Query.parse(c.req.query()));
    const flags = new Map(review.flagged.map((payout) => [payout.id, payout.flags]));
    const refusal = await readRefusal(db, run, visitor);
    const status = RUN_STATUS[run.status];
    const inside = html`<header class="title">
        <p><a href="/runs">Runs</a></p>
        <h1>${run.schedule} ${tag(status)}</h1>
        <p>${periodOf(run)}. Pays on <strong>${formatDay(run.payOn)}</strong>.</p>
        ${run.statusReason && html`<p>Reason: ${run.statusReason}</p>`} ${runActions(run, visitor)}
      </header>
      <div class="columns">
        <section>
          <h2 class="unseen">Totals</h2>
          ${totalsOf(review.totals)} ${needsOf(review)} ${flagsOf(run, review)}
          ${table({
            caption: review.flag ? `Payouts: ${FLAG[review.flag].label}` : 'Payouts',
            columns: PAYOUT_COLUMNS,
            rows: review.payouts.items.map((payout) => payoutRow(payout, flags.get(payout.id) ?? [])),
            empty: 'This run pays nobody. The reasons are below.',
            aside: review.flag ? html`<a href="/runs/${run.id}">Show all</a>` : undefined,
          })}
          ${nextPage(`/runs/${run.id}`, review.payouts.nextCursor, review.flag ? { flag: review.flag } : {})}
          ${notPaid(review)}
        </section>
        <aside>
          <section class="card">
            <h2>What happened</h2>
            ${timeline(run, review)}
          </section>
        </aside>
      </div>
      ${decisionBar(run, visitor, refusal)}`;
    const main = live({ path: pathOf(c), changes: `/runs/${run.id}/changes` }, inside);
    return sendPage(c, consolePage({ title: `${run.schedule}, ${run.periodEnd}`, here: '/runs', main }, visitor));
  });

  pages.on('GET /runs/{id}/changes', async (c) => {
    const { id } = await getRun(db, idOf(c, 'run'));
    return tellChanges(c, () => readRunVersion(db, id));
  });
}
