import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
let preparer: string;
let approver: string;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  preparer = (await api.newKey('preparer')).key;
  approver = (await api.newKey('approver')).key;
});
afterAll(() => api.stop());

const askForRun = (periodEnd: string, idempotencyKey: string = periodEnd) => askFor({ periodEnd }, idempotencyKey);

const askFor = (until: { periodEnd?: string; upTo?: string }, idempotencyKey: string) =>
  api.ask('POST', '/v1/runs', {
    key: preparer,
    body: { schedule: 'monthly', ...until },
    headers: { 'idempotency-key': idempotencyKey },
  });

describe('given a schedule without an open run', () => {
  it('when a run of a period that is not over is asked for then none is opened', async () => {
    expect((await askForRun('2099-01-01')).body).toMatchObject({ status: 409, code: 'run_period_open' });
  });

  it('when a run is asked for then it is being prepared, and a second one has to wait for its decision', async () => {
    const run = await askForRun('2026-10-01');
    expect(run.body).toMatchObject({
      kind: 'on_demand',
      periodStart: '2026-09-01',
      periodEnd: '2026-10-01',
      status: 'preparing',
    });
    expect((await askForRun('2026-09-01')).body).toMatchObject({ status: 409, code: 'run_already_exists' });
    const cancelled = await api.ask('POST', `/v1/runs/${String(run.body['id'])}/cancel`, {
      key: preparer,
      body: { reason: 'too early' },
    });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', statusReason: 'too early' });
  });

  it('when the date is not a cut-off of the schedule then no run is opened, and the two nearest are named', async () => {
    const reason = 'is not a cut-off of the schedule: the nearest are 2026-10-01 and 2026-11-01';
    expect((await askForRun('2026-10-31')).body).toMatchObject({
      status: 400,
      code: 'invalid_input',
      errors: [{ field: 'periodEnd', reason }],
    });
    expect((await api.ask('GET', '/v1/runs?status=preparing', { key: preparer })).body).toMatchObject({ items: [] });
  });

  it('when neither a period nor a date is named, or both are, then no run is opened', async () => {
    for (const until of [{}, { periodEnd: '2026-10-01', upTo: '2026-10-15' }])
      expect((await askFor(until, JSON.stringify(until).replaceAll(' ', ''))).body).toMatchObject({
        status: 400,
        errors: [{ field: 'periodEnd', reason: 'is needed, or upTo instead of it' }],
      });
  });

  it('when it asks for a part of a period by name then it begins where that period began', async () => {
    const run = await askFor({ upTo: '2026-10-15' }, 'part');
    expect(run.body).toMatchObject({ periodStart: '2026-10-01', periodEnd: '2026-10-15' });
    await api.ask('POST', `/v1/runs/${String(run.body['id'])}/cancel`, { key: preparer, body: { reason: 'done' } });
  });
});

describe('given an idempotency key that was used long ago, and is forgotten by now', () => {
  it('when a run of another period is asked for with it then that is another run', async () => {
    const cancel = ({ body }: Awaited<ReturnType<typeof askForRun>>) =>
      api.ask('POST', `/v1/runs/${String(body['id'])}/cancel`, { key: preparer, body: { reason: 'done' } });
    const first = await askForRun('2026-08-01', 'monthly-run');
    await cancel(first);
    await api.db.query(sql.unsafe`delete from idempotency_key where key = 'monthly-run'`);

    const second = await askForRun('2026-09-01', 'monthly-run');

    expect(second.body).toMatchObject({ periodEnd: '2026-09-01', status: 'preparing' });
    expect(second.body['id']).not.toBe(first.body['id']);
    await cancel(second);
  });
});

describe('given a run in review and no worker to record a decision', () => {
  it('when it is decided then nobody is told that it was recorded, and the same key may be sent again', async () => {
    const { body } = await askForRun('2026-11-01');
    const id = String(body['id']);
    await api.db.query(
      sql.unsafe`update payout_run set status = 'review', content_hash = decode(repeat('00', 32), 'hex') where id = ${id}`,
    );
    const answer = await api.ask('POST', `/v1/runs/${id}/decision`, {
      key: approver,
      body: { decision: 'approve', contentHash: '0'.repeat(64) },
      headers: { 'idempotency-key': 'decide' },
    });
    expect(answer.body).toMatchObject({ status: 503, code: 'outcome_not_known_yet' });
    expect(await api.db.exists(sql.unsafe`select from idempotency_key where key = 'decide'`)).toBe(false);
  });

  it('when it is no longer in review then the decision is refused', async () => {
    await api.db.query(sql.unsafe`update payout_run set status = 'cancelled' where status = 'review'`);
    const { id } = await lastRun();
    const answer = await api.ask('POST', `/v1/runs/${id}/decision`, {
      key: approver,
      body: { decision: 'reject', contentHash: '0'.repeat(64) },
    });
    expect(answer.body).toMatchObject({ status: 409, code: 'run_not_in_review' });
  });
});

async function lastRun(): Promise<{ id: string }> {
  const { items } = (await api.ask('GET', '/v1/runs?limit=1')).body as { items: [{ id: string }] };
  return items[0];
}

describe('given refunds that wait for sales in a program of the schedule', () => {
  it('when somebody looks at a run then it shows how many wait, and for how much', async () => {
    const refund = (id: string, amount?: string) => ({
      source: 'store',
      id,
      program: 'shop',
      partner: 'ann',
      kind: 'refund',
      refundOf: `${id}-sale`,
      occurredAt: '2026-03-01T10:00:00Z',
      ...(amount && { amount, currency: 'USD' }),
    });
    const events = [refund('early-1', '10.00'), refund('early-2', '5.50'), refund('early-3')];
    expect((await api.ask('POST', '/v1/events', { body: { events } })).status).toBe(200);
    await accrueAll(api.db, 'shop');

    const run = await askFor({ upTo: '2026-09-15' }, 'waiting-refunds');
    const { body } = await api.ask('GET', `/v1/runs/${String(run.body['id'])}`, { key: preparer });
    expect(body['waitingRefunds']).toEqual([
      { currency: 'USD', count: 2, amount: '15.50' },
      { currency: null, count: 1, amount: null },
    ]);

    await api.db.query(sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons)
      select ${String(run.body['id'])}, partner.id, currency.code, 'below_minimum', 0, '[]'
      from partner, unnest('{EUR,USD}'::text[]) as currency(code) where partner.code = 'ann'`);
    const { items } = (await api.ask('GET', `/v1/runs/${String(run.body['id'])}/outcomes`, { key: preparer })).body as {
      items: { currency: string; waitingRefunds: Record<string, unknown>[] }[];
    };
    expect(items.map(({ currency, waitingRefunds }) => [currency, waitingRefunds.map(({ id }) => id)])).toEqual([
      ['EUR', ['early-3']],
      ['USD', ['early-1', 'early-2', 'early-3']],
    ]);
    expect(items[1]?.waitingRefunds[0]).toMatchObject({ source: 'store', refundOf: 'early-1-sale', amount: '10.00' });
  });
});
