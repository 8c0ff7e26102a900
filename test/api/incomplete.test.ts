import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addLine, type Api, setUpShop, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'late']); // whose payer has no gateway
  const empty = { code: 'empty', payer: 'acme', frequency: 'weekly', weekday: 1, zone: 'Europe/Berlin', payDays: 3 };
  await api.ask('POST', '/v1/schedules', { body: empty });
  await addLine(api.db, 'ann', 5000, '2026-02-01');
  await addLine(api.db, 'late', 5000, '2099-12-20'); // long after the last bank holiday that we know
});
afterAll(() => api.stop());

/** Every read about payers, schedules, programs and partners. */
const READS = [
  '/v1/payers',
  '/v1/payers/acme',
  '/v1/payers/acme/alert-amounts',
  '/v1/schedules',
  '/v1/schedules/empty',
  '/v1/schedules/empty/periods?count=60',
  '/v1/schedules/monthly',
  '/v1/schedules/monthly/periods?count=60',
  '/v1/programs',
  '/v1/programs/shop',
  '/v1/programs/shop/fact-grants',
  '/v1/programs/shop/plans',
  '/v1/programs/shop/plans/standard/versions',
  '/v1/partners',
  '/v1/partners/ann',
  '/v1/partners/ann/agreements',
  '/v1/partners/ann/agreements/shop/history',
  '/v1/partners/ann/facts',
  '/v1/partners/ann/facts/history',
  '/v1/fact-keys',
  '/v1/partners/ann/minimums',
  '/v1/partners/ann/onboarding',
  '/v1/partners/ann/instruments',
  '/v1/partners/ann/payability',
  '/v1/partners/late/payability',
  '/v1/payment-forms?method=bank&country=US&currency=USD',
  '/v1/runs?schedule=empty',
  '/v1/payouts?partner=ann',
];

describe('given a schedule without a program, a payer without a gateway and a day after the last known bank holiday', () => {
  it.each(READS)('when %s is read then it answers', async (path) => {
    const { status, text } = await api.ask('GET', path);
    expect(status, text).toBe(200);
  });

  it('when a partner cannot be paid because of them then the answer says so', async () => {
    const reasonsOf = async (code: string) => (await api.ask('GET', `/v1/partners/${code}/payability`)).text;
    expect(await reasonsOf('ann')).toContain('Payment by PayPal is not offered here.');
    expect(await reasonsOf('late')).toContain('2099-12-20');
  });
});

describe('given a schedule whose time zone this system does not know', () => {
  it('when something about its days is asked then the answer names the zone and the repair', async () => {
    await api.db.query(sql.unsafe`update pay_schedule set zone = 'Mars/Olympus'`);
    for (const path of READS) {
      const { status, body } = await api.ask('GET', path);
      expect(status, path).toBeLessThan(500);
      if (status !== 200) expect(body).toMatchObject({ status: 409, code: 'zone_not_known' });
    }
    const { body } = await api.ask('GET', '/v1/schedules/monthly/periods');
    expect(body['detail']).toContain('Mars/Olympus');
    expect(body['detail']).toContain('PATCH /v1/schedules/{code}');
  });
});
