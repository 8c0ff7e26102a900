import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import type { AttemptState } from '../../domain/payouts/attempt.ts';
import type { Failure, FailureCode } from '../../domain/errors.ts';
import { parseDecimal } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { retryAfterMs } from '../../gateways/http.ts';
import { CHECK_ACCOUNT } from '../../scripts/gateway-check/accounts.ts';
import type { Attempt } from '../../scripts/gateway-check/attempt.ts';
import type { Bench } from '../../scripts/gateway-check/bench.ts';
import { CHECKS } from '../../scripts/gateway-check/checks.ts';
import { PAYEES } from '../../scripts/gateway-check/payees.ts';
import { openReceiver } from '../../scripts/gateway-check/sandbox.ts';
import { faultsOf } from './faults.ts';
import { openFixture, type SiteName, type Fixture } from './fixture.ts';

/** The differences between gateways in the contract that all of them keep. */
export type Party = {
  name: GatewayName;
  site: SiteName;
  /** Every call of a payment that may go wrong. The last one moves the money. */
  calls: readonly string[];
  /** The calls that go to another stand-in. */
  sites?: Readonly<Record<string, SiteName>>;
  /** The final state of a successful payment, as far as the provider reports it. */
  arrives: AttemptState;
  /** The stand-in's outcome for a payment that stays open long enough to be read more than once. */
  staysOpen: string;
  /** Whether a refused token can be exchanged for a new one. */
  renewsToken: boolean;
  /** The calls that list what we look for, in which an empty page may occur. */
  lists: string;
  /** Creates a payment that the provider will refuse. */
  refuse: (fixture: Fixture) => Promise<Attempt>;
};

const AMOUNT = '123.45';
const LATE_MS = 30;

const codeOf = (call: Promise<unknown>): Promise<FailureCode | 'no failure'> =>
  call.then(
    () => 'no failure' as const,
    (failure: Failure) => failure.code,
  );

/** The contract that every gateway keeps, tested over real HTTP against the provider's stand-in. */
export function describeGateway(party: Party): void {
  const { name, site, calls, arrives } = party;
  const moneyCall = calls.at(-1) ?? '';
  const canRunOut = faultsOf(name, 'refusal').includes('no-funds');
  const siteOf = (path: string): SiteName => party.sites?.[path] ?? site;

  describe(`given a payment by ${name}`, () => {
    let fixture: Fixture;
    let receiver: Awaited<ReturnType<typeof openReceiver>>;
    beforeAll(async () => {
      receiver = await openReceiver();
      fixture = await openFixture({ webhooks: receiver.url });
    });
    afterEach(() => fixture.calm());
    afterAll(async () => {
      await fixture.close();
      receiver.close();
    });

    const strike = ({ path, ...rule }: { path?: string; [option: string]: unknown }) =>
      fixture.control(path ? siteOf(path) : site, 'faults', { ...rule, ...(path && { path }) });

    /** The key under which the stand-in books the payment. */
    const bookKey = ({ stored, order }: Attempt) =>
      name === 'printed-check' ? `${CHECK_ACCOUNT}/${order.checkNumber}` : stored.key;

    const paid = async (attempt: Attempt) =>
      (await fixture.movements(site, bookKey(attempt))).filter(({ kind }) => kind === 'paid');

    const arrive = (attempt: Attempt) => expect.poll(async () => (await attempt.read()).state).toBe(arrives);

    async function expectPaidOnce(attempt: Attempt) {
      await arrive(attempt);
      expect(await paid(attempt)).toMatchObject([{ amount: AMOUNT, currency: 'USD' }]);
    }

    /** Ends a call when its fault has struck, because a hanging call would only wait for its time limit. */
    function whenStruck(at: SiteName): AbortSignal {
      const given = new AbortController();
      void (async () => {
        while ((await fixture.faults(at)).length > 0) await new Promise((done) => setTimeout(done, 5));
        setTimeout(() => given.abort(), LATE_MS);
      })();
      return given.signal;
    }

    it('when all goes well then it arrives, and the provider has booked exactly that amount once', async () => {
      const attempt = fixture.attempt(name, { amount: AMOUNT });
      expect(['accepted', 'sent']).toContain((await attempt.submit()).state);
      await expectPaidOnce(attempt);
      const last = await attempt.read();
      expect(last.reference).toBe(attempt.stored.reference);
      expect(last.alarm).toBeNull();
    });

    it.each(CHECKS)('$name', async ({ run }) => {
      const bench: Bench = {
        name,
        settings: fixture.settings,
        account: fixture.payerAccounts[name],
        payee: PAYEES[name],
        amount: parseDecimal(AMOUNT, 'USD'),
        reportsAtOnce: true,
        delivery: receiver.kept.find(({ sender }) => sender === name) ?? null,
      };
      const { verdict } = await run(bench);
      expect(verdict === 'passed' || name === 'printed-check').toBe(true);
    });

    it.each(calls.flatMap((path) => faultsOf(name, 'unclear').map((fault) => ({ path, fault }))))(
      'when $path ends in $fault then the outcome is unknown, and resolving pays once',
      async ({ path, fault }) => {
        await strike({ method: 'POST', path, fault });
        const attempt = fixture.attempt(name, { amount: AMOUNT });
        const first = await attempt.submit(fault === 'commit-then-hang' ? whenStruck(siteOf(path)) : undefined);
        expect(first.state).toBe('unknown');
        expect((await attempt.resolve()).state).not.toBe('unknown');
        await expectPaidOnce(attempt);
      },
    );

    it.each(calls.flatMap((path) => faultsOf(name, 'late').map((fault) => ({ path, fault }))))(
      'when the response of $path is late ($fault) then it is paid once',
      async ({ path, fault }) => {
        await strike({ method: 'POST', path, fault, ms: LATE_MS });
        const attempt = fixture.attempt(name, { amount: AMOUNT });
        expect((await attempt.submit()).state).not.toBe('unknown');
        await expectPaidOnce(attempt);
      },
    );

    it('when the worker dies before it can store the reply then resolving does not pay again', async () => {
      const attempt = fixture.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      attempt.forgetAnswers();
      await attempt.resolve();
      expect((await attempt.resolve()).reference).not.toBeNull();
      await expectPaidOnce(attempt);
    });

    it.each(calls)(
      'when %s asks us to slow down then nothing is paid, and the next try waits as long as requested',
      async (path) => {
        await strike({ method: 'POST', path, fault: '429' });
        const attempt = fixture.attempt(name, { amount: AMOUNT });
        const failure = await attempt.submit().catch((thrown: Failure) => thrown);
        expect(failure).toMatchObject({ code: 'gateway_rate_limited' });
        expect(retryAfterMs(failure as Failure)).toBe(1000);
        expect(await paid(attempt)).toEqual([]);
        await attempt.resolve();
        await expectPaidOnce(attempt);
      },
    );

    it.each(['401', 'token-expired'])(
      'when our key or token is refused (%s) then nothing is paid, and a valid one pays once',
      async (fault) => {
        await strike({ method: 'POST', path: moneyCall, fault });
        const attempt = fixture.attempt(name, { amount: AMOUNT });
        if (party.renewsToken) expect((await attempt.submit()).state).toBe('accepted');
        else {
          expect(await codeOf(attempt.submit())).toBe('gateway_refused');
          expect(await paid(attempt)).toEqual([]);
          await attempt.resolve();
        }
        await expectPaidOnce(attempt);
      },
    );

    it('when the payee is refused then it fails with a reason, and no money moves', async () => {
      const attempt = await party.refuse(fixture);
      const first = await attempt.submit();
      const last = first.state === 'failed' ? first : await failedRead(attempt);
      expect(last.reason).not.toBeNull();
      expect(last.debited).toBeNull();
      expect((await fixture.movements(site, attempt.stored.key)).length).toBe(0);
    });

    async function failedRead(attempt: Attempt) {
      await expect.poll(async () => (await attempt.read()).state).toBe('failed');
      return attempt.read();
    }

    it.runIf(canRunOut)(
      'when our balance is too low then the gateway stops, and after a top-up it pays once',
      async () => {
        await fixture.control(site, 'balance', { currency: 'USD', amount: '1.00' });
        const attempt = fixture.attempt(name, { amount: AMOUNT });
        expect(await codeOf(attempt.submit())).toBe('gateway_refused');
        expect(await codeOf(attempt.resolve())).toBe('gateway_refused');
        expect(await paid(attempt)).toEqual([]);
        await fixture.control(site, 'balance', { currency: 'USD', amount: '1000000.00' });
        await attempt.resolve();
        await expectPaidOnce(attempt);
      },
    );

    it('when the provider reports an unknown status then nothing changes, and an alarm is raised', async () => {
      await fixture.control(site, 'outcomes', { match: '77.77', outcome: party.staysOpen });
      const attempt = fixture.attempt(name, { amount: '77.77' });
      await attempt.submit();
      await strike({ method: 'GET', fault: 'unknown-word', times: 100 });
      const reply = await attempt.read();
      expect(reply.state).toBeNull();
      expect(reply.alarm).toContain('does not know');
    });

    it('when the provider shows an empty page then nothing is concluded, and the next poll finds the payment', async () => {
      const attempt = fixture.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      await arrive(attempt);
      await strike({ method: 'GET', path: party.lists, fault: 'empty-page', times: 100 });
      expect(['failed', 'returned']).not.toContain((await attempt.read()).state);
      await fixture.calm();
      await expectPaidOnce(attempt);
    });

    it('when the provider is down then a look-up reports it and changes nothing', async () => {
      const attempt = fixture.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      await strike({ method: 'GET', fault: '500-before-commit', times: 5 });
      expect(await codeOf(attempt.read())).toBe('gateway_unavailable');
      await fixture.calm();
      await expectPaidOnce(attempt);
    });

    it('when the statement shows one cent too much then the line keeps it, because lines are compared and never corrected', async () => {
      const from = new Date(new Date().toISOString().slice(0, 10));
      const to = new Date(from.getTime() + 2 * DAY_MS);
      const lines = (signal = AbortSignal.timeout(10_000)) =>
        fixture.gateways[name].statement(fixture.payerAccounts[name], 'USD', from, to, signal);
      const attempt = fixture.attempt(name, { amount: AMOUNT });
      await attempt.submit();
      await arrive(attempt);
      const right = (await lines()).map(({ amount }) => amount.minor);
      const reporter = name === 'lob' ? 'bank' : site; // Lob never knows whether a check was cashed
      await fixture.control(reporter, 'faults', { method: 'GET', path: 'statement|reporting', fault: 'wrong-amount' });
      const wrong = (await lines()).map(({ amount }) => amount.minor);
      expect(wrong.length).toBe(right.length);
      const differences = wrong.map((minor, index) => minor - (right[index] ?? 0n)).filter((minor) => minor !== 0n);
      expect(differences).toEqual([-1n]);
    });
  });
}
