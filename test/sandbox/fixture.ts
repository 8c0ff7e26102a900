import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, beforeEach } from 'vitest';

import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/index.ts';
import { giveKeys } from '../fixtures/sandbox-keys.ts';

/** Reads providers' responses by path, as an independent client would. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

export const text = (value: unknown, ...path: (string | number)[]) => String(at(value, ...path));

export const list = (value: unknown, ...path: (string | number)[]): unknown[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};

/** A folder that is removed after the test. */
export async function makeDir() {
  const dir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export const start = (dir: string, options: Partial<SandboxOptions> = {}) =>
  startSandbox({ dir, stepMs: 1, clearMs: 1, ...options });

export type Opened = { sandbox: Sandbox; dir: string; receiver: Awaited<ReturnType<typeof openReceiver>> };

/** A sandbox in a folder of its own, with a receiver of its webhooks where they are wanted. */
async function open(hasWebhooks: boolean): Promise<Opened & { close: () => Promise<void> }> {
  const folder = await makeDir();
  await giveKeys(folder.dir);
  const receiver = await openReceiver();
  const sandbox = await start(folder.dir, hasWebhooks ? { webhooks: receiver.url } : {});
  const close = async () => {
    await sandbox.close();
    receiver.close();
    await folder.remove();
  };
  return { sandbox, dir: folder.dir, receiver, close };
}

/** Gives every test of a file a sandbox of its own. */
export function sandboxForEach(use: (opened: Opened) => void, { webhooks = false } = {}): void {
  beforeEach(async () => {
    const { close, ...opened } = await open(webhooks);
    use(opened);
    return close;
  });
}

/** Gives the tests of a file one sandbox together. */
export function sandboxForAll(use: (opened: Opened) => void): void {
  beforeAll(async () => {
    const { close, ...opened } = await open(false);
    use(opened);
    return close;
  });
}

export type Answer = { status: number; body: unknown };
export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** A client of one stand-in. It sends and reads JSON, and sends a text body unchanged. */
export const client =
  (url: string, authorization: string): Call =>
  async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const raw = await answer.text();
    return { status: answer.status, body: raw.startsWith('{') || raw.startsWith('[') ? JSON.parse(raw) : raw };
  };

export const asWise = ({ wise, secrets }: Sandbox) => client(wise.url, `Bearer ${secrets.wise.token}`);
export const asBank = ({ bank, secrets }: Sandbox) => client(bank.url, `Bearer ${secrets.bank.key}`);
export const asLob = ({ lob, secrets }: Sandbox) =>
  client(lob.url, `Basic ${Buffer.from(`${secrets.lob.key}:`).toString('base64')}`);

export async function asPaypal({ paypal, secrets }: Sandbox): Promise<Call> {
  const basic = Buffer.from(`${secrets.paypal.clientId}:${secrets.paypal.clientSecret}`).toString('base64');
  const token = await client(paypal.url, `Basic ${basic}`)('POST', '/v1/oauth2/token', 'grant_type=client_credentials');
  return client(paypal.url, `Bearer ${text(token.body, 'access_token')}`);
}

/** Moves a stand-in's clock forward, so that everything it had planned until then has happened. */
export const advance = (url: string, ms: number) => client(url, '')('POST', '/sandbox/clock', { advanceMs: ms });

export async function booksOf(url: string) {
  const { body } = await client(url, '')('GET', '/sandbox/books');
  return { entries: list(body, 'entries'), totals: at(body, 'totals') };
}

/** Creates quote, recipient and transfer, ready to be funded. */
export async function makeTransfer(call: Call, options: { name?: string; amount?: string; id?: string } = {}) {
  const { name = 'Ada Partner', amount = '100.10', id = randomUUID() } = options;
  const recipient = await call('POST', '/v1/accounts', {
    profile: 1001,
    currency: 'EUR',
    type: 'iban',
    accountHolderName: name,
    details: { IBAN: 'DE89370400440532013000' },
  });
  const quote = await call(
    'POST',
    '/v3/profiles/1001/quotes',
    `{"sourceCurrency":"EUR","targetCurrency":"EUR","targetAmount":${amount}}`,
  );
  const body = {
    targetAccount: at(recipient.body, 'id'),
    quoteUuid: at(quote.body, 'id'),
    customerTransactionId: id,
    details: { reference: 'PO-1' },
  };
  const made = await call('POST', '/v1/transfers', body);
  return { id, body, made, transferId: text(made.body, 'id') };
}

export const fund = (call: Call, transferId: string) =>
  call('POST', `/v3/profiles/1001/transfers/${transferId}/payments`, { type: 'BALANCE' });

export const batchOf = (senderBatchId: string, items: [receiver: string, value: string][], currency = 'USD') => ({
  sender_batch_header: { sender_batch_id: senderBatchId, recipient_type: 'EMAIL' },
  items: items.map(([receiver, value], index) => ({
    amount: { currency, value },
    receiver,
    sender_item_id: `${senderBatchId}-${index}`,
  })),
});

const ADDRESS = {
  name: 'Ada Partner',
  address_line1: '1 Main St',
  address_city: 'Reno',
  address_state: 'NV',
  address_zip: '89501',
};

/** A verified bank account that Lob knows. */
export async function makeLobAccount(call: Call, accountNumber = '123456789'): Promise<string> {
  const made = await call('POST', '/v1/bank_accounts', {
    routing_number: '322271627',
    account_number: accountNumber,
    account_type: 'company',
    signatory: 'A Signer',
  });
  const id = text(made.body, 'id');
  await call('POST', `/v1/bank_accounts/${id}/verify`, { amounts: [11, 35] });
  return id;
}

/** Files a check with the bank as issued, as its customer must before the check is mailed. */
export const fileCheck = (bank: Call, account: string, number: string, amount: string) =>
  bank(
    'POST',
    '/positive-pay/files',
    `type,account,number,amount,currency,date,payee\nI,${account},${number},${amount},USD,2026-11-23,Ada\n`,
    { 'content-type': 'text/csv' },
  );

export const checkOf = (bankAccount: string, amount: string, payoutId = 'po-1') =>
  JSON.stringify({
    to: ADDRESS,
    from: { ...ADDRESS, name: 'We Pay' },
    bank_account: bankAccount,
    use_type: 'operational',
    message: 'Thank you',
    metadata: { payout_id: payoutId },
  }).replace(/}$/, `,"amount":${amount}}`);

export type Hook = { path: string; headers: IncomingHttpHeaders; body: string };

/** A webhook receiver that refuses the first few webhooks and keeps the others. `take` waits for a number of them. */
export async function openReceiver({ refuseFirst = 0 } = {}) {
  let toRefuse = refuseFirst;
  const hooks: Hook[] = [];
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (toRefuse-- > 0) return answer.writeHead(503).end();
    hooks.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
    server.emit('hook');
    return answer.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    async take(count: number): Promise<Hook[]> {
      while (hooks.length < count) await once(server, 'hook');
      return hooks;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
