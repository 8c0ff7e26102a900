import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  advance,
  asPaypal,
  asWise,
  at,
  batchOf,
  booksOf,
  client,
  fund,
  makeDir,
  makeTransfer,
  start,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let folder: Awaited<ReturnType<typeof makeDir>>;

beforeEach(async () => {
  folder = await makeDir();
});

afterEach(() => folder.remove());

/** Starts the sandbox in its own process, so that it can be killed. Returns Wise's address. */
async function spawnSandbox(dir: string) {
  const ports = ['wise', 'paypal', 'lob', 'bank', 'smtp', 'mail'].flatMap((name) => [`--${name}-port`, '0']);
  const child = spawn(process.execPath, ['sandbox/main.ts', '--dir', dir, '--step-ms', '3600000', ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const urls = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [name = '', url = ''] = line.split(' ');
    if (name === 'ready') break;
    urls.set(name, url);
  }
  return { child, wiseUrl: urls.get('wise') ?? '' };
}

describe('given a provider that goes down', () => {
  it('when it is killed right after its response then it remembers the payment and continues from there', async () => {
    const { child, wiseUrl } = await spawnSandbox(folder.dir);
    const wise = client(wiseUrl, 'Bearer sandbox-wise-token');
    const { transferId, id, body } = await makeTransfer(wise);
    expect((await fund(wise, transferId)).status).toBe(200);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const sandbox = await start(folder.dir);
    const again = await asWise(sandbox)('POST', '/v1/transfers', body);
    expect(text(again.body, 'id')).toBe(transferId);
    expect((await booksOf(sandbox.wise.url)).entries).toMatchObject([
      { key: id, kind: 'paid' },
      { key: id, kind: 'fee' },
    ]);
    await advance(sandbox.wise.url, DAY_MS);
    const transfer = await asWise(sandbox)('GET', `/v1/transfers/${transferId}`);
    expect(text(transfer.body, 'status')).toBe('outgoing_payment_sent');
    await sandbox.close();
  });

  it('when its last line is incomplete then everything before it is kept, and new lines are complete', async () => {
    const first = await start(folder.dir);
    const made = await makeTransfer(asWise(first));
    await first.close();
    await appendFile(join(folder.dir, 'wise.jsonl'), '[["transfer","50000001",{"sta');

    const second = await start(folder.dir);
    await fund(asWise(second), made.transferId);
    await second.close();
    const third = await start(folder.dir);
    expect((await booksOf(third.wise.url)).totals).toEqual({ EUR: { paid: '100.10', fee: '0.31', returned: '0.00' } });
    await third.close();
  });

  it('when it comes back then its clock, its balances and its pending changes are as before', async () => {
    const first = await start(folder.dir);
    const paypal = await asPaypal(first);
    await paypal('POST', '/v1/payments/payouts', batchOf('b', [['unclaimed@example.com', '8.00']]));
    await advance(first.paypal.url, DAY_MS);
    await client(first.paypal.url, '')('POST', '/sandbox/balance', { currency: 'USD', amount: '2.00' });
    await first.close();

    const second = await start(folder.dir);
    const again = await asPaypal(second);
    const poor = await again('POST', '/v1/payments/payouts', batchOf('c', [['a@example.com', '2.00']]));
    expect([poor.status, at(poor.body, 'name')]).toEqual([422, 'INSUFFICIENT_FUNDS']);
    const duplicate = await again('POST', '/v1/payments/payouts', batchOf('b', [['a@example.com', '0.10']]));
    expect(duplicate.status).toBe(400);
    await advance(second.paypal.url, 30 * DAY_MS);
    expect((await booksOf(second.paypal.url)).totals).toEqual({ USD: { paid: '8.00', fee: '0.16', returned: '8.00' } });
    await second.close();
  });
});
