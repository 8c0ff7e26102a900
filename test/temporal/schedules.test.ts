import { describe, expect, it } from 'vitest';

import { FREQUENCIES } from '../../domain/payers/schedule.ts';
import { calendarOf } from '../../temporal/schedules.ts';

describe('given a pay schedule that runs on its own', () => {
  const days = {
    daily: {},
    weekly: { dayOfWeek: 'FRIDAY' },
    biweekly: { dayOfWeek: 'FRIDAY' },
    semimonthly: { dayOfMonth: [1, 16] },
    monthly: { dayOfMonth: 16 },
    quarterly: { month: ['JANUARY', 'APRIL', 'JULY', 'OCTOBER'], dayOfMonth: 1 },
  };

  it.each(FREQUENCIES)(
    'when it is %s then it fires on the days of its cut-offs, after the local night',
    (frequency) => {
      const { comment: _comment, ...calendar } = calendarOf({
        code: 'any',
        frequency,
        zone: 'UTC',
        weekday: 5,
        monthday: 16,
      });
      expect(calendar).toEqual({ ...days[frequency], hour: 5 });
    },
  );
});
