import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listAlertAmounts } from '../../db/payers/alert-amounts.ts';
import { getPayer } from '../../db/payers/payers.ts';
import { getSchedule } from '../../db/payers/schedules.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let olga: SignedInPerson;
let audrey: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  olga = await openVisitor(api, 'olga', ['operator']);
  audrey = await openVisitor(api, 'audrey', ['auditor']);
});
afterAll(() => api.stop());

const WEEKLY = {
  frequency: 'weekly',
  weekday: '5',
  monthday: '',
  firstCutoff: '',
  zone: 'Europe/Berlin',
  payDays: '1',
  scheduled: 'no',
  minimums: '25.00 USD\n20.00 EUR',
};
const CHANGE = '/settings/schedules/monthly/change';
const asked = (values: Record<string, string>) => `${CHANGE}?${new URLSearchParams(values)}`;

describe('given a schedule that an operator changes', () => {
  it('when they ask for the next runs then the form shows twelve of them, and nothing is saved', async () => {
    const shown = await olga.open(asked(WEEKLY));
    expect(shown.status).toBe(200);
    expect(shown.text.match(/<th scope="row">/g)).toHaveLength(12);
    expect(shown.text).toContain('Save these dates');
    expect(shown.text).toMatch(/before <span class="day"\s*>Fri /);
    expect((await getSchedule(api.db, 'monthly')).frequency).toBe('monthly');
  });

  it.each([
    { wrong: { weekday: '', monthday: '40' }, says: 'Day of the month is not a whole number up to 28.' },
    { wrong: { monthday: '3' }, says: 'a weekly schedule has no day of the month' },
    { wrong: { zone: 'Berlin' }, says: 'Time zone is not a place of the IANA database' },
    { wrong: { minimums: '25 dollars' }, says: 'which is not an amount with its currency' },
    { wrong: { minimums: '25.001 USD' }, says: 'Smallest payouts has the line' },
    { wrong: { payDays: '' }, says: 'Business days until the money leaves is missing.' },
  ])('when the form says $wrong then it comes back, with what was typed and: $says', async ({ wrong, says }) => {
    const values = { ...WEEKLY, ...wrong };
    for (const answer of [await olga.open(asked(values)), await olga.post(CHANGE, values)]) {
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(says);
      expect(answer.text).not.toContain('Save these dates');
    }
  });

  it('when they save the dates then the schedule has them', async () => {
    expect((await olga.post(CHANGE, WEEKLY)).location).toBe('/settings/schedules/monthly');
    expect(await getSchedule(api.db, 'monthly')).toMatchObject({
      frequency: 'weekly',
      weekday: 5,
      monthday: null,
      zone: 'Europe/Berlin',
      payDays: 1,
      scheduled: false,
      minimums: [
        { currency: 'EUR', minor: 2000n },
        { currency: 'USD', minor: 2500n },
      ],
    });
    const page = (await audrey.open('/settings/schedules/monthly')).text;
    expect(page).toContain('every week on Friday');
    expect(page).not.toContain('Change…');
    expect((await audrey.open('/settings/schedules')).text).toContain('Europe/Berlin');
  });
});

describe('given an operator who adds a schedule', () => {
  const NEW = '/settings/new-schedule';
  const values = { ...WEEKLY, code: 'fridays', payer: 'acme', approvalsRequired: '2', signedApprovals: 'yes' };

  it('when its fields are right then the next runs are shown first, and then it is saved', async () => {
    const shown = await olga.open(`${NEW}?${new URLSearchParams(values)}`);
    expect(shown.text).toContain('Add this schedule');
    expect((await olga.post(NEW, values)).location).toBe('/settings/schedules/fridays');
    expect(await getSchedule(api.db, 'fridays')).toMatchObject({
      approvalsRequired: 2,
      signedApprovals: true,
      weekday: 5,
    });
    const again = await olga.post(NEW, values);
    expect(again.status).toBe(409);
    expect(again.text).toContain('Code is taken.');
  });

  it('when the payer is not known, or the code and the day are wrong, then each field says so', async () => {
    expect((await olga.post(NEW, { ...values, payer: 'nobody' })).text).toContain('Payer is not known.');
    const wrong = await olga.post(NEW, { ...values, code: 'a b', payDays: '11' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('Code is not a code');
    expect(wrong.text).toContain('is not a whole number up to 10');
  });
});

describe('given a payer', () => {
  const SAVE = '/settings/payers/acme/alert-amounts';
  const amounts = async () => listAlertAmounts(api.db, (await getPayer(api.db, 'acme')).id);

  it('when an operator sets its alert amounts then a wrong line comes back, and right ones are kept', async () => {
    const refused = await olga.post(SAVE, { amounts: '1000.00 USD\n5 XXX' });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('5 XXX');
    expect(await amounts()).toEqual([]);
    expect((await olga.post(SAVE, { amounts: ' 1000.00 USD \n\n' })).location).toBe('/settings/payers/acme');
    expect(await amounts()).toEqual([{ currency: 'USD', minor: 100_000n }]);
    expect((await audrey.open('/settings/payers/acme')).text).toContain('1000.00 USD');
  });
});

describe('given a policy that pays claims without a person', () => {
  const PATH = '/settings/policies/shop/claim';

  it('when an approver who did not write it confirms it then it is in force, with their signature', async () => {
    const within = { days: 3, counted: 'business' };
    const stage = (role: string) => ({ role, approvals: 1, within, atEnd: 'expire' });
    const policy = {
      rules: [
        {
          title: 'small',
          when: { amount: { atMost: '20.00' }, currency: ['USD'], hasFund: ['yes'] },
          automatic: 'approve',
        },
        { title: 'all others', stages: [stage('preparer'), stage('approver')] },
      ],
    };
    expect((await olga.open(PATH)).text).toContain('Nobody has written one');
    const added = await api.ask('POST', '/v1/programs/shop/policies/claim', { body: { policy } });
    expect(added.status, added.text).toBe(201);
    const paula = await openVisitor(api, 'paula', ['approver']);
    const page = (await paula.open(PATH)).text;
    expect(page).toContain('waits for a second person');
    expect(page).toContain('amount is at most 20.00');
    expect((await paula.sign(`${PATH}/1/confirm`)).location).toBe(PATH);
    expect((await audrey.open(PATH)).text).toContain('in force');
    const statement = await api.db.oneFirst(sql.type(z.object({ statement: z.string() }))`
      select statement from policy_confirmation join signature on signature.id = signature_id`);
    expect(statement).toMatch(/^bursar confirm policy policy\/shop\/claim\/1 content /);
    expect((await paula.post(`${PATH}/7/confirm`)).status).toBe(404);
    expect((await paula.open('/settings/policies/shop/weather')).status).toBe(404);
  });
});
