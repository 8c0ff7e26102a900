import { z } from 'zod';

import { listAgreements } from '../../../../db/partners/agreements.ts';
import { listPartnerEarnings, type PartnerEarning } from '../../../../db/earnings/partner-earnings.ts';
import { listPointsBalances, type PointsBalance } from '../../../../db/earnings/points-balances.ts';
import { localDate } from '../../../../domain/calendar.ts';
import { Code, LocalDay } from '../../../../domain/fields.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import type { PayoutStatus } from '../../../../domain/payouts/payout.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Instant } from '../../../http/schemas.ts';
import { nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatDay, sayAmount } from '../../format.ts';
import { readFilters, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { stepsOf } from '../../sentences.ts';
import { yourPayout } from '../../portal-words.ts';
import { linkTo, say, tell } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';
import { askAbout } from './questions.ts';
import { readStandings, standings } from './standing.ts';

const EARNINGS_A_PAGE = 50;
const PROGRAMS_MAX = 200;
const Place = z.strictObject({ occurredAt: Instant, key: z.string().max(300), n: z.int().min(0).max(32_767) });
const FILTERS = { program: Code, from: LocalDay, until: LocalDay } as const;

/** Every earning of a partner with its calculation, and what the next step or rung still needs. */
export function earningPages({ db }: ApiDeps, portal: Portal): void {
  portal.on('GET /portal/{partner}/earnings', async (c, own, visitor) => {
    const { values, objections } = readFilters(c, FILTERS);
    const place = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) =>
      listPartnerEarnings(db, own.id, place, count, null, objections.length > 0 ? {} : values);
    const [zone, programs, places, points, earnings] = await Promise.all([
      zoneOf(db, own.id),
      listAgreements(db, own.id, null, PROGRAMS_MAX),
      readStandings(db, own.id),
      listPointsBalances(db, own.id),
      readPage(EARNINGS_A_PAGE, read, {
        key: ({ occurredAt, key, n }) => ({ occurredAt: occurredAt.toISOString(), key, n }),
        item: (earning) => earning,
      }),
    ]);
    const path = `${portalOf(own)}/earnings`;
    const main = html`<header class="title"><h1>${say('place.earnings')}</h1></header>
      ${pointsOf(own, points)} ${standings(places)}
      ${filters(
        path,
        [
          {
            name: 'program',
            label: say('earnings.program'),
            choices: programs.map(({ program }) => ({ value: program, label: program })),
            noChoice: say('earnings.allPrograms'),
          },
          { name: 'from', label: say('earnings.from'), type: 'date' },
          { name: 'until', label: say('earnings.until'), type: 'date' },
        ],
        { values, objections },
      )}
      ${table({
        caption: say('earnings.caption'),
        columns: [
          say('earnings.for'),
          say('earnings.day'),
          say('earnings.program'),
          { label: say('payouts.amount'), number: true },
          say('list.state'),
          say('payouts.how'),
        ],
        rows: earnings.items.map((earning) => earningRow(own, earning, zone)),
        empty: Object.keys(values).length > 0 ? say('earnings.noneHere') : say('earnings.none'),
        aside: html`<small>${say('earnings.zone', { zone })}</small>`,
      })}
      ${nextPage(path, earnings.nextCursor, values)}`;
    return sendPage(
      c,
      portalPage({ title: say('place.earnings'), here: '/earnings', main }, visitor, own),
      objections.length > 0 ? 400 : 200,
    );
  });
}

/** How many points there are, where a program gives some. */
const pointsOf = (own: Own, balances: readonly PointsBalance[]): Html | false =>
  balances.length > 0 &&
  html`<p>
    ${tell('earnings.have', { points: sayAll(balances.map(({ unit, minor }) => sayAmount(money(minor, unit)))), link: linkTo(`${portalOf(own)}/points`) })}
  </p>`;

const sayAll = (texts: readonly string[]): string => texts.reduce((one, other) => say('earnings.and', { one, other }));

function earningRow(own: Own, earning: PartnerEarning, zone: string) {
  const { kind, source, eventId, occurredAt, program, incentive, currency, minor, explanation } = earning;
  return {
    head: html`${kind.replaceAll('_', ' ')} <small>${source} ${eventId}</small>`,
    cells: [
      html`<span class="day">${formatDay(localDate(occurredAt.getTime(), zone))}</span>`,
      html`${program} <small>${incentive}</small>`,
      sayAmount(money(minor, currency)),
      stateOf(own, earning, localDate(Date.now(), zone)),
      html`${stepsOf(explanation)}
      ${askAbout(own, { about: 'earning', source, event: eventId, line: `${kind.replaceAll('_', ' ')} ${eventId}`, day: localDate(occurredAt.getTime(), zone), currency, amount: formatDecimal(money(minor, currency)) })}`,
    ],
  };
}

function stateOf(own: Own, { payoutId, payoutStatus, availableOn, minor }: PartnerEarning, today: string): Html {
  if (payoutId !== null && payoutStatus !== null)
    return html`<a href="${portalOf(own)}/payouts/${payoutId}">${tag(yourPayout(payoutStatus as PayoutStatus))}</a>`;
  if (minor === 0n) return tag({ label: say('earnings.nothingToPay'), tone: 'plain' });
  if (availableOn > today)
    return html`${tag({ label: say('earnings.held'), tone: 'watch' })}
      <small>${say('earnings.freeOn', { day: formatDay(availableOn) })}</small>`;
  return tag({ label: say('earnings.payable'), tone: 'good' });
}
