import { createRoute, z } from '@hono/zod-openapi';

import { addSchedule, changeSchedule } from '../../../commands/payers/schedules.ts';
import { getPayer } from '../../../db/payers/payers.ts';
import { getSchedule, listSchedules, type Schedule } from '../../../db/payers/schedules.ts';
import { Code, Zone } from '../../../domain/fields.ts';
import { parseDecimal } from '../../../domain/money.ts';
import {
  cutoffInstant,
  FREQUENCIES,
  MONTHDAY_MAX,
  nextPeriods,
  PAY_DAYS_MAX,
  payDate,
  whyNotPaySchedule,
} from '../../../domain/payers/schedule.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse, UNKNOWN_ZONE } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  jsonBody,
  LocalDate,
  MoneyBody,
  moneyBody,
  AmountBody,
  namesSomething,
  pageOf,
} from '../../http/schemas.ts';
import { followSchedule } from '../../http/wake.ts';

const PERIODS_MAX = 60;
const PERIODS_DEFAULT = 12;

/** The smallest payout in each currency; a currency that is not named has none. */
const Minimums = z
  .array(AmountBody)
  .max(50)
  .refine(
    (minimums) => new Set(minimums.map(({ currency }) => currency)).size === minimums.length,
    'names a currency twice',
  )
  .meta({ description: 'The smallest payout in each currency; a currency that is not named has none' });

const FREQUENCY =
  'How often the schedule pays. Its cut-offs are at local midnight: every day (`daily`), on one day of every week (`weekly`) or of every second week (`biweekly`), on the 1st and the 16th of each month (`semimonthly`), on one day of each month (`monthly`), or on the 1st of January, April, July and October (`quarterly`)';
const WEEKDAY =
  'Only for `weekly` and `biweekly`: the day that begins at the cut-off, from 1 for Monday to 7 for Sunday';
const MONTHDAY = `Only for \`monthly\`: the day that begins at the cut-off, from 1 to ${MONTHDAY_MAX}`;
const FIRST_CUTOFF =
  'Only for `biweekly`: the date of one of its cut-offs, past or to come, from which every second week is counted';
const ZONE = 'The IANA time zone of the cut-offs and dates of the schedule';
const PAY_DAYS = 'The number of business days from the cut-off to the day on which the money leaves';
const APPROVALS = 'The number of people who must approve a run';
const SIGNED =
  'Whether only approvals count that people sign with a passkey in the console; a key of the API then approves no run';
const SCHEDULED = 'Whether a run starts automatically at each cut-off';

const ZoneField = Zone.meta({ description: ZONE, examples: ['America/New_York'] });
const Weekday = z
  .int()
  .min(1)
  .max(7)
  .meta({ description: `${WEEKDAY}; Monday by default`, examples: [1] });
const Monthday = z
  .int()
  .min(1)
  .max(MONTHDAY_MAX)
  .meta({ description: `${MONTHDAY}; 1 by default`, examples: [16] });
const FirstCutoff = LocalDate.meta({
  description: `${FIRST_CUTOFF}. It is the next \`weekday\` after today by default`,
  examples: ['2026-12-04'],
});
const PayDays = z
  .int()
  .min(0)
  .max(PAY_DAYS_MAX)
  .meta({ description: PAY_DAYS, examples: [2] });

const NewScheduleBody = z
  .strictObject({
    code: Code.meta({ description: "The schedule's code, which never changes", examples: ['monthly'] }),
    payer: Code.meta({ description: 'The code of the payer whose money it is', examples: ['acme'] }),
    frequency: fields.oneOf(FREQUENCIES, FREQUENCY, 'monthly'),
    weekday: Weekday.optional(),
    monthday: Monthday.optional(),
    firstCutoff: FirstCutoff.optional(),
    zone: ZoneField,
    payDays: PayDays.default(0),
    approvalsRequired: z
      .int()
      .min(1)
      .max(5)
      .default(1)
      .meta({ description: APPROVALS, examples: [1] }),
    signedApprovals: z.boolean().default(false).meta({ description: SIGNED }),
    scheduled: z.boolean().default(true).meta({ description: SCHEDULED }),
    minimums: Minimums.default([]),
  })
  .openapi('NewSchedule')
  .transform(({ weekday = null, monthday = null, firstCutoff = null, ...schedule }) => ({
    ...schedule,
    weekday,
    monthday,
    firstCutoff,
  }))
  .superRefine((schedule, context) => {
    const objection = whyNotPaySchedule(schedule);
    if (objection) context.addIssue({ code: 'custom', path: [objection.field], message: objection.reason });
  });

const ScheduleBody = z
  .object({
    code: fields.code("The schedule's code", 'monthly'),
    payer: fields.code('The code of the payer whose money it is', 'acme'),
    frequency: fields.oneOf(FREQUENCIES, FREQUENCY, 'monthly'),
    weekday: fields.count(`${WEEKDAY}; otherwise null`, 1).nullable(),
    monthday: fields.count(`${MONTHDAY}; otherwise null`, 1).nullable(),
    firstCutoff: fields.day(`${FIRST_CUTOFF}; otherwise null`, '2026-12-04').nullable(),
    zone: fields.text(ZONE, 'America/New_York'),
    payDays: fields.count(PAY_DAYS, 2),
    approvalsRequired: fields.count(APPROVALS, 1),
    signedApprovals: z.boolean().meta({ description: SIGNED }),
    scheduled: z.boolean().meta({ description: SCHEDULED }),
    minimums: z.array(MoneyBody).meta({ description: 'The smallest payout in each currency that has one' }),
    createdAt: fields.at('When the schedule was added'),
  })
  .openapi('Schedule');

const PeriodBody = z
  .object({
    start: fields.day('The first day of the period', '2026-02-01'),
    end: fields.day('The day after the last day of the period: the date of the cut-off', '2026-03-01'),
    cutoffAt: fields.at('The instant of the cut-off', '2026-03-01T05:00:00.000Z'),
    payOn: fields.day('The day on which the money leaves', '2026-03-03'),
  })
  .openapi('Period');

const list = createRoute({
  method: 'get',
  path: '/v1/schedules',
  tags: ['schedules'],
  summary: 'List the pay schedules',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(ScheduleBody), 'The pay schedules, in the order of their codes.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/schedules',
  tags: ['schedules'],
  summary: 'Add a pay schedule',
  request: { body: jsonBody(NewScheduleBody) },
  responses: {
    201: answers(ScheduleBody, 'The pay schedule was added.'),
    404: problemResponse('There is no such payer. Nothing was added.'),
    409: problemResponse('The code is taken.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/schedules/{code}',
  tags: ['schedules'],
  summary: 'Get a pay schedule',
  request: { params: CodePath },
  responses: { 200: answers(ScheduleBody, 'The pay schedule.') },
});

const ScheduleChangeBody = z
  .strictObject({
    frequency: fields.oneOf(FREQUENCIES, FREQUENCY, 'monthly').optional(),
    weekday: Weekday.optional(),
    monthday: Monthday.optional(),
    firstCutoff: FirstCutoff.optional(),
    zone: ZoneField.optional(),
    payDays: PayDays.optional(),
    scheduled: z.boolean().meta({ description: SCHEDULED }).optional(),
    minimums: Minimums.optional(),
  })
  .refine(namesSomething, 'names nothing to change')
  .openapi('ScheduleChange');

const change = createRoute({
  method: 'patch',
  path: '/v1/schedules/{code}',
  tags: ['schedules'],
  summary: 'Change a pay schedule from now on',
  description:
    'Changes the named fields. Runs that are open or over keep their dates and minimums, and no cut-off before the change opens a run. It also repairs a schedule that could not be followed.',
  request: { params: CodePath, body: jsonBody(ScheduleChangeBody) },
  responses: { 200: answers(ScheduleBody, 'The pay schedule as it is now.') },
});

const PeriodList = z
  .object({ items: z.array(PeriodBody).meta({ description: 'The periods, the earliest first' }) })
  .openapi('Periods');

const PeriodsQuery = z.object({
  count: z
    .string()
    .regex(/^\d{1,2}$/, `is not 1 to ${PERIODS_MAX}`)
    .transform(Number)
    .refine((count) => count >= 1 && count <= PERIODS_MAX, `is not 1 to ${PERIODS_MAX}`)
    .default(PERIODS_DEFAULT)
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: PERIODS_MAX,
      default: PERIODS_DEFAULT,
      description: 'The number of periods to list',
      examples: [3],
    }),
});

const periods = createRoute({
  method: 'get',
  path: '/v1/schedules/{code}/periods',
  tags: ['schedules'],
  summary: 'List the next periods and pay dates',
  request: { params: CodePath, query: PeriodsQuery },
  responses: { 200: answers(PeriodList, 'The next periods, the open one first.'), ...UNKNOWN_ZONE },
});

const scheduleBody = ({ id: _id, currency: _currency, minimums, createdAt, ...schedule }: Schedule) => ({
  ...schedule,
  minimums: minimums.map(moneyBody),
  createdAt: createdAt.toISOString(),
});

const periodBody = (schedule: Schedule, { start, end }: { start: string; end: string }) => ({
  start,
  end,
  cutoffAt: new Date(cutoffInstant(schedule, end)).toISOString(),
  payOn: payDate(schedule, end),
});

const toMoney = ({ amount, currency }: z.output<typeof AmountBody>) => parseDecimal(amount, currency);

export const scheduleRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listSchedules(db, cursor, count), {
        key: ({ code }) => code,
        item: scheduleBody,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { payer, minimums, ...schedule } = c.req.valid('json');
      const { id } = await getPayer(db, payer);
      const added = await addSchedule(
        db,
        { ...schedule, payerId: id, minimums: minimums.map(toMoney) },
        c.get('caller').actorId,
      );
      if (added.scheduled) await followSchedule({ temporal, log }, added);
      return c.json(scheduleBody(added), 201);
    })
    .openapi(get, async (c) => c.json(scheduleBody(await getSchedule(db, c.req.valid('param').code)), 200))
    .openapi(change, async (c) => {
      const { minimums, ...timing } = c.req.valid('json');
      const wish = { ...timing, ...(minimums && { minimums: minimums.map(toMoney) }) };
      const changed = await changeSchedule(db, c.req.valid('param').code, wish, c.get('caller').actorId);
      await followSchedule({ temporal, log }, changed);
      return c.json(scheduleBody(changed), 200);
    })
    .openapi(periods, async (c) => {
      const schedule = await getSchedule(db, c.req.valid('param').code);
      const next = nextPeriods(schedule, Date.now(), c.req.valid('query').count);
      return c.json({ items: next.map((period) => periodBody(schedule, period)) }, 200);
    });
