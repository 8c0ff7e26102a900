import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { askForRun } from '../../../../commands/runs/ask.ts';
import { listSchedules } from '../../../../db/payers/schedules.ts';
import { Code, LocalDay } from '../../../../domain/fields.ts';
import { wakeRun } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { startOf } from '../../../routes/runs/runs.ts';
import type { FieldWish } from '../../form.ts';
import { defineForm, formCard, readFields } from '../../form-page.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';

const SCHEDULES_MAX = 500;

const NewRun = z.object({ schedule: Code, pays: z.enum(['period', 'part']), periodEnd: LocalDay, key: z.uuid() });

const fieldsFor = (schedules: readonly string[]): FieldWish[] => [
  {
    name: 'schedule',
    label: 'Schedule',
    choices: schedules.map((code) => ({ value: code, label: code })),
    required: true,
  },
  {
    name: 'pays',
    label: 'Pays',
    choices: [
      { value: 'period', label: 'a whole period, which ends with a cut-off' },
      { value: 'part', label: 'the part of a period that has passed by a day' },
    ],
    always: true,
    required: true,
  },
  {
    name: 'periodEnd',
    label: 'Pays what was free before',
    help: 'For a whole period, the day after its last day: 1 March pays February.',
    type: 'date',
    required: true,
  },
];

/** A preparer requests a run besides those that a schedule opens by itself. The same form, sent twice, opens one run. */
export function newRunPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  defineForm(pages, {
    show: 'GET /runs/new',
    send: 'POST /runs/new',
    names: ['schedule', 'pays', 'periodEnd', 'key'],
    async draw(_c, filled) {
      const schedules = await listSchedules(db, null, SCHEDULES_MAX);
      const form = {
        action: '/runs/new',
        fields: fieldsFor(schedules.map(({ code }) => code)),
        button: 'Request the run',
        back: '/runs',
        hidden: { key: filled.values['key'] || randomUUID() },
      };
      const main = html`<header class="title">
          <p><a href="/runs">Runs</a></p>
          <h1>Request a run</h1>
          <p>You see every payout in its review before any money leaves. Other people approve it: you cannot.</p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Request a run', here: '/runs', main };
    },
    async act(_c, values, { actorId }) {
      const { schedule, pays, periodEnd, key } = readFields(NewRun, values);
      const wish = { schedule, until: periodEnd, isWhole: pays === 'period' };
      const run = await askForRun(db, { ...wish, actorId, key, nowMs: Date.now() });
      await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
      return `/runs/${run.id}`;
    },
  });
}
