import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { AttemptState } from '../../domain/attempt.ts';
import type { Failure, FailureCode } from '../../domain/errors.ts';
import type { GatewayName } from '../../domain/payout.ts';
import { retryAfterMs } from '../../gateways/http.ts';
import { type Attempt, CHECK_ACCOUNT, openStage, type SiteName, type Stage } from './stage.ts';
import { UNCLEAR } from './unclear.ts';

/** What differs between gateways in the contract that all of them keep. */
export type Party = {
  name: GatewayName;
  site: SiteName;
  /** Every call of a payment that may go wrong, the one that moves the money last. */
  calls: readonly string[];
  /** Where a payment that goes well ends as far as the provider tells. */
  arrives: AttemptState;
  /** Whether a token that is refused can be exchanged for a new one. */
  renewsToken: boolean;
  /** Whether the provider keeps our money, so that it can run out. */
  holdsFunds: boolean;
  /** Whether a repeat is answered with what was made first under our key. */
  findsFirst: boolean;
  /** The stand-in's outcome for a word that nobody knows, where it has one. */
  unknownWord: boolean;
  /** Makes a payment that the provider will refuse. */
  refuse: (stage: Stage) => Promise<Attempt>;
};

/** A hanging call is given up after this long; the others end by themselves. */
const PATIENCE_MS = 250;

const impatient = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS);
const AMOUNT = '123.45';

const codeOf = (call: Promise<unknown>): Promise<FailureCode | 'no failure'> =>
  call.then(
    () => 'no failure' as const,
    (failure: Failure) => failure.code,
  );

/** The contract of every gateway, kept over real HTTP against the provider's stand-in. */
export function describeGateway(party: Party): void {
  const { name, site, calls, arrives } = party;
  const moneyCall = calls.at(-1) ?? '';

  describe(`given a payment by ${name}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage();
    });
    afterEach(() => stage.calm());
    afterAll(() => stage.close());

    /** The key under which the stand-in books what it paid. */
    const bookKey = ({ stored }: Attempt, number: bigint | null) =>
      name === 'printed-check' ? `${CHECK_ACCOUNT}/${number}` : stored.key;

    const paid = async (attempt: ReturnType<Stage['attempt']>) =>
      (await stage.movements(site, bookKey(attempt, attempt.order.checkNumber))).filter(({ kind }) => kind === 'paid');

    const arrive = (attempt: Attempt) =>
      expect.poll(async () => (await attempt.read()).state, { timeout: 5_000, interval: 10 }).toBe(arrives);

    async function expectPaidOnce(attempt: ReturnType<Stage['attempt']>) {
      await arrive(attempt);
      expect(await paid(attempt)).toMatchObject([{ amount: AMOUNT, currency: 'USD' }]);
    }

    it('when all goes well then it arrives, and the provider has booked exactly that amount once', async () => {
      const attempt = stage.attempt(name, { amount: AMOUNT });
      expect(['accepted', 'sent']).toContain((await attempt.submit()).state);
      await expectPaidOnce(attempt);
      const last = await attempt.read();
      expect(last.reference).toBe(attempt.stored.reference);
      expect(last.alarm).toBeNull();
    });

    it('when it is frozen twice then the bytes are the same, so that a repeat is the same request', () => {
      const order = stage.order(name);
      expect(stage.gateways[name].freeze(order)).toEqual(stage.gateways[name].freeze(order));
    });

    it.each(calls.flatMap((path) => UNCLEAR.map((fault) => ({ path, fault }))))(
      'when $path ends in $fault then the outcome is unknown, and resolving pays once',
      async ({ path, fault }) => {
        await stage.control(site, 'faults', { method: 'POST', path, fault });
        const attempt = stage.attempt(name, { amount: AMOUNT });
        expect((await attempt.submit(impatient())).state).toBe('unknown');
        expect((await attempt.resolve()).state).not.toBe('unknown');
        await expectPaidOnce(attempt);
      },
    );

    it('when the worker dies before it can write the answer down then resolving pays no second time', async () => {
      const attempt = stage.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      attempt.stored.reference = attempt.stored.step === null ? null : attempt.stored.reference;
      await attempt.resolve();
      expect((await attempt.resolve()).reference).not.toBeNull();
      await expectPaidOnce(attempt);
    });

    it.each(calls)(
      'when %s asks us to slow down then nothing was paid, and it goes on as late as it asked',
      async (path) => {
        await stage.control(site, 'faults', { method: 'POST', path, fault: '429' });
        const attempt = stage.attempt(name, { amount: AMOUNT });
        const failure = await attempt.submit().catch((thrown: Failure) => thrown);
        expect(failure).toMatchObject({ code: 'gateway_rate_limited' });
        expect(retryAfterMs(failure as Failure)).toBe(1000);
        expect(await paid(attempt)).toEqual([]);
        await attempt.resolve();
        await expectPaidOnce(attempt);
      },
    );

    it('when our key is refused then nothing was paid, and a good key pays once', async () => {
      await stage.control(site, 'faults', { method: 'POST', path: moneyCall, fault: '401' });
      const attempt = stage.attempt(name, { amount: AMOUNT });
      if (party.renewsToken) expect((await attempt.submit()).state).toBe('accepted');
      else {
        expect(await codeOf(attempt.submit())).toBe('gateway_refused');
        expect(await paid(attempt)).toEqual([]);
        await attempt.resolve();
      }
      await expectPaidOnce(attempt);
    });

    it('when the payee is refused then it failed, with a reason, and nothing moved', async () => {
      const attempt = (await party.refuse(stage)) as ReturnType<Stage['attempt']>;
      const first = await attempt.submit();
      const last = first.state === 'failed' ? first : await failedRead(attempt);
      expect(last.reason).not.toBeNull();
      expect(last.debited).toBeNull();
      expect((await stage.movements(site, attempt.stored.key)).length).toBe(0);
    });

    async function failedRead(attempt: Attempt) {
      await expect.poll(async () => (await attempt.read()).state, { timeout: 5_000, interval: 10 }).toBe('failed');
      return attempt.read();
    }

    it.runIf(party.holdsFunds)(
      'when our balance is too low then the gateway stops, and a filled one pays once',
      async () => {
        await stage.control(site, 'balance', { currency: 'USD', amount: '1.00' });
        const attempt = stage.attempt(name, { amount: AMOUNT });
        expect(await codeOf(attempt.submit())).toBe('gateway_refused');
        expect(await codeOf(attempt.resolve())).toBe('gateway_refused');
        expect(await paid(attempt)).toEqual([]);
        await stage.control(site, 'balance', { currency: 'USD', amount: '1000000.00' });
        await attempt.resolve();
        await expectPaidOnce(attempt);
      },
    );

    it.runIf(party.unknownWord)(
      'when the provider says a word nobody knows then it moves nothing and alarms',
      async () => {
        await stage.control(site, 'outcomes', { match: '77.77', outcome: 'unknown-word' });
        const attempt = stage.attempt(name, { amount: '77.77' });
        await attempt.submit();
        await expect
          .poll(async () => (await attempt.read()).alarm, { timeout: 5_000, interval: 10 })
          .toContain('does not know');
        expect((await attempt.read()).state).toBeNull();
      },
    );

    it.runIf(party.findsFirst)(
      'when the provider has another payment under our key then a person must look',
      async () => {
        const first = stage.attempt(name, { amount: AMOUNT });
        await first.submit();
        const amount = { ...first.order.amount, minor: first.order.amount.minor + 1n };
        const request = stage.gateways[name].freeze({ ...first.order, amount });
        const other = { ...first.stored, amount, request, reference: null, step: null };
        const gateway = stage.gateways[name];
        const patience = () => AbortSignal.timeout(10_000);
        const told = await gateway.submit(other, async () => undefined, patience());
        const known = { ...other, reference: told.reference };
        const state = async () => (told.state === 'needs_person' ? told : await gateway.read(known, patience())).state;
        await expect.poll(state, { timeout: 5_000, interval: 10 }).toBe('needs_person');
        await expectPaidOnce(first);
      },
    );

    it('when the provider is down then a look-up says so and changes nothing', async () => {
      const attempt = stage.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      await stage.control(site, 'faults', { method: 'GET', fault: '500-before-commit', times: 5 });
      expect(await codeOf(attempt.read())).toBe('gateway_unavailable');
      await stage.calm();
      await expectPaidOnce(attempt);
    });

    it('when the day is reconciled then the statement names the payment and its exact amount', async () => {
      const from = new Date(new Date().toISOString().slice(0, 10));
      const attempt = stage.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      await arrive(attempt);
      const to = new Date(from.getTime() + 2 * 24 * 60 * 60_000); // midnight may pass while this runs
      const signal = AbortSignal.timeout(10_000);
      const lines = await stage.gateways[name].statement(stage.payerAccounts[name], 'USD', from, to, signal);
      const ours = lines.filter(
        ({ reference, key }) => key === attempt.stored.key || reference === attempt.stored.reference,
      );
      expect(ours.filter(({ kind }) => kind === 'payout')).toMatchObject([
        { amount: { minor: -12_345n, currency: 'USD' } },
      ]);
      expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
    });
  });
}
