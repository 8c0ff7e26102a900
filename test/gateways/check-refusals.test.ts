import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import { parseDecimal } from '../../domain/money.ts';
import { createLobGateway } from '../../gateways/lob/gateway.ts';
import { createPrintedCheckGateway } from '../../gateways/printed-check/gateway.ts';
import { payerAccounts } from '../../scripts/gateway-check/accounts.ts';
import { createAttempt } from '../../scripts/gateway-check/attempt.ts';
import { ADDRESS, PAYEES } from '../../scripts/gateway-check/payees.ts';

type Answer = () => Response;
type Call = { method: string; url: URL };

const unreached: Answer = () => {
  throw Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
  });
};
const lost: Answer = () => new Response('', { status: 502 });
const tooBusy: Answer = () => new Response('', { status: 429 });
const filed: Answer = () => Response.json({ fileId: 'F1', alreadyOnFile: 0, rejected: [] });
const rejected: Answer = () =>
  Response.json({ fileId: 'F1', alreadyOnFile: 0, rejected: [{ line: 2, reason: 'too much' }] });
const unknown: Answer = () => Response.json({ error: 'no such check' }, { status: 404 });
const has =
  (status: string): Answer =>
  () =>
    Response.json({ status });

const NOT_PROCESSED = { code: expect.stringMatching(/^gateway_(not_sent|rate_limited)$/) };

let printDir = '';
beforeAll(async () => {
  printDir = await mkdtemp(join(tmpdir(), 'bursar-print-'));
});
afterAll(() => rm(printDir, { recursive: true }));

const accounts = payerAccounts('1001', 'bank_1');
const order = (name: 'lob' | 'printed-check') => ({
  key: '0198c0de-0000-7000-8000-000000000001',
  payoutId: '0198c0de-0000-7000-8000-000000000002',
  amount: parseDecimal('123.45', 'USD'),
  destination: PAYEES[name],
  account: accounts[name],
  reference: '20261101',
  checkNumber: 1001n,
  payerName: 'Acme Inc',
  payerAddress: ADDRESS,
  paidOn: '2026-11-23',
});

describe('given a check that we print', () => {
  /** The bank's answers to the files and to the inquiries, in turn, and the last one for ever. */
  function open({ files, inquiry }: { files: readonly Answer[]; inquiry: Answer }) {
    let count = 0;
    const settings = { bankBaseUrl: 'https://bank.example', bankKey: 'key', printDir };
    const gateway = createPrintedCheckGateway(settings, {
      now: () => new Date(),
      async fetch(url) {
        if (!new Request(url).url.includes('/positive-pay/')) return inquiry();
        count += 1;
        return files[Math.min(count, files.length) - 1]?.() ?? unknown();
      },
    });
    return createAttempt(gateway, order('printed-check'));
  }

  it.each([
    { what: 'was not reached', first: unreached },
    { what: 'was too busy', first: tooBusy },
  ])(
    'when the bank $what at first and then refuses its row then it has failed, because it was never made',
    async ({ first }) => {
      const attempt = open({ files: [first, first, rejected], inquiry: has('issued') });
      await expect(attempt.submit()).rejects.toMatchObject(NOT_PROCESSED);
      await expect(attempt.resolve()).rejects.toMatchObject(NOT_PROCESSED);
      expect(await attempt.resolve()).toMatchObject({
        state: 'failed',
        providerStatus: 'row refused',
        reason: 'too much',
      });
    },
  );

  it.each([
    { inquiry: unknown, what: 'knows no such check', state: 'failed' },
    { inquiry: has('void'), what: 'says that it is void', state: 'failed' },
    { inquiry: has('issued'), what: 'has it on file', state: 'needs_person' },
  ])('when the bank did not answer, then refused its row, and $what then it is $state', async ({ inquiry, state }) => {
    const attempt = open({ files: [lost, rejected], inquiry });
    expect((await attempt.submit()).state).toBe('unknown');
    expect((await attempt.resolve()).state).toBe(state);
  });

  it.each([
    { inquiry: unknown, what: 'knows no such check', state: 'failed', task: null },
    { inquiry: has('issued'), what: 'has it on file', state: 'unknown', task: { kind: 'outcome_unknown' } },
    { inquiry: lost, what: 'still does not answer', state: 'unknown', task: { kind: 'outcome_unknown' } },
  ])(
    'when the bank has not answered for a week and $what then it is filed no more, and it is $state',
    async ({ inquiry, state, task }) => {
      const attempt = open({ files: [lost, filed], inquiry });
      await attempt.submit();
      Object.assign(attempt.stored, { submittedAt: new Date(Date.now() - 8 * DAY_MS) });
      const told = await attempt.resolve();
      expect({ state: told.state, task: told.task && { kind: told.task.kind } }).toEqual({ state, task });
    },
  );

  it('when it was never printed then the bank’s register alone does not make it sent', async () => {
    const attempt = open({ files: [lost, rejected], inquiry: has('issued') });
    await attempt.submit();
    await attempt.resolve();
    expect((await attempt.read()).state).toBeNull();
  });
});

describe('given a check that Lob mails', () => {
  /** Lob's answers to the create calls in turn, and its answer to each look-up. The bank files and voids whatever it is told. */
  function open({
    creates,
    read = () => Response.json({ data: [] }),
  }: {
    creates: readonly Answer[];
    read?: (call: Call) => Response;
  }) {
    let count = 0;
    const settings = {
      baseUrl: 'https://lob.example',
      apiKey: 'key',
      webhookSecret: 's',
      bankBaseUrl: 'https://bank.example',
      bankKey: 'k',
    };
    const gateway = createLobGateway(settings, {
      now: () => new Date(),
      async fetch(input, init) {
        const call = { method: init?.method ?? 'GET', url: new URL(new Request(input).url) };
        if (call.url.host === 'bank.example') return call.method === 'POST' ? filed() : statement();
        if (call.method !== 'POST') return read(call);
        count += 1;
        return creates[Math.min(count, creates.length) - 1]?.() ?? lost();
      },
    });
    return { gateway, attempt: createAttempt(gateway, order('lob')) };
  }

  const statement = (entries = '') =>
    new Response(`<Document><BkToCstmrStmt><Stmt>${entries}</Stmt></BkToCstmrStmt></Document>`);
  const refused: Answer = () =>
    Response.json(
      { error: { code: 'failed_deliverability_strictness', message: 'x', status_code: 422 } },
      { status: 422 },
    );
  const check = (more: object = {}) => ({
    id: 'chk_1',
    amount: '123.45',
    check_number: 1001,
    metadata: { attempt: order('lob').key },
    ...more,
  });
  const FAILURE = { failure_reason: 'rendering', remediation: 'Re-submit the check.', errors: null };

  it('when Lob was not reached at first and then refuses it then it has failed, and its number is void', async () => {
    const { attempt } = open({ creates: [unreached, refused] });
    await expect(attempt.submit()).rejects.toMatchObject(NOT_PROCESSED);
    expect(await attempt.resolve()).toMatchObject({
      state: 'failed',
      reason: 'failed_deliverability_strictness',
      evidence: { bank: 'void' },
    });
  });

  it.each([
    { reason: FAILURE, code: 'rendering' },
    { reason: { code: 'old' }, code: 'old' },
    { reason: 'a sentence', code: null },
    { reason: null, code: null },
  ])('when Lob could not print it and gives the reason $reason then it has failed', async ({ reason, code }) => {
    const { attempt } = open({
      creates: [() => Response.json(check({ status: 'processed' }))],
      read: () => Response.json(check({ status: 'failed', failure_reason: reason })),
    });
    await attempt.submit();
    expect(await attempt.read()).toMatchObject({ state: 'failed', reason: code, evidence: { bank: 'void' } });
  });

  it('when one check of a list is not as documented then it is named, and the others are found', async () => {
    const line = `<Ntry><Amt Ccy="USD">123.45</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs><ChqNb>1001</ChqNb></Refs></TxDtls></NtryDtls></Ntry>`;
    const settings = {
      baseUrl: 'https://lob.example',
      apiKey: 'key',
      webhookSecret: 's',
      bankBaseUrl: 'https://bank.example',
      bankKey: 'k',
    };
    const gateway = createLobGateway(settings, {
      now: () => new Date(),
      fetch: async (input) =>
        new Request(input).url.startsWith('https://bank.example')
          ? statement(line)
          : Response.json({
              data: [{ id: 'chk_bad', amount: 'a lot' }, check({ status: 'failed', failure_reason: FAILURE })],
            }),
    });
    const unreadable: string[] = [];
    const [from, to] = [new Date('2026-11-23T00:00:00Z'), new Date('2026-11-24T00:00:00Z')];
    const signal = AbortSignal.timeout(10_000);
    const lines = await gateway.statement(accounts.lob, 'USD', from, to, signal, (row) => unreadable.push(row));
    expect(lines).toMatchObject([{ kind: 'payout', reference: 'chk_1', key: order('lob').key }]);
    expect(unreadable).toEqual(['chk_bad']);
  });
});
