import { listNextPayments, type NextPayment } from '../../../../commands/payouts/payability.ts';
import { type Instrument, listInstrumentsInOrder } from '../../../../db/partners/instruments.ts';
import { listStages } from '../../../../db/partners/onboarding.ts';
import { type PartnerWait, sumWaitingOf } from '../../../../db/earnings/waits.ts';
import { type Balance, listBalancesAsOf } from '../../../../db/payouts/balances.ts';
import { listNewestPayouts } from '../../../../db/payouts/pages.ts';
import type { Payout } from '../../../../db/payouts/payouts.ts';
import { whyEventsWait } from '../../../../domain/earnings/waiting-events.ts';
import { formatExactDecimal } from '../../../../domain/exact-amount.ts';
import { money } from '../../../../domain/money.ts';
import { allStages, RECORDED_STAGES, type StageReached } from '../../../../domain/partners/onboarding.ts';
import { adviceFor } from '../../../../domain/payouts/advice.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { balanceTotals } from '../../balance.ts';
import { tag } from '../../components.ts';
import { formatDay, formatDecimalText, formatInstant, sayAmount, readersVoice } from '../../format.ts';
import { sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { methodAndEnd, yourOutcome } from '../../portal-words.ts';
import { linkTo, say, strong, tell } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const PAYOUTS_SEEN = 50;

/** When a partner is paid, and if not, why, with everything that the partner can do about it. */
export function homePages({ db }: ApiDeps, portal: Portal): void {
  portal.on('GET /portal/{partner}', async (c, own, visitor) => {
    const [payments, balances, stages, instruments, payouts, waits, zone] = await Promise.all([
      listNextPayments(db, own.id, Date.now(), readersVoice()),
      listBalancesAsOf(db, own.id, { at: new Date().toISOString(), day: null }),
      listStages(db, own.id),
      listInstrumentsInOrder(db, own.id),
      listNewestPayouts(db, own.id, null, null, PAYOUTS_SEEN),
      sumWaitingOf(db, own.id),
      zoneOf(db, own.id),
    ]);
    const main = html`<header class="title"><h1>${titleOf(payments)}</h1></header>
      ${waitingForYou(own, payouts)} ${missing(own, allStages(stages), instruments.length > 0)}
      ${cooling(own, instruments, zone)}
      ${payments.length === 0 ? nothingYet() : payments.map((payment) => paymentCard(own, payment))}
      ${notCountedYet(waits)} ${balances.map((balance) => balanceOf(balance, payments))}`;
    return sendPage(c, portalPage({ title: say('place.home'), here: '', main }, visitor, own));
  });
}

/** The answer to the first question of every partner, if it is one answer. */
function titleOf(payments: readonly NextPayment[]): string {
  const [only, ...others] = payments;
  if (!only || others.length > 0) return say('home.nextOnes');
  return only.reasons.length === 0 ? say('home.paidOn', { day: formatDay(only.payOn) }) : say('home.next');
}

const nothingYet = (): Html =>
  html`<section class="empty">
    <h2>${say('home.nothing')}</h2>
    <p>${say('home.nothing.about')}</p>
  </section>`;

function paymentCard(own: Own, payment: NextPayment): Html {
  const { payable, payOn, cutoff, method, schedule, outcome, reasons, nextPayOn, belowMinimum } = payment;
  const isPaid = reasons.length === 0;
  const paying = { day: strong(formatDay(payOn)), cutoff: formatDay(cutoff) };
  return html`<section class="card next" data-tone="${yourOutcome(outcome).tone}">
    <h2>${payable.currency} <small>${say('home.schedule', { schedule })}</small> ${tag(yourOutcome(outcome))}</h2>
    <p class="sum">${sayAmount(payable)}</p>
    ${
      isPaid
        ? html`<p>
            ${method ? tell('home.paying', { ...paying, by: say(`method.by.${method}`) }) : tell('home.payingSomehow', paying)}
          </p>`
        : html`<ul class="reasons">
            ${reasons.map(
              ({ reason, words }) =>
                html`<li>
                  <strong>${words}</strong>
                  ${todoOf(own, reason)}
                </li>`,
            )}
          </ul>`
    }
    ${belowMinimum && html`<p>${belowMinimum}</p>`}
    ${
      !isPaid &&
      html`<p>${nextPayOn ? tell('home.firstDay', { day: strong(formatDay(nextPayOn)) }) : say('home.noDay')}</p>`
    }
  </section>`;
}

const todoOf = (own: Own, reason: NextPayment['outcome']): Html => {
  const { todo, place } = yourOutcome(reason);
  return place ? html`<a href="${portalOf(own)}${place}">${todo}</a>` : html`<span>${todo}</span>`;
};

/** Payouts under way that wait for the partner: to accept the money, or to fix something at the provider. */
const waitingForYou = (own: Own, payouts: readonly Payout[]): Html[] =>
  payouts.flatMap((payout) => {
    const advice = payout.status === 'executing' || payout.status === 'sent' ? adviceFor(payout, readersVoice()) : null;
    if (advice?.who !== 'partner') return [];
    return html`<section class="card notice" data-tone="alert">
      <h2>${say('home.waits', { amount: sayAmount(money(payout.net, payout.currency)) })}</h2>
      <p>${advice.text}</p>
      <p><a href="${portalOf(own)}/payouts/${payout.id}">${say('home.openPayout')}</a></p>
    </section>`;
  });

/** The things that are missing, and what they hold back. Companies that record no stages of onboarding have nothing missing. */
function missing(own: Own, stages: readonly StageReached[], hasDetails: boolean): Html | null {
  const isRecorded = stages.some(
    ({ stage, reachedOn }) => stage !== 'invited' && reachedOn !== null && RECORDED_STAGES.some((one) => one === stage),
  );
  const open = stages.filter(({ stage, reachedOn }) =>
    stage === 'method' ? !hasDetails : isRecorded && reachedOn === null,
  );
  if (open.length === 0) return null;
  return html`<section class="card notice" data-tone="${hasDetails ? 'watch' : 'alert'}">
    <h2>${say('home.missing')}</h2>
    <ul class="reasons">
      ${open.map(
        ({ stage }) =>
          html`<li>
            <strong>${say(`stage.${stage}`)}</strong>
            ${
              stage === 'method' && mayAct(own)
                ? html`<a href="${portalOf(own)}/details/new">${say(`stage.${stage}.missing`)}</a>`
                : html`<span>${say(`stage.${stage}.missing`)}</span>`
            }
          </li>`,
      )}
    </ul>
  </section>`;
}

/** New payout details that are not used yet, for the owner who may not know about them. */
const cooling = (own: Own, instruments: readonly Instrument[], zone: string): Html[] =>
  instruments
    .filter(({ usableFrom }) => usableFrom.getTime() > Date.now())
    .map(
      ({ method, last4, usableFrom }) =>
        html`<section class="card notice" data-tone="watch">
          <h2>${say('home.cooling', { details: methodAndEnd(method, last4) })}</h2>
          <p>
            ${tell('home.cooling.about', { day: strong(formatInstant(usableFrom, zone)), link: linkTo(`${portalOf(own)}/details`) })}
          </p>
        </section>`,
    );

/** Sales and refunds that are in no amount yet. */
const notCountedYet = (waits: readonly PartnerWait[]): Html | null =>
  waits.length === 0
    ? null
    : html`<section class="card">
        <h2>${say('home.notCounted')}</h2>
        <ul class="reasons">
          ${waits.map(
            ({ count, currency, exact, waitsOn }) =>
              html`<li>
                <strong>
                  ${say('home.events', { count })}${currency !== null && exact !== null && `, ${formatDecimalText(formatExactDecimal(exact, currency))} ${currency}`}
                </strong>
                <span>${whyEventsWait(waitsOn, readersVoice())}</span>
              </li>`,
          )}
        </ul>
      </section>`;

const balanceOf = (balance: Balance, payments: readonly NextPayment[]): Html =>
  html`<section class="balance">
    <h2>${say('home.balance', { currency: balance.currency })}</h2>
    ${balanceTotals(balance, payments)}
    <p class="quiet">${say('home.together', { amount: sayAmount(money(balance.earnedMinor, balance.currency)) })}</p>
  </section>`;
