import { z } from 'zod';

import { listPayoutEarnings } from '../../../../db/payouts/lines.ts';
import { getPayout } from '../../../../db/payouts/payouts.ts';
import { getRun } from '../../../../db/runs/runs.ts';
import { getSchedule } from '../../../../db/payers/schedules.ts';
import { localDate } from '../../../../domain/calendar.ts';
import { money } from '../../../../domain/money.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { nextPage, table } from '../../components.ts';
import { formatAmount, formatDay } from '../../format.ts';
import { type definePages, idOf, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { stepsOf } from '../../sentences.ts';
import { eventPath, kindWords } from '../earnings/event-words.ts';

const EARNINGS_A_PAGE = 100;
const Place = z.strictObject({ lineId: RowNumber, key: z.string().regex(/^[\x20-\x7e]{1,400}$/) });

type Cause = Awaited<ReturnType<typeof listPayoutEarnings>>[number];

/** A correction, a conversion and money that came back are named where an event would be. No event earned them. */
const causeOf = ({ source, eventId, kind, plan }: Cause) =>
  plan === null
    ? html`${kindWords(kind)} <small>${source} ${eventId}</small>`
    : html`<a href="${eventPath(source, eventId)}">${kindWords(kind)}</a> <small>${source} ${eventId}</small>`;

/** A payout down to every event behind it, each with its calculation. */
export function payoutCausePages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /payouts/{id}/events', async (c, visitor) => {
    const payout = await getPayout(db, idOf(c, 'payout'));
    const place = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? { lineId: 0n, key: '' };
    const read = (count: number) => listPayoutEarnings(db, payout.id, place, count);
    const key = ({ lineId, key: cause }: Cause) => ({ lineId, key: cause });
    const [{ items, nextCursor }, { schedule }] = await Promise.all([
      readPage(EARNINGS_A_PAGE, read, { key, item: (one) => one }),
      getRun(db, payout.runId),
    ]);
    const { zone } = await getSchedule(db, schedule);
    const path = `/payouts/${payout.id}`;
    const main = html`<header class="title">
        <p><a href="/payouts">Payouts</a> / <a href="${path}">to ${payout.partner}</a></p>
        <h1>Every event behind it</h1>
      </header>
      ${table({
        caption: `What made ${formatAmount(money(payout.gross, payout.currency))} ${payout.currency}`,
        columns: ['Event', 'Day', 'Incentive', { label: 'Amount', number: true }, 'Free from', 'How it was worked out'],
        rows: items.map((cause) => ({
          head: causeOf(cause),
          cells: [
            html`<span class="day">${formatDay(localDate(cause.occurredAt.getTime(), zone))}</span>`,
            html`${cause.incentive}
            ${cause.plan !== null && html`<small>${cause.plan}, version ${cause.planVersion}</small>`}`,
            formatAmount(money(cause.minor, cause.currency)),
            html`<span class="day">${formatDay(cause.availableOn)}</span>`,
            stepsOf(cause.explanation),
          ],
        })),
        empty: 'This payout has no lines.',
        aside: html`<small>Days are those of ${zone}.</small>`,
      })}
      ${nextPage(`${path}/events`, nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Events of a payout', here: '/payouts', main }, visitor));
  });
}
