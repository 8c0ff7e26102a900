import { changeSchedule } from '../../../../commands/payers/schedules.ts';
import { getSchedule, type Schedule } from '../../../../db/payers/schedules.ts';
import { Failure, type FailureDetail } from '../../../../domain/errors.ts';
import type { PayingSchedule } from '../../../../domain/payers/schedule.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { followSchedule } from '../../../http/wake.ts';
import { field, type Filled, objectionsOf } from '../../form.ts';
import { type definePages, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { inSettings } from '../people/settings.ts';
import { amountLines } from './amounts.ts';
import { readTiming, TIMING_FIELDS, TIMING_NAMES, type TimingValues } from './schedule-form.ts';
import { nextRuns, schedulePath } from './schedules.ts';

const valuesOf = (schedule: Schedule): TimingValues => ({
  frequency: schedule.frequency,
  weekday: schedule.weekday === null ? '' : String(schedule.weekday),
  monthday: schedule.monthday === null ? '' : String(schedule.monthday),
  firstCutoff: schedule.firstCutoff ?? '',
  zone: schedule.zone,
  payDays: String(schedule.payDays),
  scheduled: schedule.scheduled ? 'yes' : 'no',
  minimums: amountLines(schedule.minimums),
});

/** An operator changes a schedule. First the form shows the runs that would follow, and only then it saves. */
export function changeSchedulePages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /settings/schedules/{code}/change', async (c, visitor) => {
    const schedule = await getSchedule(db, c.req.param('code') ?? '');
    const send = (filled: Filled, wished?: PayingSchedule) =>
      sendPage(
        c,
        consolePage(
          { title: 'Change a schedule', here: '/settings', main: changeForm(schedule, filled, wished) },
          visitor,
        ),
        filled.objections ? 400 : 200,
      );
    if (c.req.query('frequency') === undefined) return send({ values: valuesOf(schedule) });
    const values = Object.fromEntries(TIMING_NAMES.map((name) => [name, c.req.query(name) ?? ''])) as TimingValues;
    const read = readTiming(values, schedule.currency);
    return read.objections ? send({ values, objections: read.objections }) : send({ values }, read.wished);
  });

  pages.on('POST /settings/schedules/{code}/change', async (c, visitor) => {
    const schedule = await getSchedule(db, c.req.param('code') ?? '');
    const values = await readForm(c, ...TIMING_NAMES);
    const refuse = (objections: readonly FailureDetail[]) => {
      const main = changeForm(schedule, { values, objections });
      return sendPage(c, consolePage({ title: 'Change a schedule', here: '/settings', main }, visitor), 400);
    };
    const read = readTiming(values, schedule.currency);
    if (read.objections) return refuse(read.objections);
    try {
      const changed = await changeSchedule(db, schedule.code, read.timing, visitor.actorId);
      await followSchedule({ temporal, log }, changed);
      return c.redirect(schedulePath(schedule.code), 303);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'invalid_input')) throw error;
      return refuse(error.details);
    }
  });
}

function changeForm(schedule: Schedule, filled: Filled, wished?: PayingSchedule): Html {
  const path = schedulePath(schedule.code);
  return html`<header class="title">
      ${inSettings(['Schedules', '/settings/schedules'], [schedule.code, path])}
      <h1>Change ${schedule.code}</h1>
      <p>
        It counts from now on. Runs that are open or over keep their dates and smallest payouts. No cut-off before the
        change opens a run.
      </p>
    </header>
    ${objectionsOf(TIMING_NAMES, filled.objections)}
    <form method="get" action="${path}/change" class="card fields">
      ${TIMING_FIELDS.map((wish) => field(wish, filled))}
      <p class="buttons">
        <a class="button" href="${path}">Not now</a> <button class="primary">Show the next runs</button>
      </p>
    </form>
    ${
      wished &&
      html`${nextRuns(wished)}
        <form method="post" action="${path}/change">
          ${TIMING_NAMES.map((name) => html`<input type="hidden" name="${name}" value="${filled.values[name] ?? ''}" />`)}
          <p class="buttons"><button class="primary">Save these dates</button></p>
        </form>`
    }`;
}
