import type { Templates } from '../notification.ts';

/** Mail to the people who run the system. */
export const OPERATORS_TEMPLATES: Templates<'alarm_raised'> = {
  alarm_raised: ({ kind, subject, details }, { urlOf }) => ({
    subject: `Alarm: ${kind} (${subject})`,
    text:
      `${details.join('\n\n')}\n\nThe alarm itself changed nothing. It stays open until somebody clears it. The row ${kind} of the runbook ` +
      `docs/runbooks/alarm.md says what it means, what to look at first, and when to clear it.\n\n${urlOf('/v1/alarms')}`,
  }),
};
