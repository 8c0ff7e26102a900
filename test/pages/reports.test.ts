import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sealAuditLog } from '../../db/people/audit.ts';
import { type Api, addPayout, setUpShop, startApi } from '../api/api.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let owner: Awaited<ReturnType<typeof openOwner>>;
let preparer: SignedInPerson;
let auditor: SignedInPerson;

beforeAll(async () => {
  api = await startApi();
  owner = await openOwner(api.url);
  await setUpShop(api, ['ann', 'bob']);
  preparer = await openVisitor(api, 'report-preparer', ['preparer']);
  auditor = await openVisitor(api, 'report-auditor', ['auditor']);
  const paid = await addPayout(api.db, 'ann');
  const failed = await addPayout(api.db, 'bob');
  await tamper(
    owner,
    sql.unsafe`update payout set status = 'settled', status_at = '2026-03-05T12:00:00Z' where id = ${paid}`,
    sql.unsafe`
      update payout set status = 'failed', status_reason = 'RECEIVER_ACCOUNT_LOCKED', status_at = '2026-03-06T12:00:00Z' where id = ${failed}`,
    sql.unsafe`
      insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash, state,
        submitted_at, owed_minor)
      values (${paid}, 1, 'paypal', ${randomUUID()}, 'USD', 500, '', '', 'settled', '2026-03-04T04:59:00Z', 500),
        (${failed}, 1, 'paypal', ${randomUUID()}, 'USD', 500, '', '', 'failed', '2026-03-04T05:00:00Z', 500)`,
  );
});
afterAll(async () => {
  await owner.end();
  await api.stop();
});

const MARCH = 'from=2026-03-01&to=2026-03-31';

describe('given a payout that settled, and one that failed', () => {
  it('when the report of paid amounts is read then the chart says its finding, and the file has every month', async () => {
    const { text } = await preparer.open('/reports?from=2026-02-01&to=2026-04-30');
    expect(text).toContain('role="img"');
    expect(text).toContain('The most was paid in Mar 2026: 5.00 USD.');
    expect(text).not.toContain('style=');
    const csv = (await preparer.open('/reports/paid.csv?from=2026-02-01&to=2026-04-30')).text;
    expect(csv.trim().split('\n')).toEqual([
      'month,currency,payouts,paid,earned',
      '2026-02,USD,0,0.00,0.00',
      '2026-03,USD,1,5.00,0.00',
      '2026-04,USD,0,0.00,0.00',
    ]);
  });

  it.each([
    { query: `${MARCH}&program=shop`, paid: '5.00', because: 'its line is of the program' },
    { query: `${MARCH}&payer=acme`, paid: '5.00', because: 'the payer paid it' },
    { query: `${MARCH}&payer=nobody`, paid: undefined, because: 'this payer is not known' },
    { query: 'from=2026-04-01&to=2026-04-30', paid: undefined, because: 'it settled before' },
  ])('when the report is filtered by $query then $because', async ({ query, paid }) => {
    const [, row] = (await preparer.open(`/reports/paid.csv?${query}`)).text.trim().split('\n');
    expect(row?.split(',')[3]).toBe(paid);
  });

  it.each([
    { query: 'from=2026-03-31&to=2026-03-01', says: 'is before the first day' },
    { query: 'from=soon', says: 'is not a day' },
    { query: 'from=2001-01-01&to=2026-01-01', says: 'is more than three years after the first day' },
  ])('when the days are $query then the form says why they cannot be reported', async ({ query, says }) => {
    expect(await preparer.open(`/reports?${query}`)).toMatchObject({
      status: 400,
      text: expect.stringContaining(says),
    });
  });

  it('when the promised day ends in the zone of the schedule then what was asked for one minute before it is on time', async () => {
    const csv = (await preparer.open(`/reports/on-time.csv?${MARCH}`)).text;
    expect(csv.trim().split('\n')).toEqual(['method,payouts,onTime', 'paypal,2,1']);
    const { text } = await preparer.open(`/reports/payouts?${MARCH}`);
    expect(text).toContain('RECEIVER_ACCOUNT_LOCKED');
    expect(text).toContain('PayPal 50 %');
  });

  it.each(['/reports/costs', '/reports/balances', '/reports/debts.csv', '/reports/points.csv', '/audits'])(
    'when %s is read without any data then it says so',
    async (path) => expect((await preparer.open(path)).status).toBe(200),
  );
});

describe('given a log of what people did', () => {
  beforeAll(async () => {
    await api.db.transaction((tx) => sealAuditLog(tx));
  });

  it('when the log is read then its chain is verified, and an altered entry breaks it', async () => {
    expect((await auditor.open('/audit')).text).toContain('of the chain compute again.');
    expect((await preparer.open('/audit')).status).toBe(404);
    await tamper(owner, sql.unsafe`update audit_log set action = 'nothing' where chain_seq = 2`);
    expect((await auditor.open('/audit')).text).toContain('1 link of the chain do not compute again.');
    await tamper(owner, sql.unsafe`update audit_log set action = 'payer.add' where chain_seq = 2`);
  });

  it.each([
    { query: 'action=schedule', fits: (action: string) => action.startsWith('schedule.') },
    { query: 'subject=program/shop', fits: (action: string) => action.startsWith('pro') || action.startsWith('plan') },
    { query: 'from=2000-01-01&to=2000-01-02', fits: () => false },
    { query: 'actor=nobody', fits: () => false },
  ])('when it is filtered by $query then the file has only what fits', async ({ query, fits }) => {
    const rows = (await auditor.open(`/audit.csv?${query}`)).text.trim().split('\n').slice(1);
    for (const row of rows) expect(fits(row.split(',')[3] ?? '')).toBe(true);
    expect((await auditor.open(`/audit?${query}`)).status).toBe(200);
  });

  it('when an entry is opened then its details and its place in the chain are there', async () => {
    const { text } = await auditor.open('/audit');
    const [path = ''] = /\/audit\/\d+/.exec(text) ?? [];
    expect((await auditor.open(path)).text).toContain('Hash before');
    expect((await auditor.open('/audit/999999')).status).toBe(404);
    expect((await auditor.open('/audit/none')).status).toBe(404);
  });

  it('when a month is asked for that is not over then the form says why, and a month that is over is audited', async () => {
    const ask = (month: string) => preparer.post('/audits', { program: 'shop', month });
    expect((await ask('soon')).text).toContain('is not a month such as 2026-03');
    expect((await ask('2999-01')).status).toBe(400);
    const { location } = await ask('2026-02');
    expect((await preparer.open(location ?? '')).text).toContain('The audit is not worked out yet.');
    expect((await auditor.post('/audits', { program: 'shop', month: '2026-02' })).status).toBe(404);
  });
});
