import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { keepIncentiveDays, listAccruedByMonth, listIncentiveSums } from '../../../db/books/incentive-days.ts';
import { askInvariants } from '../../../db/books/invariants.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { addCompany, addEvent, addPartner, type CompanyRows } from '../../fixtures/rows.ts';
import { type Api, startApi } from '../api.ts';

let api: Api;
let company: CompanyRows;

beforeAll(async () => {
  api = await startApi();
  const incentives = [
    { id: 'commission', pay: { rule: 'percent', percent: '10' } },
    { id: 'bonus', unit: 'EUR', when: { kinds: ['installation'] }, pay: { rule: 'flat', amount: '5.00' } },
  ];
  company = await addCompany(api.db, { terms: { holdDays: 0, rounding: 'half-even', incentives } });
  const [ann, bob] = [await addPartner(api.db, company), await addPartner(api.db, company)];
  await api.db.query(sql.unsafe`
    insert into partner_fact(partner_id, key, slot, value, starts_on, ends_on, source) values
      (${ann.id}, 'tier', '', 'silver', '2026-01-01', '2026-02-01', 'ladder'), (${ann.id}, 'tier', '', 'gold', '2026-02-01', null, 'ladder')`);
  await addEvent(api.db, company, ann, { id: 'one', occurredAt: '2026-01-10T12:00:00Z' });
  await addEvent(api.db, company, ann, { id: 'two', occurredAt: '2026-02-10T12:00:00Z', minor: 20_000n });
  await addEvent(api.db, company, bob, { id: 'three', occurredAt: '2026-02-10T12:00:00Z' });
  await addEvent(api.db, company, bob, { id: 'back', refundOf: 'three', minor: 4_000n });
  await addEvent(api.db, company, bob, { id: 'install', kind: 'installation', minor: null });
  await accrueAll(api.db, company.code);
});
afterAll(() => api.stop());

const [TODAY, TOMORROW, LATER] = [0, 1, 2].map((days) =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10),
);

const costs = async (groupBy: string, days = `from=${TODAY}&until=${TOMORROW}`) =>
  (await api.ask('GET', `/v1/analytics/incentives?${days}&groupBy=${groupBy}`)).body['items'];

const usd = { unit: 'USD', cost: '36.00', moved: '360.00', costPerMoved: '0.100000', partners: 2, events: 4 };
const eur = { unit: 'EUR', cost: '5.00', moved: '0.00', costPerMoved: null, partners: 1, events: 1 };

describe('given earnings in two currencies, some of which were taken back', () => {
  it('when somebody compares incentives then each has its cost and what it moved, in its own currency', async () => {
    expect(await costs('incentive')).toEqual([
      { name: `${company.code}/bonus`, ...eur },
      { name: `${company.code}/commission`, ...usd },
    ]);
    expect(await costs('program')).toEqual([eur, usd].map((row) => ({ name: company.code, ...row })));
    expect(await costs('partner_kind')).toEqual([eur, usd].map((row) => ({ name: 'reseller', ...row })));
    expect(await costs('month')).toEqual([eur, usd].map((row) => ({ name: TODAY?.slice(0, 7), ...row })));
  });

  it('when they are grouped by tier then the tier of the day of each event counts', async () => {
    expect(await costs('tier')).toEqual([
      { name: '', ...eur },
      { ...usd, name: '', cost: '6.00', moved: '60.00', partners: 1, events: 2 },
      { ...usd, name: 'gold', cost: '20.00', moved: '200.00', partners: 1, events: 1 },
      { ...usd, name: 'silver', cost: '10.00', moved: '100.00', partners: 1, events: 1 },
    ]);
  });

  it('then the cost is what accrual posted to the ledger on the same days', async () => {
    const posted = await api.db.any(sql.type(z.object({ unit: z.string(), minor: z.bigint() }))`
      select journal.currency as unit, sum(entry.amount_minor)::bigint as minor
      from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
      join ledger_account account on account.id = entry.account_id
      where journal.kind = 'accrual' and account.code like 'program:expense:%' group by journal.currency order by 1`);
    expect(posted).toEqual([
      { unit: 'EUR', minor: 500n },
      { unit: 'USD', minor: 3600n },
    ]);
    expect(await costs('incentive', `from=${TOMORROW}&until=${LATER}`)).toEqual([]);
  });

  it('when they are downloaded then the columns are the same', async () => {
    const { text } = await api.ask('GET', `/v1/analytics/incentives.csv?from=${TODAY}&until=${TOMORROW}`);
    expect(text.split('\n')).toEqual([
      'name,unit,cost,moved,costPerMoved,partners,events',
      `${company.code}/bonus,EUR,5.00,0.00,,1,1`,
      `${company.code}/commission,USD,36.00,360.00,0.100000,2,4`,
      '',
    ]);
  });

  it('when the sums of older bookings are kept then a report says the same, however often and at once they are kept', async () => {
    const owner = await openOwner(api.url);
    await tamper(
      owner,
      sql.unsafe`update accrual_batch set booked_at = booked_at - interval '90 minutes' where id = (select min(id) from accrual_batch)`,
    );
    await owner.end();
    const filter = { from: '2026-01-01', until: LATER ?? '' };
    const [sums, months] = [await listIncentiveSums(api.db, filter), await listAccruedByMonth(api.db, filter)];
    expect(sums).toMatchObject([{ costMinor: 500n }, { costMinor: 3_600n, movedMinor: 36_000n, events: 4 }]);

    for (let step = 0; step < 3; step += 1) await Promise.all([keepIncentiveDays(api.db), keepIncentiveDays(api.db)]);

    expect(await api.db.exists(sql.unsafe`select from incentive_day`)).toBe(true);
    expect(await listIncentiveSums(api.db, filter)).toEqual(sums);
    expect(await listAccruedByMonth(api.db, filter)).toEqual(months);
    expect(await askInvariants(api.db)).toContainEqual(
      expect.objectContaining({ name: 'kept-incentive-days', culprits: [] }),
    );
  });

  it('when the days are the wrong way round then the field is named', async () => {
    const { status, body } = await api.ask('GET', `/v1/analytics/incentives?from=${TOMORROW}&until=${TODAY}`);
    expect([status, body['errors']]).toEqual([400, [{ field: 'until', reason: 'is not after `from`' }]]);
  });
});
