import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS, HOUR_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import type { Attempt } from '../../scripts/gateway-check/attempt.ts';
import { PAYEES } from '../../scripts/gateway-check/payees.ts';
import { openFixture, type Fixture } from './fixture.ts';

describe('given a bank payment by Wise', () => {
  let fixture: Fixture;
  let aheadMs = 0;
  /** The payments that Wise lists for a transfer. Null means those in the sandbox. */
  let payments: readonly object[] | null = null;
  beforeAll(async () => {
    fixture = await openFixture({
      now: () => new Date(Date.now() + aheadMs),
      fetch: async (url, init) =>
        payments && init?.method === 'GET' && typeof url === 'string' && url.endsWith('/payments')
          ? Response.json(payments)
          : fetch(url, init),
    });
  });
  afterEach(async () => {
    aheadMs = 0;
    payments = null;
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
    { lists: [{}], state: null, isDebited: false, isAlarm: true },
  ])(
    'when the payments of a waiting transfer are $lists then money moved: $isDebited, alarm: $isAlarm',
    async (row) => {
      await fixture.control('wise', 'faults', {
        method: 'POST',
        path: '/v3/profiles/1001/transfers/',
        fault: '403-sca',
      });
      const attempt = fixture.attempt('wise');
      await attempt.submit();
      payments = row.lists;
      const { state, debited, alarm, evidence } = await attempt.read();
      expect([state, debited !== null, alarm !== null]).toEqual([row.state, row.isDebited, row.isAlarm]);
      expect('payment' in evidence).toBe(row.isAlarm);
    },
  );

  it('when a payment of a transfer has an unknown status then it is not funded again', async () => {
    await fixture.control('wise', 'faults', { method: 'POST', path: '/v3/profiles/1001/transfers/', fault: '403-sca' });
    const attempt = fixture.attempt('wise');
    await attempt.submit();
    payments = [{ status: 'MOONSTRUCK' }];
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
    { aheadDays: 0, task: null, because: 'the first try may still appear' },
    { aheadDays: 2, task: 'outcome_unknown', because: 'absence proves nothing, so a person decides' },
  ])(
    'when the repeat is refused and no transfer is found after $aheadDays days then it stays unknown: $because',
    async ({ aheadDays, task }) => {
      await fixture.control('wise', 'faults', { method: 'POST', path: '/v1/transfers', fault: '500-before-commit' });
      const attempt = fixture.attempt('wise');
      expect((await attempt.submit()).state).toBe('unknown');
      await fixture.control('wise', 'clock', { advanceMs: HOUR_MS }); // the quote expires
      aheadMs = aheadDays * DAY_MS;
      const told = await attempt.resolve();
      expect([told.state, told.task?.kind ?? null]).toEqual(['unknown', task]);
      expect(await fixture.movements('wise', attempt.stored.key)).toEqual([]);
    },
  );

  it('when Wise could not be reached for the transfer then a later try takes a new quote', async () => {
    await fixture.control('wise', 'faults', { method: 'POST', path: '/v1/transfers', fault: '429' });
    const attempt = fixture.attempt('wise');
    await attempt.submit().catch((failure: Failure) => expect(failure.code).toBe('gateway_rate_limited'));
    await fixture.control('wise', 'clock', { advanceMs: HOUR_MS });
    expect((await attempt.resolve()).state).toBe('accepted');
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
