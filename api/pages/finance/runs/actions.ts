import { cancelRun, pauseRun, resumeRun } from '../../../../commands/runs/changes.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import type { Run } from '../../../../db/runs/runs.ts';
import { canRunBecome, type RunStatus } from '../../../../domain/runs/run.ts';
import { wakeRun } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { askReason } from '../../components.ts';
import { type definePages, idOf, readReason } from '../../guard.ts';
import { html, type Html } from '../../html.ts';

const ACTIONS = {
  pause: {
    to: 'paused',
    change: pauseRun,
    button: 'Pause',
    title: 'Pause this run?',
    about: 'No provider is asked for anything new. Payments that were requested before continue to their end.',
  },
  resume: {
    to: 'disbursing',
    change: resumeRun,
    button: 'Resume',
    title: 'Resume this run?',
    about: 'The payouts that were not sent yet go on.',
  },
  cancel: {
    to: 'cancelled',
    change: cancelRun,
    button: 'Cancel the run',
    title: 'Cancel this run?',
    about: 'Nobody is paid by it. Its lines are free for the next run.',
  },
} as const;
const VERBS = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];

/** Resuming leads to the same status as the first payment does, but only a paused run can be resumed. */
const fits = (verb: keyof typeof ACTIONS, status: RunStatus): boolean =>
  verb === 'resume' ? status === 'paused' : canRunBecome(status, ACTIONS[verb].to);

/** The buttons for what a person may do with a run besides deciding it. */
export function runActions(run: Run, { roles }: Visitor): Html | null {
  const buttons = VERBS.filter((verb) => mayUse(roles, `POST /runs/{id}/${verb}`) && fits(verb, run.status)).map(
    (verb) => askReason({ id: verb, action: `/runs/${run.id}/${verb}`, ...ACTIONS[verb] }),
  );
  return buttons.length === 0 ? null : html`<div class="actions">${buttons}</div>`;
}

/** People pause, resume and cancel runs, each with a reason. */
export function runActionPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  for (const verb of VERBS)
    pages.on(`POST /runs/{id}/${verb}`, async (c, { actorId }) => {
      const run = await ACTIONS[verb].change(db, { runId: idOf(c, 'run'), actorId, reason: await readReason(c) });
      const start = { id: run.id, scheduleCode: run.schedule, periodEnd: run.periodEnd };
      await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, start));
      return c.redirect(`/runs/${run.id}`, 303);
    });
}
