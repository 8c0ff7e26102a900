import { z } from 'zod';

import { changeSchedule } from '../../../../commands/payers/schedules.ts';
import { getSchedule, type Schedule } from '../../../../db/payers/schedules.ts';
import { Failure, type FailureDetail } from '../../../../domain/errors.ts';
import { LocalDay, Zone } from '../../../../domain/fields.ts';
import type { Money } from '../../../../domain/money.ts';
import {
  cutoffDaysOf,
  FREQUENCIES,
  MONTHDAY_MAX,
  PAY_DAYS_MAX,
  type PayingSchedule,
  whyNotPaySchedule,
} from '../../../../domain/payers/schedule.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { followSchedule } from '../../../http/wake.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { type definePages, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { FREQUENCY, WEEKDAY } from '../../words.ts';
import { inSettings } from '../people/settings.ts';
import { amountLines, readAmountLines } from './amounts.ts';
import { nextRuns, schedulePath } from './schedules.ts';

const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,2}$/, `is not a whole number up to ${max}`)
    .transform(Number)
    .refine((value) => value <= max, `is not a whole number up to ${max}`);

const Change = z.strictObject({
  frequency: z.enum(FREQUENCIES),
  weekday: whole(7).optional(),
  monthday: whole(MONTHDAY_MAX).optional(),
  firstCutoff: LocalDay.optional(),
  zone: Zone,
  payDays: whole(PAY_DAYS_MAX),
  scheduled: z.enum(['yes', 'no']).transform((answer) => answer === 'yes'),
});
const NAMES = ['frequency', 'weekday', 'monthday', 'firstCutoff', 'zone', 'payDays', 'scheduled', 'minimums'] as const;
type Values = Readonly<Record<(typeof NAMES)[number], string>>;

const FIELDS: readonly FieldWish[] = [
  {
    name: 'frequency',
    label: 'Pays',
    required: true,
    choices: FREQUENCIES.map((value) => ({ value, label: FREQUENCY[value] })),
  },
  {
    name: 'weekday',
    label: 'Weekday',
    help: 'Only for every week and every second week: the day that begins at the cut-off',
    required: 'sometimes',
    choices: WEEKDAY.map((label, index) => ({ value: String(index + 1), label })),
    noChoice: 'Monday, or none',
  },
  {
    name: 'monthday',
    label: 'Day of the month',
    help: `Only for every month: the day that begins at the cut-off, 1 to ${MONTHDAY_MAX}`,
    required: 'sometimes',
    lengthMax: 2,
  },
  {
    name: 'firstCutoff',
    label: 'One of its cut-offs',
    help: 'Only for every second week: a cut-off from which the weeks are counted',
    required: 'sometimes',
    type: 'date',
  },
  { name: 'zone', label: 'Time zone', help: 'A place such as Europe/Berlin', required: true, lengthMax: 60 },
  {
    name: 'payDays',
    label: 'Business days until the money leaves',
    help: `0 to ${PAY_DAYS_MAX}, counted from the cut-off`,
    required: true,
    lengthMax: 2,
  },
  {
    name: 'scheduled',
    label: 'Opens runs',
    required: true,
    choices: [
      { value: 'yes', label: 'by itself, at each cut-off' },
      { value: 'no', label: 'only when a person asks' },
    ],
  },
  {
    name: 'minimums',
    label: 'Smallest payouts',
    help: 'One a line, such as 25.00 USD. A currency that is not named has none.',
    long: true,
  },
];

const valuesOf = (schedule: Schedule): Values => ({
  frequency: schedule.frequency,
  weekday: schedule.weekday === null ? '' : String(schedule.weekday),
  monthday: schedule.monthday === null ? '' : String(schedule.monthday),
  firstCutoff: schedule.firstCutoff ?? '',
  zone: schedule.zone,
  payDays: String(schedule.payDays),
  scheduled: schedule.scheduled ? 'yes' : 'no',
  minimums: amountLines(schedule.minimums),
});

type Read =
  | { change: z.output<typeof Change> & { minimums: readonly Money[] }; wished: PayingSchedule; objections?: never }
  | { objections: readonly FailureDetail[] };

/** Checks a change by the rules of the API, and says what the schedule would be. */
function readChange({ minimums, ...values }: Values, { currency }: Schedule): Read {
  const { data, objections } = checkFields(Change, values);
  const amounts = readAmountLines(minimums);
  const wrongAmounts = typeof amounts === 'string' ? [{ field: 'minimums', reason: amounts }] : [];
  if (!data || typeof amounts === 'string') return { objections: [...(objections ?? []), ...wrongAmounts] };
  const { weekday = null, monthday = null, firstCutoff = null, ...rest } = data;
  const schedule = { ...rest, weekday, monthday, firstCutoff };
  const objection = whyNotPaySchedule(schedule);
  if (objection) return { objections: [{ field: objection.field, reason: `does not fit: ${objection.reason}` }] };
  return {
    change: { ...data, minimums: amounts },
    wished: { ...schedule, ...cutoffDaysOf(schedule, Date.now()), currency },
  };
}

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
    const values = Object.fromEntries(NAMES.map((name) => [name, c.req.query(name) ?? ''])) as Values;
    const read = readChange(values, schedule);
    return read.objections ? send({ values, objections: read.objections }) : send({ values }, read.wished);
  });

  pages.on('POST /settings/schedules/{code}/change', async (c, visitor) => {
    const schedule = await getSchedule(db, c.req.param('code') ?? '');
    const values = await readForm(c, ...NAMES);
    const refuse = (objections: readonly FailureDetail[]) => {
      const main = changeForm(schedule, { values, objections });
      return sendPage(c, consolePage({ title: 'Change a schedule', here: '/settings', main }, visitor), 400);
    };
    const read = readChange(values, schedule);
    if (read.objections) return refuse(read.objections);
    try {
      const changed = await changeSchedule(db, schedule.code, read.change, visitor.actorId);
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
    ${objectionsOf(NAMES, filled.objections)}
    <form method="get" action="${path}/change" class="card fields">
      ${FIELDS.map((wish) => field(wish, filled))}
      <p class="buttons">
        <a class="button" href="${path}">Not now</a> <button class="primary">Show the next runs</button>
      </p>
    </form>
    ${
      wished &&
      html`${nextRuns(wished)}
        <form method="post" action="${path}/change">
          ${NAMES.map((name) => html`<input type="hidden" name="${name}" value="${filled.values[name] ?? ''}" />`)}
          <p class="buttons"><button class="primary">Save these dates</button></p>
        </form>`
    }`;
}
