import { sql } from 'slonik';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { SETTLES_MS } from '../../../domain/as-of.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { addVersion, reRate } from '../../fixtures/re-rating.ts';
import {
  addCompany,
  addCorrectedLine,
  addEvent,
  addPartner,
  addPayout,
  addRun,
  type CompanyRows,
  disburse,
  type PartnerRows,
  settlePayout,
  TEN_PERCENT,
} from '../../fixtures/rows.ts';
import { type Answer, type Api, startApi } from '../api.ts';

let api: Api;
let company: CompanyRows;
beforeAll(async () => {
  api = await startApi();
  company = await addCompany(api.db, { zone: 'America/New_York' });
});
afterAll(() => api.stop());

const Line = z.object({ id: z.bigint() });
const linesOf = (partner: PartnerRows) =>
  api.db.anyFirst(sql.type(Line)`select id from earning_line where partner_id = ${partner.id} order by id`);

const earn = async (partner: PartnerRows, wish: { id: string; minor: bigint; refundOf?: string }): Promise<void> => {
  await addEvent(api.db, company, partner, wish);
  await accrueAll(api.db, company.code);
};

/** An instant after everything that was done, and before everything that follows. */
const nextInstant = async (): Promise<string> => {
  const now = new Date().toISOString();
  while (new Date().toISOString() === now) await pause(1);
  return now;
};

/** Asks when everything that was done up to now is old enough. */
async function afterwards<T>(ask: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + SETTLES_MS });
  try {
    return await ask();
  } finally {
    vi.useRealTimers();
  }
}

type Look = { balances: Answer['body']; earnings: Answer['body'] };

async function look({ code }: PartnerRows, asOf?: string): Promise<Look> {
  const query = asOf === undefined ? '' : `?asOf=${encodeURIComponent(asOf)}`;
  const balances = await api.ask('GET', `/v1/partners/${code}/balances${query}`);
  const earnings = await api.ask('GET', `/v1/partners/${code}/earnings${query}`);
  expect([balances.status, earnings.status]).toEqual([200, 200]);
  return { balances: balances.body, earnings: earnings.body };
}

const amounts = ({ balances }: Look) => balances['items'];
const usd = (balance: object) => [{ currency: 'USD', ...balance }];

describe('given a partner who earned, lost by a refund, was corrected and was paid', () => {
  it('when somebody looks back to any instant then the answer is exactly what it was then', async () => {
    const partner = await addPartner(api.db, company);
    const seen: { at: string; was: Look }[] = [];
    const remember = async () => {
      const was = await look(partner);
      seen.push({ at: await nextInstant(), was });
    };
    await remember();
    await earn(partner, { id: 'look-1', minor: 10_000n });
    await remember();
    await earn(partner, { id: 'look-2', minor: 20_000n });
    await earn(partner, { id: 'look-3', minor: 5_000n, refundOf: 'look-1' });
    await remember();
    const run = await addRun(api.db, company);
    const payout = await addPayout(api.db, run, partner, await linesOf(partner));
    const explanation = async (asOf = '') => (await api.ask('GET', `/v1/payouts/${payout}/explanation${asOf}`)).body;
    const explained = await explanation();
    await remember();
    await disburse(api.db, run, company.approver);
    await remember();
    await settlePayout(api.db, payout);
    await remember();
    await addCorrectedLine(api.db, company, partner, { minor: 700n, proposedBy: company.preparer });
    await remember();

    expect(seen.map(({ was }) => amounts(was))).toEqual([
      [],
      usd({ earned: '10.00', held: '0.00', payable: '10.00', inPayout: '0.00', paid: '0.00' }),
      usd({ earned: '25.00', held: '0.00', payable: '25.00', inPayout: '0.00', paid: '0.00' }),
      usd({ earned: '25.00', held: '0.00', payable: '0.00', inPayout: '25.00', paid: '0.00' }),
      usd({ earned: '25.00', held: '0.00', payable: '0.00', inPayout: '25.00', paid: '0.00' }),
      usd({ earned: '25.00', held: '0.00', payable: '0.00', inPayout: '0.00', paid: '25.00' }),
      usd({ earned: '32.00', held: '0.00', payable: '7.00', inPayout: '0.00', paid: '25.00' }),
    ]);
    for (const { at, was } of seen) {
      const back = await afterwards(() => look(partner, at));
      expect(back.balances['asOf']).toBe(at);
      expect({ ...back, balances: amounts(back) }).toEqual({ ...was, balances: amounts(was) });
    }
    expect(await afterwards(() => explanation(`?asOf=${seen.at(3)?.at ?? ''}`))).toEqual(explained);
    const tooEarly = await afterwards(() =>
      api.ask('GET', `/v1/payouts/${payout}/explanation?asOf=${seen.at(2)?.at ?? ''}`),
    );
    expect(tooEarly.status).toBe(400);
    expect(tooEarly.body['errors']).toEqual([
      { field: 'asOf', reason: expect.stringContaining(`when payout ${payout} was added`) },
    ]);
  });

  it('when days were worked out again since then a look back shows what was earned before, and now shows the difference', async () => {
    const own = await addCompany(api.db, { zone: 'America/New_York' });
    const partner = await addPartner(api.db, own);
    await addEvent(api.db, own, partner, { id: 'again-1' });
    await accrueAll(api.db, own.code);
    const was = await look(partner);
    const at = await nextInstant();
    const twelve = { ...TEN_PERCENT, incentives: [{ id: 'commission', pay: { rule: 'percent', percent: '12' } }] };
    await addVersion(api.db, own, '2026-01-01T05:00:00Z', twelve);
    await reRate(api.db, own, { from: '2026-01-01', until: null });
    const back = await afterwards(() => look(partner, at));
    expect({ ...back, balances: amounts(back) }).toEqual({ ...was, balances: amounts(was) });
    const now = await look(partner);
    expect([amounts(was), amounts(now)].flat()).toMatchObject([{ earned: '10.00' }, { earned: '12.00' }]);
    expect((now.earnings['items'] as { amount: string }[]).map(({ amount }) => amount).toSorted()).toEqual([
      '-10.00',
      '10.00',
      '12.00',
    ]);
  });

  it('when somebody names a day then it ends at midnight in the zone of the pay schedule', async () => {
    const partner = await addPartner(api.db, company);
    await earn(partner, { id: 'day-1', minor: 10_000n });
    await earn(partner, { id: 'day-2', minor: 10_000n });
    const owner = await openOwner(api.url);
    // New York's midnight is 04:00 UTC in summer
    await tamper(
      owner,
      sql.unsafe`update partner set created_at = '2026-06-01' where id = ${partner.id}`,
      sql.unsafe`
        update earning_line set booked_at = case when id = (select min(id) from earning_line where partner_id = ${partner.id})
          then '2026-06-10T03:59:59Z'::timestamptz else '2026-06-10T04:00:00Z' end where partner_id = ${partner.id}`,
      sql.unsafe`
        update accrual_batch batch set booked_at = line.booked_at from earning_line line
        where line.batch_id = batch.id and line.partner_id = ${partner.id}`,
    );
    await owner.end();
    const [before, after] = [await look(partner, '2026-06-09'), await look(partner, '2026-06-10')];
    expect([before, after].map((one) => [one.balances['asOf'], amounts(one)])).toEqual([
      ['2026-06-09', usd({ earned: '10.00', held: '0.00', payable: '10.00', inPayout: '0.00', paid: '0.00' })],
      ['2026-06-10', usd({ earned: '20.00', held: '0.00', payable: '20.00', inPayout: '0.00', paid: '0.00' })],
    ]);
    expect((before.earnings['items'] as { eventId: string }[]).map(({ eventId }) => eventId)).toEqual(['day-1']);
    expect(amounts(await look(partner, '2026-06-05'))).toEqual([]);
  });

  it.each([
    ['2999-01-01', 'is a day that is not over in America/New_York'],
    ['2999-01-01T00:00:00Z', 'is in the future'],
    ['2001-01-01', 'is before '],
    ['yesterday', 'is neither a date'],
    ['2026-02-30', 'is neither a date'],
  ])('when somebody asks for %s then that is refused, because it %s', async (asOf, reason) => {
    const partner = await addPartner(api.db, company);
    for (const what of ['balances', 'earnings']) {
      const { status, body } = await api.ask('GET', `/v1/partners/${partner.code}/${what}?asOf=${asOf}`);
      expect(status).toBe(400);
      expect(body['errors']).toEqual([{ field: 'asOf', reason: expect.stringContaining(reason) }]);
    }
  });

  it('when an instant is not ten minutes old then it is refused, because a booking that began before it may still come', async () => {
    const partner = await addPartner(api.db, company);
    const at = new Date(Date.now() - SETTLES_MS / 2);
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update partner set created_at = '2026-06-01' where id = ${partner.id}`);
    await owner.end();
    const ask = () => api.ask('GET', `/v1/partners/${partner.code}/balances?asOf=${at.toISOString()}`);
    const { status, body } = await ask();
    expect(status).toBe(400);
    const from = new Date(at.getTime() + SETTLES_MS).toISOString();
    expect(body['errors']).toEqual([
      { field: 'asOf', reason: expect.stringContaining(`can be asked from ${from} on`) },
    ]);
    expect((await afterwards(ask)).status).toBe(200);
  });

  it('when a partner looks back then only their own things show', async () => {
    const [own, other] = [await addPartner(api.db, company), await addPartner(api.db, company)];
    await earn(own, { id: 'own', minor: 10_000n });
    const { key } = await api.newKey('partner', own.id);
    const at = await nextInstant();
    expect((await api.ask('GET', `/v1/partners/${other.code}/balances?asOf=${at}`, { key })).status).toBe(404);
    expect((await api.ask('GET', `/v1/partners/${other.code}/earnings?asOf=${at}`, { key })).status).toBe(404);
    const ask = (what: string) => afterwards(() => api.ask('GET', `/v1/me/${what}?asOf=${at}`, { key }));
    const all = await afterwards(() => look(own, at));
    expect((await ask('balances')).body).toEqual(all.balances);
    expect((await ask('earnings')).body).toEqual(all.earnings);
  });
});
