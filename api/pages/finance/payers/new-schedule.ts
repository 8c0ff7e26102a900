import { z } from 'zod';

import { addSchedule } from '../../../../commands/payers/schedules.ts';
import { findPayer, listPayers, type Payer } from '../../../../db/payers/payers.ts';
import { Failure, type FailureDetail } from '../../../../domain/errors.ts';
import { Code } from '../../../../domain/fields.ts';
import type { PayingSchedule } from '../../../../domain/payers/schedule.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { followSchedule } from '../../../http/wake.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { type definePages, type PageContext, readAgain, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { inSettings } from '../people/settings.ts';
import { readTiming, TIMING_FIELDS, TIMING_NAMES } from './schedule-form.ts';
import { nextRuns, schedulePath } from './schedules.ts';

const PATH = '/settings/new-schedule';
/** A company has a few payers. */
const PAYERS_MAX = 500;

const Identity = z.strictObject({
  code: Code,
  payer: Code,
  approvalsRequired: z
    .string()
    .regex(/^[1-5]$/, 'is not 1 to 5')
    .transform(Number),
  signedApprovals: z.enum(['yes', 'no']).transform((answer) => answer === 'yes'),
});
const NAMES = ['code', 'payer', 'approvalsRequired', 'signedApprovals', ...TIMING_NAMES] as const;
type Values = Readonly<Record<(typeof NAMES)[number], string>>;

const fieldsFor = (payers: readonly Payer[]): readonly FieldWish[] => [
  { name: 'code', label: 'Code', help: 'A short name that never changes', required: true, lengthMax: 64 },
  {
    name: 'payer',
    label: 'Payer',
    required: true,
    choices: payers.map(({ code, name }) => ({ value: code, label: name })),
  },
  {
    name: 'approvalsRequired',
    label: 'Approvals of a run',
    help: '1 to 5 people. It never changes.',
    required: true,
    lengthMax: 1,
  },
  {
    name: 'signedApprovals',
    label: 'Counted approvals',
    help: 'The choice never changes.',
    required: true,
    choices: [
      { value: 'yes', label: 'only people with a passkey' },
      { value: 'no', label: 'also keys of the API' },
    ],
  },
  ...TIMING_FIELDS,
];

/** An operator adds a schedule. First the form shows the runs that would follow, and only then it saves. */
export function newSchedulePages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /settings/new-schedule', async (c, visitor) => {
    const send = async (filled: Filled, wished?: PayingSchedule) => {
      const main = scheduleForm(await listPayers(db, null, PAYERS_MAX), filled, wished);
      return sendPage(
        c,
        consolePage({ title: 'Add a schedule', here: '/settings', main }, visitor),
        filled.objections ? 400 : 200,
      );
    };
    if (c.req.query('code') === undefined)
      return send({ values: { approvalsRequired: '1', signedApprovals: 'yes', payDays: '2', scheduled: 'yes' } });
    const values = Object.fromEntries(NAMES.map((name) => [name, c.req.query(name) ?? ''])) as Values;
    const read = await readSchedule(values);
    return read.objections ? send({ values, objections: read.objections }) : send({ values }, read.wished);
  });

  pages.on('POST /settings/new-schedule', async (c: PageContext, visitor) => {
    const values = await readForm(c, ...NAMES);
    const refuse = async (objections: readonly FailureDetail[], status: number) => {
      const payers = await readAgain(c, async () => listPayers(db, null, PAYERS_MAX));
      const main = scheduleForm(payers, { values, objections });
      return sendPage(c, consolePage({ title: 'Add a schedule', here: '/settings', main }, visitor), status);
    };
    const read = await readSchedule(values);
    if (read.objections) return refuse(read.objections, 400);
    try {
      const added = await addSchedule(db, read.schedule, visitor.actorId);
      if (added.scheduled) await followSchedule({ temporal, log }, added);
      return c.redirect(schedulePath(added.code), 303);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'already_exists')) throw error;
      return refuse([{ field: 'code', reason: 'is taken' }], 409);
    }
  });

  async function readSchedule({ code, payer, approvalsRequired, signedApprovals, ...timing }: Values) {
    const identity = checkFields(Identity, { code, payer, approvalsRequired, signedApprovals });
    const known = identity.data ? await findPayer(db, identity.data.payer) : null;
    const read = readTiming(timing, known?.currency ?? 'USD');
    const unknown = identity.data && !known ? [{ field: 'payer', reason: 'is not known' }] : [];
    if (!identity.data || !known || read.objections)
      return { objections: [...(identity.objections ?? []), ...unknown, ...(read.objections ?? [])] };
    const { payer: _payer, ...rest } = identity.data;
    const { minimums, scheduled } = read.timing;
    return { schedule: { ...rest, ...read.wished, minimums, scheduled, payerId: known.id }, wished: read.wished };
  }
}

const scheduleForm = (payers: readonly Payer[], filled: Filled, wished?: PayingSchedule): Html =>
  html`<header class="title">
      ${inSettings(['Schedules', '/settings/schedules'])}
      <h1>Add a schedule</h1>
      <p>First look at the runs that follow from it. Nothing is saved before that.</p>
    </header>
    ${objectionsOf(NAMES, filled.objections)}
    <form method="get" action="${PATH}" class="card fields">
      ${fieldsFor(payers).map((wish) => field(wish, filled))}
      <p class="buttons">
        <a class="button" href="/settings/schedules">Not now</a>
        <button class="primary">Show the next runs</button>
      </p>
    </form>
    ${
      wished &&
      html`${nextRuns(wished)}
        <form method="post" action="${PATH}">
          ${NAMES.map((name) => html`<input type="hidden" name="${name}" value="${filled.values[name] ?? ''}" />`)}
          <p class="buttons"><button class="primary">Add this schedule</button></p>
        </form>`
    }`;
