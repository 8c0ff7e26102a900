import { listNextPayments, type NextPayment } from '../../../../commands/payouts/payability.ts';
import { type Instrument, listInstrumentsInOrder } from '../../../../db/partners/instruments.ts';
import { listStages } from '../../../../db/partners/onboarding.ts';
import { type PartnerWait, sumWaitingOf } from '../../../../db/earnings/waits.ts';
import { type Balance, listBalancesAsOf } from '../../../../db/payouts/balances.ts';
import { listNewestPayouts } from '../../../../db/payouts/pages.ts';
import type { Payout } from '../../../../db/payouts/payouts.ts';
import { WAITING_WORDS } from '../../../../domain/earnings/waiting-events.ts';
import { formatExactDecimal } from '../../../../domain/exact-amount.ts';
import { money } from '../../../../domain/money.ts';
import { allStages, RECORDED_STAGES, type StageReached } from '../../../../domain/partners/onboarding.ts';
import { adviceFor } from '../../../../domain/payouts/advice.ts';
import { METHOD_NAMES } from '../../../../domain/rails.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { balanceTotals } from '../../balance.ts';
import { tag } from '../../components.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { YOUR_OUTCOME, YOUR_STAGE } from '../../portal-words.ts';
import { METHOD } from '../../words.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const PAYOUTS_SEEN = 50;

/** When a partner is paid, and if not, why, with everything that the partner can do about it. */
export function homePages({ db }: ApiDeps, portal: Portal): void {
  portal.on('GET /portal/{partner}', async (c, own, visitor) => {
    const [payments, balances, stages, instruments, payouts, waits, zone] = await Promise.all([
      listNextPayments(db, own.id, Date.now()),
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
    return sendPage(c, portalPage({ title: 'Home', here: '', main }, visitor, own));
  });
}

/** The answer to the first question of every partner, if it is one answer. */
function titleOf(payments: readonly NextPayment[]): string {
  const [only, ...others] = payments;
  if (!only || others.length > 0) return 'Your next payments';
  return only.reasons.length === 0 ? `You are paid on ${formatDay(only.payOn)}` : 'Your next payment';
}

const nothingYet = (): Html =>
  html`<section class="empty">
    <h2>Nothing is due yet</h2>
    <p>You have earned nothing so far. As soon as something that you did counts, this page says when you are paid.</p>
  </section>`;

function paymentCard(own: Own, payment: NextPayment): Html {
  const { payable, payOn, cutoff, method, schedule, outcome, reasons, nextPayOn, belowMinimum } = payment;
  const isPaid = reasons.length === 0;
  return html`<section class="card next" data-tone="${YOUR_OUTCOME[outcome].tone}">
    <h2>${payable.currency} <small>schedule ${schedule}</small> ${tag(YOUR_OUTCOME[outcome])}</h2>
    <p class="sum">${sayAmount(payable)}</p>
    ${
      isPaid
        ? html`<p>
            We pay you this on <strong>${formatDay(payOn)}</strong>${method && `, by ${METHOD_NAMES[method]}`}. Amounts
            that become free before ${formatDay(cutoff)} are added, and refunds are taken off.
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
      html`<p>
        ${
          nextPayOn
            ? html`The first day on which money can leave is <strong>${formatDay(nextPayOn)}</strong>.`
            : 'No day is known before this is done.'
        }
      </p>`
    }
  </section>`;
}

const todoOf = (own: Own, reason: NextPayment['outcome']): Html => {
  const { todo, place } = YOUR_OUTCOME[reason];
  return place ? html`<a href="${portalOf(own)}${place}">${todo}</a>` : html`<span>${todo}</span>`;
};

/** Payouts under way that wait for the partner: to accept the money, or to fix something at the provider. */
const waitingForYou = (own: Own, payouts: readonly Payout[]): Html[] =>
  payouts.flatMap((payout) => {
    const advice = payout.status === 'executing' || payout.status === 'sent' ? adviceFor(payout) : null;
    if (advice?.who !== 'partner') return [];
    return html`<section class="card notice" data-tone="alert">
      <h2>${sayAmount(money(payout.net, payout.currency))} waits for you</h2>
      <p>${advice.text}</p>
      <p><a href="${portalOf(own)}/payouts/${payout.id}">Open the payout</a></p>
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
    <h2>Still missing</h2>
    <ul class="reasons">
      ${open.map(
        ({ stage }) =>
          html`<li>
            <strong>${YOUR_STAGE[stage].label}</strong>
            ${
              stage === 'method' && mayAct(own)
                ? html`<a href="${portalOf(own)}/details/new">${YOUR_STAGE[stage].missing}</a>`
                : html`<span>${YOUR_STAGE[stage].missing}</span>`
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
          <h2>New payout details: ${METHOD[method]}${last4 && `, ending in ${last4}`}</h2>
          <p>
            We pay to them from <strong>${formatInstant(usableFrom, zone)}</strong> on. If you did not ask for this,
            <a href="${portalOf(own)}/details">withdraw them</a> and tell us today.
          </p>
        </section>`,
    );

/** Sales and refunds that are in no amount yet. */
const notCountedYet = (waits: readonly PartnerWait[]): Html | null =>
  waits.length === 0
    ? null
    : html`<section class="card">
        <h2>Not counted yet</h2>
        <ul class="reasons">
          ${waits.map(
            ({ count, currency, exact, waitsOn }) =>
              html`<li>
                <strong>
                  ${countOf(count, 'event')}${currency !== null && exact !== null && `, ${formatExactDecimal(exact, currency)} ${currency}`}
                </strong>
                <span>${WAITING_WORDS[waitsOn]}</span>
              </li>`,
          )}
        </ul>
      </section>`;

const balanceOf = (balance: Balance, payments: readonly NextPayment[]): Html =>
  html`<section class="balance">
    <h2>Balance in ${balance.currency}</h2>
    ${balanceTotals(balance, payments)}
    <p class="quiet">
      Together this is ${sayAmount(money(balance.earnedMinor, balance.currency))}, everything that you have earned.
    </p>
  </section>`;
