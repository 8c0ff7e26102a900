import { z } from 'zod';

import { getSchedule, listSchedules, type Schedule } from '../../../../db/payers/schedules.ts';
import { cutoffInstant, nextPeriods, payDate, type PayingSchedule } from '../../../../domain/payers/schedule.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { FREQUENCY, WEEKDAY } from '../../words.ts';
import { inSettings } from '../people/settings.ts';

const SCHEDULES_A_PAGE = 100;
const RUNS_SHOWN = 12;

export const schedulePath = (code: string): string => `/settings/schedules/${encodeURIComponent(code)}`;

/** How often a schedule pays, in words. */
const rhythmOf = ({ frequency, weekday, monthday }: Pick<Schedule, 'frequency' | 'weekday' | 'monthday'>): string =>
  [FREQUENCY[frequency], weekday !== null && `on ${WEEKDAY[weekday - 1]}`, monthday !== null && `on day ${monthday}`]
    .filter(Boolean)
    .join(' ');

/** The next runs of a schedule: what each pays, and on which day its money leaves. */
export const nextRuns = (schedule: PayingSchedule): Html =>
  table({
    caption: `The next ${RUNS_SHOWN} runs`,
    columns: ['Pays what was earned', 'Cut-off', 'Money leaves'],
    rows: nextPeriods(schedule, Date.now(), RUNS_SHOWN).map(({ start, end }) => ({
      head: html`<span class="day">${formatDay(start)}</span> to before <span class="day">${formatDay(end)}</span>`,
      cells: [formatInstant(new Date(cutoffInstant(schedule, end)), schedule.zone), formatDay(payDate(schedule, end))],
    })),
    empty: '',
    aside: html`<small
      >Times of ${schedule.zone}. Days on which banks are closed move to the next business day.</small
    >`,
  });

const scheduleRow = (schedule: Schedule) => ({
  head: html`<a href="${schedulePath(schedule.code)}">${schedule.code}</a>`,
  cells: [
    schedule.payer,
    rhythmOf(schedule),
    schedule.zone,
    schedule.scheduled ? tag({ label: 'by itself', tone: 'good' }) : tag({ label: 'on request', tone: 'plain' }),
    html`${schedule.approvalsRequired} ${schedule.signedApprovals && html`<small>signed</small>`}`,
  ],
});

/** When each payer pays. */
export function schedulePages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /settings/schedules', async (c, visitor) => {
    const after = z.string().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const { items, nextCursor } = await readPage(SCHEDULES_A_PAGE, (count) => listSchedules(db, after, count), {
      key: ({ code }) => code,
      item: scheduleRow,
    });
    const main = html`<header class="title">
        ${inSettings()}
        <h1>Schedules and calendars</h1>
        <p>A schedule says when a payer pays, who must approve, and which payouts are too small.</p>
        ${mayUse(visitor.roles, 'GET /settings/new-schedule') && html`<div class="actions"><a class="button primary" href="/settings/new-schedule">Add a schedule…</a></div>`}
      </header>
      ${table({
        caption: 'Schedules',
        columns: ['Schedule', 'Payer', 'Pays', 'Time zone', 'Opens runs', { label: 'Approvals', number: true }],
        rows: items,
        empty: 'There is no schedule yet. Add one for a payer: nobody is paid without it.',
      })}
      ${nextPage('/settings/schedules', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Schedules', here: '/settings', main }, visitor));
  });

  pages.on('GET /settings/schedules/{code}', async (c, visitor) => {
    const schedule = await getSchedule(db, c.req.param('code') ?? '');
    const mayChange = mayUse(visitor.roles, 'GET /settings/schedules/{code}/change');
    const main = html`<header class="title">
        ${inSettings(['Schedules', '/settings/schedules'])}
        <h1>${schedule.code}</h1>
        ${mayChange && html`<div class="actions"><a class="button" href="${schedulePath(schedule.code)}/change">Change…</a></div>`}
      </header>
      <div class="columns">
        <section>${nextRuns(schedule)}</section>
        <aside>
          <section class="card">
            <h2>How it pays</h2>
            ${facts([
              ['Payer', schedule.payer],
              ['Pays', rhythmOf(schedule)],
              ['Time zone', schedule.zone],
              ['Money leaves', `${countOf(schedule.payDays, 'business day')} after the cut-off`],
              ['Opens runs', schedule.scheduled ? 'by itself, at each cut-off' : 'only when a person asks'],
              [
                'Approval',
                `${countOf(schedule.approvalsRequired, 'person', 'people')}${schedule.signedApprovals ? ', each with a passkey' : ''}`,
              ],
              ['Smallest payout', schedule.minimums.map(sayAmount).join(', ') || 'any amount'],
            ])}
          </section>
        </aside>
      </div>`;
    return sendPage(c, consolePage({ title: schedule.code, here: '/settings', main }, visitor));
  });
}
