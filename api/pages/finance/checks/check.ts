import { requestRenewal, requestStop } from '../../../../commands/checks/stops.ts';
import { type Check, getPayoutCheck } from '../../../../db/checks/checks.ts';
import { type CheckStop, listStops } from '../../../../db/checks/stops.ts';
import type { Database } from '../../../../db/database.ts';
import { getPayoutStart } from '../../../../db/payouts/starts.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { checkClock, whyNotStop } from '../../../../domain/checks/check.ts';
import { wakeCheckDesk, wakePayout } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { askReason, facts, table } from '../../components.ts';
import { formatDay, formatInstant } from '../../format.ts';
import { type definePages, idOf, readReason } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { ATTEMPT_STATE } from '../../words.ts';
import type { Work } from '../tasks/work.ts';

const STOP_OUTCOME = { stopped: 'stopped', already_paid: 'the bank paid it before' } as const;

const stopTable = (stops: readonly CheckStop[]): Html | false =>
  stops.length > 0 &&
  table({
    caption: 'Stops',
    columns: ['Asked for', 'By', 'Why', "The bank's reply", 'Lapses'],
    rows: stops.map(({ requestedAt, requestedBy, reason, outcome, expiresOn, isVoid, renewsId }) => ({
      head: html`<span class="day">${formatInstant(requestedAt, 'UTC')}</span>
        ${renewsId && html`<small>renewal</small>`}`,
      cells: [
        requestedBy,
        reason,
        outcome === null
          ? 'none yet: nothing is free before it comes'
          : html`${STOP_OUTCOME[outcome]} ${isVoid === false && html`<small>the number is not void</small>`}`,
        expiresOn ? formatDay(expiresOn) : '–',
      ],
    })),
    empty: '',
  });

/** The stop or the renewal that a person may ask for now. */
function actionsOf({ state, payoutId }: Check, stops: readonly CheckStop[], { roles }: Visitor): Html | false {
  if (!mayUse(roles, 'POST /payouts/{id}/check/stop') || state === 'spoiled') return false;
  const path = `/payouts/${payoutId}/check/stop`;
  const isAsked = stops.some(({ outcome }) => outcome === null);
  const last = stops.findLast(({ outcome }) => outcome === 'stopped');
  return html`<div class="actions">
    ${
      !isAsked &&
      !last &&
      whyNotStop(state) === undefined &&
      askReason({
        id: 'stop',
        action: path,
        button: 'Stop the check',
        title: 'Stop this check?',
        about: 'The bank is asked next. Until it confirms, somebody can cash the check, and nothing replaces it.',
      })
    }
    ${
      last &&
      !isAsked &&
      askReason({
        id: 'renew',
        action: `${path}/renewal`,
        button: 'Renew the stop',
        title: 'Renew this stop?',
        about: 'The bank then refuses the check for six more months.',
      })
    }
  </div>`;
}

/** The check of a payout as the register has it, its stops, and what a person may ask the bank for. */
export async function checkCard(db: Database, payoutId: string, visitor: Visitor): Promise<Html> {
  const [check, stops] = await Promise.all([getPayoutCheck(db, payoutId), listStops(db, payoutId)]);
  const clock = checkClock(check, check.dormancyYears);
  const at = (instant: Date | null) => (instant ? formatInstant(instant, 'UTC') : 'not yet');
  return html`<section class="card">
      <h2>Check ${check.number}</h2>
      ${facts([
        ['Drawn on', `${check.payer}, ${check.accountRef}`],
        ['State', check.state === 'spoiled' ? 'spoiled' : ATTEMPT_STATE[check.state]],
        ['Dated', check.datedOn ? formatDay(check.datedOn) : '–'],
        ['On file at the bank', at(check.acknowledgedAt)],
        ['In the mail', at(check.sentAt)],
        ['Paid by the bank', at(check.clearedAt)],
        ...(clock.staleOn ? [['Old from', formatDay(clock.staleOn)] as const] : []),
        ...(clock.dormantOn ? [['Abandoned on', formatDay(clock.dormantOn)] as const] : []),
      ])}
      ${actionsOf(check, stops, visitor)}
    </section>
    ${stopTable(stops)}`;
}

/** A check that is old, came back or whose stop lapses: a person stops it, or renews the stop. */
export const checkWork: Work = async ({ db }, { payoutId }, visitor) =>
  payoutId === null ? null : checkCard(db, payoutId, visitor);

export function checkPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('POST /payouts/{id}/check/stop', async (c, { actorId }) => {
    const payoutId = idOf(c, 'payout');
    await requestStop(db, { payoutId, reason: await readReason(c), by: actorId });
    const start = await getPayoutStart(db, payoutId);
    await wakeQuietly({ temporal, log }, { payout: payoutId }, () => wakePayout(temporal, start));
    return c.redirect(`/payouts/${payoutId}`, 303);
  });

  pages.on('POST /payouts/{id}/check/stop/renewal', async (c, { actorId }) => {
    const payoutId = idOf(c, 'payout');
    await requestRenewal(db, { payoutId, reason: await readReason(c), by: actorId });
    await wakeQuietly({ temporal, log }, { payout: payoutId }, () => wakeCheckDesk(temporal));
    return c.redirect(`/payouts/${payoutId}`, 303);
  });
}
