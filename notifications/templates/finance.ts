import type { Templates } from '../notification.ts';

/** Mail to the people who prepare and approve payments. */
export const FINANCE_TEMPLATES: Templates<'run_in_review' | 'run_decided' | 'task_opened' | 'task_due'> = {
  run_in_review: ({ run, schedule, periodEnd, reminder }) => ({
    subject: `${reminder > 0 ? `Reminder ${reminder}: the` : 'The'} ${schedule} run up to ${periodEnd} is waiting for approval`,
    text: `Run ${run} is prepared and waiting for a decision. Nothing is paid before it is approved. The run expires after 7 days.`,
  }),
  run_decided: ({ run, schedule, periodEnd, status }) => ({
    subject: `The ${schedule} run up to ${periodEnd} is ${status}`,
    text: `Run ${run} is ${status}.`,
  }),
  task_opened: ({ kind, subject, detail, deadline }) => ({
    subject: `Task: ${kind} (${subject})`,
    text: `${detail}\n\nDeadline: ${deadline}. The task stays open until somebody decides it.`,
  }),
  task_due: ({ kind, subject, detail, deadline }) => ({
    subject: `Still open, due ${deadline}: ${kind} (${subject})`,
    text: `${detail}\n\nNobody has decided this task yet.`,
  }),
};
