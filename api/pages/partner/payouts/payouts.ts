import { z } from 'zod';

import { getInstrument } from '../../../../db/partners/instruments.ts';
import { listNewestPayouts, listPayoutSteps } from '../../../../db/payouts/pages.ts';
import { listPayoutEarnings } from '../../../../db/payouts/lines.ts';
import { getPayout, type Payout } from '../../../../db/payouts/payouts.ts';
import { readWaiting } from '../../../../db/runs/waiting.ts';
import { addDays, localDate } from '../../../../domain/calendar.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { adviceFor } from '../../../../domain/payouts/advice.ts';
import { settlesAt, unclaimedUntil } from '../../../../domain/payouts/attempt.ts';
import { PAYOUT_STATUSES } from '../../../../domain/payouts/payout.ts';
import { waitsFor } from '../../../../domain/runs/waiting.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Instant } from '../../../http/schemas.ts';
import { nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatAmount, formatDay, formatInstant, sayAmount, readersVoice } from '../../format.ts';
import { sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { methodAndEnd, yourPayout } from '../../portal-words.ts';
import { say, strong, tell } from '../../say.ts';
import { askAbout } from '../earnings/questions.ts';
import { stepsOf } from '../../sentences.ts';
import { getOwn } from '../own.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const PAYOUTS_A_PAGE = 50;
const EARNINGS_A_PAGE = 50;
const Place = z.strictObject({ createdAt: Instant, id: z.uuid() });
const LinePlace = z.strictObject({ lineId: z.string().regex(/^\d{1,18}$/), key: z.string().max(400) });
const Status = z.enum(PAYOUT_STATUSES);

/** The payouts of a partner, and each with its history and what to do about it. */
export function ownPayoutPages({ db, settings: { returnWindows } }: ApiDeps, portal: Portal): void {
  portal.on('GET /portal/{partner}/payouts', async (c, own, visitor) => {
    const status = Status.safeParse(c.req.query('status')).data ?? null;
    const place = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data;
    const before = place ? { id: place.id, createdAt: new Date(place.createdAt) } : null;
    const read = (count: number) => listNewestPayouts(db, own.id, status, before, count);
    const [zone, payouts] = await Promise.all([
      zoneOf(db, own.id),
      readPage(PAYOUTS_A_PAGE, read, { key: ({ createdAt, id }) => ({ createdAt, id }), item: (payout) => payout }),
    ]);
    const path = `${portalOf(own)}/payouts`;
    const choices = PAYOUT_STATUSES.map((value) => ({ value, label: yourPayout(value).label }));
    const values: Record<string, string> = status === null ? {} : { status };
    const main = html`<header class="title"><h1>${say('place.payouts')}</h1></header>
      ${filters(path, [{ name: 'status', label: say('list.state'), choices, noChoice: say('list.allStates') }], { values })}
      ${table({
        caption: say('payouts.caption'),
        columns: [
          say('payouts.payout'),
          { label: say('payouts.amount'), number: true },
          say('payouts.by'),
          say('list.state'),
          say('payouts.since'),
        ],
        rows: payouts.items.map((payout) => payoutRow(own, payout, zone)),
        empty: status === null ? say('payouts.none') : say('payouts.noneInState'),
      })}
      ${nextPage(path, payouts.nextCursor, values)}`;
    return sendPage(c, portalPage({ title: say('place.payouts'), here: '/payouts', main }, visitor, own));
  });

  portal.on('GET /portal/{partner}/payouts/{id}', async (c, own, visitor) => {
    const payout = await getOwn(db, own, c, 'payout', getPayout);
    const place = LinePlace.safeParse(parseCursor(c.req.query('cursor') ?? '')).data;
    const after = { lineId: BigInt(place?.lineId ?? 0), key: place?.key ?? '' };
    const [zone, steps, waiting, instrument, earnings] = await Promise.all([
      zoneOf(db, own.id),
      listPayoutSteps(db, payout.id),
      readWaiting(db, payout.id),
      getInstrument(db, payout.partnerId, payout.instrumentVersionId),
      readPage(EARNINGS_A_PAGE, (count) => listPayoutEarnings(db, payout.id, after, count), {
        key: ({ lineId, key }) => ({ lineId, key }),
        item: (earning) => earning,
      }),
    ]);
    const path = `${portalOf(own)}/payouts/${payout.id}`;
    const wait = waitsFor(waiting, 'partner', readersVoice());
    const until =
      payout.attemptState === 'unclaimed' ? unclaimedUntil(payout.gateway, waiting.attemptAt ?? payout.statusAt) : null;
    const sentAt = payout.attemptState === 'sent' ? waiting.attemptAt : null;
    const finalAt = sentAt && settlesAt(payout.gateway, sentAt, returnWindows);
    const finalDay = finalAt && formatDay(localDate(finalAt.getTime(), zone));
    const main = html`<header class="title">
        <p><a href="${portalOf(own)}/payouts">${say('place.payouts')}</a></p>
        <h1>${sayAmount(money(payout.net, payout.currency))} ${tag(yourPayout(payout.status))}</h1>
        <p>
          ${say('payouts.about', { method: methodAndEnd(payout.method, instrument.last4, 'start'), day: formatDay(payout.periodEnd) })}
        </p>
        <p>
          ${askAbout(own, { about: 'payout', payout: payout.id, line: say('payouts.line', { day: payout.periodEnd }), currency: payout.currency, amount: formatDecimal(money(payout.net, payout.currency)) })}
        </p>
      </header>
      ${adviceCard(own, payout)}
      ${wait && html`<p>${wait.words} ${until && tell('payouts.youHaveUntil', { day: strong(formatDay(until)) })}</p>`}
      <div class="columns">
        <section>
          ${amountsOf(payout)}
          ${table({
            caption: say('payouts.earnings'),
            columns: [say('payouts.for'), { label: say('payouts.amount'), number: true }, say('payouts.how')],
            rows: earnings.items.map(({ kind, source, eventId, incentive, minor, currency, explanation }) => ({
              head: html`${kind.replaceAll('_', ' ')} <small>${source} ${eventId}, ${incentive}</small>`,
              cells: [sayAmount(money(minor, currency)), stepsOf(explanation)],
            })),
            empty: say('payouts.noEarnings'),
          })}
          ${nextPage(path, earnings.nextCursor)}
        </section>
        <aside>
          <section class="card">
            <h2>${say('payouts.happened')}</h2>
            <ol class="timeline">
              ${steps.map(
                ({ status, at }) =>
                  html`<li><strong>${yourPayout(status).step}</strong><small>${formatInstant(at, zone)}</small></li>`,
              )}
              ${wait && html`<li data-is="now"><strong>${nextStep(payout, waiting.payOn, finalDay)}</strong></li>`}
            </ol>
          </section>
        </aside>
      </div>`;
    return sendPage(c, portalPage({ title: say('payouts.payout'), here: '/payouts', main }, visitor, own));
  });
}

/** The cut-off is the day after the last one whose amounts count. */
const lastDayOf = ({ periodEnd }: Payout): string => formatDay(addDays(periodEnd, -1));

const adviceOn = (payout: Payout) => adviceFor(payout, readersVoice());

const payoutRow = (own: Own, payout: Payout, zone: string) => ({
  head: html`<a href="${portalOf(own)}/payouts/${payout.id}">${say('payouts.upTo', { day: lastDayOf(payout) })}</a>
    ${adviceOn(payout)?.who === 'partner' && html`<small>${adviceOn(payout)?.text}</small>`}`,
  cells: [
    sayAmount(money(payout.net, payout.currency)),
    say(`method.${payout.method}`),
    tag(yourPayout(payout.status)),
    html`<span class="day">${formatInstant(payout.statusAt, zone)}</span>`,
  ],
});

/** Why it failed, came back or waits, and the one thing to do. */
function adviceCard(own: Own, payout: Payout): Html | null {
  const advice = adviceOn(payout);
  if (!advice) return null;
  const isBack = payout.status === 'failed' || payout.status === 'returned';
  return html`<section class="card notice" data-tone="${advice.who === 'partner' ? 'alert' : 'watch'}">
    <h2>${yourPayout(payout.status).step}</h2>
    <p>${advice.text}</p>
    ${advice.who === 'partner' && isBack && html`<p><a class="button primary" href="${portalOf(own)}/details">${say('payouts.openDetails')}</a></p>`}
  </section>`;
}

function amountsOf({ gross, withheld, fee, net, currency }: Payout): Html {
  const print = (minor: bigint) => formatAmount(money(minor, currency));
  const parts = [
    [say('payouts.earned'), print(gross), ''],
    ...(withheld === 0n ? [] : [[say('payouts.withheld'), `−${print(withheld)}`, say('payouts.asTax')]]),
    ...(fee === 0n ? [] : [[say('payouts.fee'), `−${print(fee)}`, say('payouts.youBear')]]),
    [say('payouts.payout'), print(net), currency],
  ];
  return html`<dl class="totals">
    ${parts.map(
      ([name, amount, about]) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="sum">${amount}</dd>
          <dd class="then">${about}</dd>
        </div>`,
    )}
  </dl>`;
}

/** The step that a payout waits for, with its day where a calendar knows it. */
function nextStep({ status }: Payout, payOn: string, finalDay: string | null): string {
  if (status === 'draft' || status === 'approved') return say('payouts.leaves', { day: formatDay(payOn) });
  if (status === 'sent') return finalDay ? say('payouts.final', { day: finalDay }) : say('payouts.notFinal');
  return say('payouts.onItsWay');
}
