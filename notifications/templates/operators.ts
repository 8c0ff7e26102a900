import { go, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';
import { PAGES } from '../places.ts';

/** Notices to the people who run the system. */
export const OPERATORS_TEMPLATES: Templates<'alarm_raised'> = {
  alarm_raised: ({ kind, subject, details }) => ({
    subject: `Alarm: ${kind} (${subject})`,
    parts: [
      ...details.map(say),
      say(
        `The alarm itself changed nothing. It stays open until somebody clears it. The row ${kind} of the runbook docs/runbooks/alarm.md says ` +
          'what it means, what to look at first, and when to clear it.',
      ),
      go('Open the alarms', PAGES.alarms),
    ],
  }),
};
