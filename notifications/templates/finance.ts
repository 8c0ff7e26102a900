import type { PayoutFlag } from '../../domain/runs/flag.ts';
import { cite, go, list, say } from '../../domain/tasks/notice-content.ts';
import { TASK, type TaskKind } from '../../domain/tasks/task.ts';
import type { NotificationBody, Templates } from '../notification.ts';
import { PAGES } from '../places.ts';
import { countOf, totalsOf } from './amounts.ts';

const READ_RUN = 'Open the run';

/** Notices to the people who prepare and approve payments. */
export const FINANCE_TEMPLATES: Templates<
  | 'run_in_review'
  | 'approvals_void'
  | 'run_decided'
  | 'task_opened'
  | 'task_due'
  | 'checks_to_mail'
  | 'role_given'
  | 'budget_used'
> = {
  run_in_review: ({ run, schedule, periodEnd, reminder, totals, flags, expires }) => ({
    subject: `${reminder > 0 ? `Reminder ${reminder}: the` : 'The'} ${schedule} run up to ${periodEnd} is waiting for approval`,
    parts: [
      totalsOf('The run is prepared. It would pay:', totals),
      ...(flags.length > 0 ? [list('Look at these before you approve:', flags.map(flagLine))] : []),
      say(
        `Nothing is paid before the run is approved. Read it, then approve or reject it by ${expires}. After that day it expires, ` +
          'and its payouts wait for the next run.',
      ),
      go('Read and decide the run', PAGES.run(run)),
      cite(`Run ${run}`),
    ],
  }),
  approvals_void: ({ run, schedule, periodEnd, approvals, totals }) => ({
    subject: `The ${schedule} run up to ${periodEnd} changed after ${countOf(approvals, 'approval')}`,
    parts: [
      say(
        "The payouts of the run changed: somebody's earnings, hold or payment details changed, or a payout was taken out. The " +
          'approvals given before no longer count.',
      ),
      totalsOf('It would now pay:', totals),
      say('Nothing is paid before the run is approved again. Read it, then approve or reject it.'),
      go('Read and decide the run', PAGES.run(run)),
      cite(`Run ${run}`),
    ],
  }),
  run_decided: ({ run, schedule, periodEnd, status, totals }) => ({
    subject: `The ${schedule} run up to ${periodEnd} is ${status}`,
    parts: [
      ...(status === 'approved'
        ? [
            totalsOf('The run pays:', totals),
            say('You need to do nothing. A payment that fails has a notice of its own.'),
          ]
        : [say(`The run is ${status}. It pays nobody. Its payouts wait for the next run.`)]),
      go(READ_RUN, PAGES.run(run)),
      cite(`Run ${run}`),
    ],
  }),
  checks_to_mail: ({ task, run, schedule, periodEnd, account, totals, deadline }) => ({
    subject: `Print and mail ${countOf(
      totals.reduce((sum, { count }) => sum + count, 0),
      'check',
    )} of the ${schedule} run up to ${periodEnd} (${totals.map(({ amount, currency }) => `${amount} ${currency}`).join(' + ')})`,
    parts: [
      say(
        `The bank has these checks on file, drawn on ${account}, and Bursar has made them ready. Nobody has mailed them, and their ` +
          'partners were told nothing yet. The run waits for them.',
      ),
      list('Your steps:', [
        'Open the task, and download all of the checks as one file.',
        `Print them on check stock, sign them and mail them by ${sayInstant(deadline)}.`,
        'Record the numbers that you mailed, and the day.',
      ]),
      go('Open the task', PAGES.task(task)),
      say(
        'Only then are the checks sent, and the partners told. Record a spoiled or lost check as docs/runbooks/stop-a-check.md says.',
      ),
      cite(`Task ${task}, run ${run}`),
    ],
  }),
  task_opened: ({ task, kind, subject, detail, deadline }) => ({
    subject: `Task: ${workOf(kind)}`,
    parts: [
      say(detail),
      say(
        `${deadlineOf(deadline)} The task stays open until somebody decides it. docs/how-to/decide-a-task.md says how.`,
      ),
      go('Open the task', PAGES.task(task)),
      cite(`Task ${task}, about ${subject}`),
    ],
  }),
  task_due: ({ task, kind, subject, detail, deadline }) => ({
    subject: `Still open, due ${sayInstant(deadline)}: ${workOf(kind)}`,
    parts: [
      say(detail),
      say('Nobody has decided this task yet. docs/how-to/decide-a-task.md says how.'),
      go('Open the task', PAGES.task(task)),
      cite(`Task ${task}, about ${subject}`),
    ],
  }),
  budget_used: ({ program, budget, title, percent, used, amount }) => ({
    subject: `${percent} % of the budget ${title} is used: ${used} of ${amount}`,
    parts: [
      say(
        percent === 100
          ? `Nothing is left of the budget ${budget} of program ${program}. Partners earn 0 from it now, and their earnings say so.`
          : `The budget ${budget} of program ${program} has paid ${used} of ${amount}. When nothing is left, partners earn 0 from it, and their earnings say so.`,
      ),
      say('An operator can raise it: later events are then paid again. Earlier ones stay as they are.'),
      go('Open the program', PAGES.program(program)),
    ],
  }),
  role_given: ({ person, role, proposedBy, confirmedBy }) => ({
    subject: `${person} now has the role ${role}`,
    parts: [
      list('Two people gave it:', [`Proposed by: ${proposedBy}`, `Confirmed by: ${confirmedBy}`]),
      say('If you do not know this person, have an operator take the role away at once.'),
    ],
  }),
};

const FLAG_WORDS: Record<PayoutFlag, string> = {
  first_payment: 'to a partner who was never paid before',
  changed_details: 'to another account than the last time',
  changed_contact: 'to details that came soon after the e-mail address of the partner changed',
  shared_account: 'to an account that another partner gave as well',
};

const flagLine = ({ flag, count }: NotificationBody<'run_in_review'>['flags'][number]): string =>
  `${countOf(count, 'payout')} ${FLAG_WORDS[flag]}`;

const deadlineOf = (deadline: string): string =>
  deadline === 'none' ? 'It has no deadline.' : `Deadline: ${sayInstant(deadline)}.`;

/** The work of a task. A kind that this version does not know is its own word. */
const workOf = (kind: string): string => TASK[kind as TaskKind] ?? kind;

const INSTANT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
const sayInstant = (iso: string): string => {
  const atMs = Date.parse(iso);
  return Number.isNaN(atMs) ? iso : `${INSTANT.format(atMs)} UTC`;
};
