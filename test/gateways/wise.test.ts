import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS, HOUR_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import type { Destination } from '../../gateways/gateway.ts';
import type { Attempt } from '../../scripts/gateway-check/attempt.ts';
import { PAYEES } from '../../scripts/gateway-check/payees.ts';
import { openFixture, type Fixture } from './fixture.ts';

describe('given a bank payment by Wise', () => {
  let fixture: Fixture;
  let aheadMs = 0;
  /** Rewrites what the sandbox answers to a call: the method and the end of the path, and the new text of the body. */
  let rewrites: Record<string, (text: string) => string> = {};
  /** The calls that were made, in order. */
  let calls: string[] = [];
  beforeAll(async () => {
    fixture = await openFixture({
      now: () => new Date(Date.now() + aheadMs),
      async fetch(url, init) {
        const call = `${init?.method} ${new URL(url instanceof Request ? url.url : url).pathname}`;
        calls.push(call);
        const response = await fetch(url, init);
        const [, rewrite] = Object.entries(rewrites).find(([end]) => new RegExp(`^${end}$`).test(call)) ?? [];
        return rewrite ? new Response(rewrite(await response.text()), response) : response;
      },
    });
  });
  afterEach(async () => {
    aheadMs = 0;
    rewrites = {};
    calls = [];
    await fixture.calm();
  });
  afterAll(() => fixture.close());

  const becomes = (attempt: Attempt, state: string) =>
    expect.poll(async () => (await attempt.read()).state).toBe(state);

  async function pay(outcome: string, amount: string) {
    await fixture.control('wise', 'outcomes', { match: amount, outcome });
    const attempt = fixture.attempt('wise', { amount });
    await attempt.submit();
    return attempt;
  }

  it('when it is funded then our balance paid the amount and, separately, the fee', async () => {
    const attempt = fixture.attempt('wise', { amount: '100.00' });
    const { debited } = await attempt.submit();
    expect(debited).toEqual({ amount: { minor: 10_000n, currency: 'USD' }, fee: { minor: 31n, currency: 'USD' } });
    expect(await fixture.movements('wise', attempt.stored.key)).toMatchObject([
      { kind: 'paid', amount: '100.00' },
      { kind: 'fee', amount: '0.31' },
    ]);
  });

  it('when it refuses fields of the recipient then nothing was sent, and each field has the words of Wise', async () => {
    const { method, holder, currency, country, details } = PAYEES.wise as Extract<Destination, { method: 'bank' }>;
    const { accountType: _, ...rest } = details;
    const destination = { method, holder, currency, country, details: { ...rest, accountNumber: '00000000' } };
    const attempt = fixture.attempt('wise', { destination });
    expect(await attempt.submit()).toMatchObject({
      state: 'failed',
      reason: 'recipient_rejected: details.accountType is refused by Wise (NOT_VALID)',
      objections: [
        { field: 'details.accountType', reason: 'is refused: “Please specify accountType”' },
        { field: 'details.accountNumber', reason: 'is refused: “Please enter a valid account number”' },
      ],
    });
    expect(await fixture.movements('wise', attempt.stored.key)).toEqual([]);
  });

  it('when the payee’s bank sends it back then it is returned with the amount on the statement', async () => {
    const attempt = await pay('bounce', '50.01');
    await becomes(attempt, 'returned');
    expect((await attempt.read()).returned).toEqual({
      amount: { minor: 5001n, currency: 'USD' },
      fee: { minor: 0n, currency: 'USD' },
    });
  });

  it('when less comes back than was sent then a person must look, and it does not count as returned', async () => {
    const attempt = await pay('bounce-short', '50.02');
    await expect.poll(async () => (await attempt.read()).returned).not.toBeNull();
    const reply = await attempt.read();
    expect(reply.state).toBe('on_hold');
    expect(reply.returned?.amount.minor).toBe(4752n); // Wise kept 5 %
    expect(reply.alarm).toContain('less');
  });

  it.each([
    { fate: 'bounce', amount: '50.04', state: 'returned', back: 5004n },
    { fate: 'bounce-short', amount: '50.05', state: 'on_hold', back: 4755n },
  ])(
    'when its funding was unclear and it comes back before it is resolved ($fate) then the returned amount is the one on the statement',
    async ({ fate, amount, state, back }) => {
      const funding = { method: 'POST', path: '/v3/profiles/1001/transfers/', fault: 'commit-then-drop' };
      await fixture.control('wise', 'faults', funding);
      const attempt = await pay(fate, amount);
      await expect
        .poll(() => fixture.movements('wise', attempt.stored.key))
        .toContainEqual(expect.objectContaining({ kind: 'returned' }));

      const reply = await attempt.resolve();

      expect([reply.state, reply.returned?.amount.minor]).toEqual([state, back]);
      expect(reply.debited?.amount.minor).toBe(attempt.stored.amount.minor);
      expect(reply).toEqual(await attempt.read());
    },
  );

  it('when it is charged back then a person must look', async () => {
    const attempt = await pay('charge-back', '50.03');
    await becomes(attempt, 'needs_person');
    expect((await attempt.read()).alarm).toContain('charged');
  });

  it('when Wise requires approval by a person then it waits, and continues when funded at Wise', async () => {
    await fixture.control('wise', 'faults', { method: 'POST', path: '/v3/profiles/1001/transfers/', fault: '403-sca' });
    const attempt = fixture.attempt('wise');
    const reply = await attempt.submit();
    expect(reply).toMatchObject({ state: 'needs_person', debited: null, task: { kind: 'provider_approval' } });
    expect(reply.reference).not.toBeNull();
    expect((await attempt.read()).state).toBeNull();
    await attempt.resolve();
    await becomes(attempt, 'sent');
  });

  it.each([
    { lists: [{ status: 'COMPLETED' }], state: 'accepted', isDebited: true, isAlarm: false },
    { lists: [{ status: 'REJECTED' }, { status: 'COMPLETED' }], state: 'accepted', isDebited: true, isAlarm: false },
    { lists: [{ status: 'REJECTED' }], state: null, isDebited: false, isAlarm: false },
    { lists: [{ status: 'REJECTED' }, { status: 'MOONSTRUCK' }], state: null, isDebited: false, isAlarm: true },
    { lists: [{ id: 1, method: 'BALANCE' }], state: 'accepted', isDebited: true, isAlarm: false },
  ])(
    'when the payments of a waiting transfer are $lists, where a row without a status is a completed payment, then money moved: $isDebited, alarm: $isAlarm',
    async (row) => {
      await fixture.control('wise', 'faults', {
        method: 'POST',
        path: '/v3/profiles/1001/transfers/',
        fault: '403-sca',
      });
      const attempt = fixture.attempt('wise');
      await attempt.submit();
      rewrites = { 'GET .*/payments': () => JSON.stringify(row.lists) };
      const { state, debited, alarm, evidence } = await attempt.read();
      expect([state, debited !== null, alarm !== null]).toEqual([row.state, row.isDebited, row.isAlarm]);
      expect('payment' in evidence).toBe(row.isAlarm);
    },
  );

  it('when a payment of a transfer has an unknown status then it is not funded again', async () => {
    await fixture.control('wise', 'faults', { method: 'POST', path: '/v3/profiles/1001/transfers/', fault: '403-sca' });
    const attempt = fixture.attempt('wise');
    await attempt.submit();
    rewrites = { 'GET .*/payments': () => '[{"status":"MOONSTRUCK"}]' };
    expect(await attempt.resolve()).toMatchObject({ state: null, debited: null });
    expect(await fixture.movements('wise', attempt.stored.key)).toEqual([]);
  });

  it('when nobody funded it before Wise cancelled it then it has failed, and no money moved', async () => {
    await fixture.control('wise', 'balance', { currency: 'CHF', amount: '0.00' });
    const destination = {
      ...PAYEES.wise,
      currency: 'CHF',
      details: { type: 'iban', IBAN: 'CH9300762011623852957' },
    } as typeof PAYEES.wise;
    const attempt = fixture.attempt('wise', { currency: 'CHF', destination });
    await attempt.submit().catch((failure: Failure) => expect(failure.code).toBe('gateway_refused'));
    await fixture.control('wise', 'clock', { advanceMs: 15 * DAY_MS });
    expect(await attempt.resolve()).toMatchObject({ state: 'failed', reason: 'cancelled', debited: null });
  });

  it.each([
    { fault: '500-before-commit', quotes: 2, because: 'Wise made no transfer' },
    { fault: 'commit-then-drop', quotes: 1, because: 'Wise made it, and repeats it' },
  ])(
    'when the request for its transfer was unclear and the quote has expired then it is paid once under the same key: $because',
    async ({ fault, quotes }) => {
      await fixture.control('wise', 'faults', { method: 'POST', path: '/v1/transfers', fault });
      const attempt = fixture.attempt('wise', { amount: '60.00' });
      expect((await attempt.submit()).state).toBe('unknown');
      await fixture.control('wise', 'clock', { advanceMs: HOUR_MS });
      expect(await attempt.resolve()).toMatchObject({ state: 'accepted', task: null });
      expect(calls.filter((call) => call.endsWith('/quotes'))).toHaveLength(quotes);
      const paid = (await fixture.movements('wise', attempt.stored.key)).filter(({ kind }) => kind === 'paid');
      expect(paid).toMatchObject([{ amount: '60.00' }]);
    },
  );

  it.each([
    { aheadDays: 0, task: null, because: 'the first try may still appear' },
    { aheadDays: 2, task: 'outcome_unknown', because: 'absence proves nothing, so a person decides' },
  ])(
    'when every repeat is refused and no transfer is found after $aheadDays days then it stays unknown: $because',
    async ({ aheadDays, task }) => {
      await fixture.control('wise', 'faults', { method: 'POST', path: '/v1/transfers', fault: '500-before-commit' });
      const attempt = fixture.attempt('wise');
      expect((await attempt.submit()).state).toBe('unknown');
      await fixture.control('wise', 'clock', { advanceMs: HOUR_MS }); // the quote expires
      rewrites = {
        'POST .*/quotes': (text) => text.replace(/"id":"[^"]*"/, '"id":"00000000-0000-4000-8000-000000000000"'),
      };
      aheadMs = aheadDays * DAY_MS;
      const told = await attempt.resolve();
      expect([told.state, told.task?.kind ?? null]).toEqual(['unknown', task]);
      expect(await fixture.movements('wise', attempt.stored.key)).toEqual([]);
    },
  );

  it.each([
    { quote: 'an option that has no fee', option: '{"payIn":"PISP","payOut":"BANK_TRANSFER","price":{}}' },
    { quote: 'an option whose fee is not a number', option: '{"payIn":"CARD","fee":{"total":"NaN"}}' },
  ])('when its quote has $quote then the options are read one by one, and it is paid', async ({ option }) => {
    rewrites = { 'POST .*/quotes': (text) => text.replace('"paymentOptions":[', `"paymentOptions":[${option},`) };
    expect(await fixture.attempt('wise').submit()).toMatchObject({
      state: 'accepted',
      debited: { fee: { minor: 31n } },
    });
  });

  it.each([{ fee: '0.305' }, { fee: '"free"' }])(
    'when the fee of its quote is $fee then the gateway stops before a transfer exists, and no money moves',
    async ({ fee }) => {
      rewrites = { 'POST .*/quotes': (text) => text.replaceAll('"total":0.31', `"total":${fee}`) };
      const attempt = fixture.attempt('wise');
      await expect(attempt.submit()).rejects.toMatchObject({ code: 'gateway_refused' });
      expect(calls.some((call) => call.endsWith('/transfers') || call.endsWith('/payments'))).toBe(false);
      rewrites = {};
      expect((await attempt.resolve()).state).toBe('accepted');
    },
  );

  it.each([{ form: '1.5E3' }, { form: '15e+2' }, { form: '1500.00' }])(
    'when Wise writes 1500 as $form then it is the same amount',
    async ({ form }) => {
      rewrites = { 'POST /v1/transfers': (text) => text.replace('"targetValue":1500.00', `"targetValue":${form}`) };
      expect((await fixture.attempt('wise', { amount: '1500.00' }).submit()).state).toBe('accepted');
    },
  );

  it('when our own money arrives at Wise with a reference like that of a transfer then it is funding and not a return, and a line that cannot be read is named', async () => {
    const topUp = {
      type: 'CREDIT',
      date: '2026-11-22T07:47:00.227Z',
      amount: { value: 50_000, currency: 'USD' },
      totalFees: { value: 0, currency: 'USD' },
      details: { type: 'DEPOSIT', description: 'Received money from ACME INC', paymentReference: 'topup' },
      referenceNumber: 'TRANSFER-34188888',
    };
    rewrites = { 'GET .*/statement.json': () => JSON.stringify({ transactions: [topUp] }) };
    const [from, to] = [new Date('2026-11-22'), new Date('2026-11-23')];
    const { wise } = fixture.payerAccounts;
    const lines = await fixture.gateways.wise.statement(wise, 'USD', from, to, AbortSignal.timeout(10_000));
    expect(lines).toMatchObject([{ kind: 'funding', reference: null, amount: { minor: 5_000_000n } }]);

    const strange = { ...topUp, referenceNumber: 'CARD-1', amount: { value: 1.005, currency: 'USD' } };
    rewrites = { 'GET .*/statement.json': () => JSON.stringify({ transactions: [strange, topUp] }) };
    const unread: string[] = [];
    const signal = AbortSignal.timeout(10_000);
    const readable = await fixture.gateways.wise.statement(wise, 'USD', from, to, signal, (row) => unread.push(row));
    expect([readable.length, unread]).toEqual([1, ['CARD-1']]);
  });

  describe.each([
    { fault: '429', code: 'gateway_rate_limited', because: 'Wise had no time for it' },
    { fault: '401', code: 'gateway_refused', because: 'Wise refused our token, which paused the gateway' },
    { fault: '403-sca', code: 'gateway_refused', because: 'our token may not do this, which paused the gateway' },
  ])('and the request for its transfer certainly changed nothing: $because', ({ fault, code }) => {
    async function askInVain(): Promise<Attempt> {
      await fixture.control('wise', 'faults', { method: 'POST', path: '/v1/transfers', fault });
      const attempt = fixture.attempt('wise');
      const thrown = await attempt.submit().catch((failure: Failure) => failure.code);
      if (thrown !== code) throw new Error(`The first try did not end as ${code}.`);
      await fixture.control('wise', 'clock', { advanceMs: HOUR_MS }); // the quote expires
      return attempt;
    }

    it('then a later try takes a new quote', async () => {
      const attempt = await askInVain();
      expect((await attempt.resolve()).state).toBe('accepted');
    });

    it('when Wise refuses the later try then the payment has failed: that is its first reply', async () => {
      const attempt = await askInVain();
      const unknown = '"id":"00000000-0000-4000-8000-000000000000"';
      rewrites = { 'POST .*/quotes': (text) => text.replace(/"id":"[^"]*"/, unknown) };
      expect(await attempt.resolve()).toMatchObject({ state: 'failed', task: null, debited: null });
      expect(await fixture.movements('wise', attempt.stored.key)).toEqual([]);
    });
  });

  it.each([
    { wrong: 'an IBAN with a typing error', details: { type: 'iban', IBAN: 'CH9300762011623852958' } },
    { wrong: 'a routing number with a typing error', details: { type: 'aba', abartn: '021000022' } },
    { wrong: 'no kind of account', details: { accountNumber: '1' } },
  ])('when it has $wrong then it is refused before anything is sent', ({ details }) => {
    const destination = { ...PAYEES.wise, details } as typeof PAYEES.wise;
    expect(() => fixture.gateways.wise.freeze(fixture.order('wise', { destination }))).toThrow(
      expect.objectContaining({ code: 'recipient_rejected' }),
    );
  });

  it('when a reference is longer than the route allows then it is refused, not cut', () => {
    expect(() => fixture.gateways.wise.freeze(fixture.order('wise', { reference: 'NOVEMBER 26' }))).toThrow(
      /more than 10/,
    );
  });
});
