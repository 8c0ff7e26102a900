import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openOwner, tamper } from '../../fixtures/database.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
let [preparer, approver]: Awaited<ReturnType<Api['newKey']>>[] = [];
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cleo']);
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
});
afterAll(() => api.stop());

/** Changes what a partner is owed, and lets it look as if that was so many days ago. */
async function move(partner: string, amount: string, daysAgo: number, currency = 'USD'): Promise<void> {
  const kind = amount.startsWith('-') ? 'deduction' : 'credit';
  const wish = { kind, partner, program: 'shop', currency, amount: amount.replace('-', ''), reason: 'a test' };
  const { body } = await api.ask('POST', '/v1/corrections', { body: wish, key: preparer?.key ?? '' });
  const id = String(body['id']);
  await api.ask('POST', `/v1/corrections/${id}/decision`, { body: { decision: 'confirm' }, key: approver?.key ?? '' });
  const owner = await openOwner(api.url);
  await tamper(
    owner,
    sql.unsafe`
      update ledger_journal set recorded_at = now() - ${daysAgo} * interval '1 day' where idempotency_key like ${`${id}/%`}`,
  );
  await owner.end();
}

const report = async (query = '') => (await api.ask('GET', `/v1/reports/negative-balances${query}`)).body;

describe('given partners whose balances moved', () => {
  it('when some are below zero then they are listed with the day on which they fell there and stayed', async () => {
    await move('ann', '-5.00', 200);
    await move('ann', '5.00', 150);
    await move('ann', '-8.00', 100);
    await move('ann', '3.00', 70);
    await move('ann', '4.00', 50);
    await move('ann', '2.00', 45);
    await move('ann', '-21.00', 40);
    await move('bob', '10.00', 90);
    await move('cleo', '-1.00', 95);
    await move('cleo', '-3.00', 0, 'EUR');

    expect((await report())['items']).toMatchObject([
      { partner: 'ann', currency: 'USD', amount: '-20.00', days: 40, bucket: '31-60' },
      { partner: 'cleo', currency: 'EUR', amount: '-3.00', days: 0, bucket: '0-30' },
      { partner: 'cleo', currency: 'USD', amount: '-1.00', days: 95, bucket: 'over-90' },
    ]);
  });

  it('when the report is read page by page then each balance is there once', async () => {
    const first = await report('?limit=2');
    const rest = await report(`?limit=2&cursor=${String(first['nextCursor'])}`);
    expect(rest).toMatchObject({ items: [{ partner: 'cleo', currency: 'USD' }], nextCursor: null });
  });

  it('when the debt is made up then the partner is no longer listed', async () => {
    await move('cleo', '1.00', 0);
    await move('cleo', '3.00', 0, 'EUR');
    expect((await report())['items']).toMatchObject([{ partner: 'ann' }]);
  });
});
