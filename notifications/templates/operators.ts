import type { Templates } from '../notification.ts';

/** Mail to the people who run the system. */
export const OPERATORS_TEMPLATES: Templates<'alarm_raised'> = {
  alarm_raised: ({ kind, subject, detail }) => ({
    subject: `Alarm: ${kind} (${subject})`,
    text: `${detail}\n\nPayments in progress continue. Clear the alarm when you have looked into it.`,
  }),
};
