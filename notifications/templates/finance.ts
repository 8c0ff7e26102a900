import type { PayoutFlag } from '../../domain/runs/flag.ts';
import type { NotificationBody, Templates } from '../notification.ts';
import { countOf, totalLines } from './amounts.ts';

/** Mail to the people who prepare and approve payments. */
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
  run_in_review: ({ run, schedule, periodEnd, reminder, totals, flags, expires }, { urlOf }) => ({
    subject: `${reminder > 0 ? `Reminder ${reminder}: the` : 'The'} ${schedule} run up to ${periodEnd} is waiting for approval`,
    text:
      `Run ${run} is prepared. It would pay:\n\n${totalLines(totals)}\n\n` +
      flagLines(flags) +
      `Nothing is paid before the run is approved. Read it, then approve or reject it by ${expires}. After that day it expires, ` +
      `and its payouts wait for the next run.\n\n${urlOf(`/v1/runs/${run}`)}`,
  }),
  approvals_void: ({ run, schedule, periodEnd, approvals, totals }, { urlOf }) => ({
    subject: `The ${schedule} run up to ${periodEnd} changed after ${countOf(approvals, 'approval')}`,
    text:
      `The payouts of run ${run} changed: somebody's earnings, hold or payment details changed, or a payout was taken out. ` +
      `The approvals given before no longer count. It would now pay:\n\n${totalLines(totals)}\n\n` +
      `Nothing is paid before the run is approved again. Read it, then approve or reject it.\n\n${urlOf(`/v1/runs/${run}`)}`,
  }),
  run_decided: ({ run, schedule, periodEnd, status, totals }, { urlOf }) => ({
    subject: `The ${schedule} run up to ${periodEnd} is ${status}`,
    text:
      `Run ${run} is ${status}. ` +
      (status === 'approved'
        ? `It pays:\n\n${totalLines(totals)}\n\nYou need to do nothing. A payment that fails has a mail of its own.`
        : 'It pays nobody. Its payouts wait for the next run.') +
      `\n\n${urlOf(`/v1/runs/${run}`)}`,
  }),
  checks_to_mail: ({ task, run, schedule, periodEnd, account, totals, deadline }, { urlOf }) => ({
    subject: `Print and mail ${countOf(
      totals.reduce((sum, { count }) => sum + count, 0),
      'check',
    )} of the ${schedule} run up to ${periodEnd} (${totals.map(({ amount, currency }) => `${amount} ${currency}`).join(' + ')})`,
    text:
      `The bank has these checks on file, drawn on ${account}, and Bursar has made them ready. Nobody has mailed them, and their partners ` +
      `were told nothing yet. Run ${run} waits for them.\n\n` +
      `1. Download all of them as one file: ${urlOf(`/v1/tasks/${task}/checks.pdf`)}\n` +
      `2. Print them on check stock, sign them and mail them by ${deadline}.\n` +
      `3. Record the numbers that you mailed, and the day: POST ${urlOf(`/v1/tasks/${task}/mailed`)}\n\n` +
      'Only then are the checks sent, and the partners told. Record a spoiled or lost check as docs/runbooks/stop-a-check.md says.',
  }),
  task_opened: ({ task, kind, subject, detail, deadline }, { urlOf }) => ({
    subject: `Task: ${kind} (${subject})`,
    text: `${detail}\n\n${deadlineOf(deadline)} The task stays open until somebody decides it. docs/how-to/decide-a-task.md says how.\n\nTask ${task}, in ${urlOf(`/v1/tasks?kind=${kind}`)}`,
  }),
  task_due: ({ task, kind, subject, detail, deadline }, { urlOf }) => ({
    subject: `Still open, due ${deadline}: ${kind} (${subject})`,
    text: `${detail}\n\nNobody has decided this task yet. docs/how-to/decide-a-task.md says how.\n\nTask ${task}, in ${urlOf(`/v1/tasks?kind=${kind}`)}`,
  }),
  budget_used: ({ program, budget, title, percent, used, amount }, { urlOf }) => ({
    subject: `${percent} % of the budget ${title} is used: ${used} of ${amount}`,
    text:
      (percent === 100
        ? `Nothing is left of the budget ${budget} of program ${program}. Partners earn 0 from it now, and their earnings say so. `
        : `The budget ${budget} of program ${program} has paid ${used} of ${amount}. When nothing is left, partners earn 0 from it, and their earnings say so. `) +
      'An operator can raise it: later events are then paid again. Earlier ones stay as they are.\n\n' +
      urlOf(`/v1/programs/${program}/budgets/${budget}`),
  }),
  role_given: ({ person, role, proposedBy, confirmedBy }, { urlOf }) => ({
    subject: `${person} now has the role ${role}`,
    text:
      `Proposed by: ${proposedBy}\nConfirmed by: ${confirmedBy}\n\n` +
      `If you do not know this person, have an operator take the role away at once.\n\n${urlOf(`/v1/actors/${person}/grants`)}`,
  }),
};

const FLAG_WORDS: Record<PayoutFlag, string> = {
  first_payment: 'to a partner who was never paid before',
  changed_details: 'to another account than the last time',
  shared_account: 'to an account that another partner gave as well',
};

const flagLines = (flags: NotificationBody<'run_in_review'>['flags']): string =>
  flags.length === 0
    ? ''
    : `Look at these before you approve (GET /v1/runs/{id}/flags lists them):\n\n${flags
        .map(({ flag, count }) => `  ${countOf(count, 'payout')} ${FLAG_WORDS[flag]}`)
        .join('\n')}\n\n`;

const deadlineOf = (deadline: string): string =>
  deadline === 'none' ? 'It has no deadline.' : `Deadline: ${deadline}.`;
