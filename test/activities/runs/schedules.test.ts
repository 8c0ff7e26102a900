import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { warnOfCalendarEnd } from '../../../activities/runs/schedules.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

describe('given the tables of bank holidays, which end with 2031', () => {
  it.each([
    { currency: 'USD', at: '2030-12-31', subjects: [], because: 'there is more than a year left' },
    { currency: 'GBP', at: '2031-01-01', subjects: [], because: 'there is no table' },
    { currency: 'USD', at: '2031-01-01', subjects: ['calendar/USD'], because: 'there is a year left' },
    { currency: 'USD', at: '2033-01-01', subjects: ['calendar/USD'], because: 'the alarm is open already' },
  ] as const)('when it is $at for $currency then $subjects is open: $because', async ({ currency, at, subjects }) => {
    await warnOfCalendarEnd(fixture.app, currency, new Date(at));
    expect((await listAlarms(fixture.app, 0n, 10)).map(({ subject }) => subject)).toEqual(subjects);
  });
});
