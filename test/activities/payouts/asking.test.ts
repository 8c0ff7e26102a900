import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

import type { DatabasePool } from 'slonik';
import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createPayoutActivities } from '../../../activities/payouts/advance.ts';
import { resumeGateway } from '../../../commands/payers/gateway-pauses.ts';
import { insertAttempts } from '../../../db/payouts/attempts.ts';
import { attemptRecord, seal, type VaultKeys } from '../../../db/vault.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { Failure } from '../../../domain/errors.ts';
import { sha256 } from '../../../domain/canonical.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { reply } from '../../../gateways/replies.ts';
import type { Gateway, Gateways } from '../../../gateways/gateway.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { recordingLate } from './frozen.ts';
import { addActor, addCompany, addLine, addPartner, addPayout, addRun, disburse } from '../../fixtures/rows.ts';

/** Long enough that a busy machine does not use it up by itself. */
const ASK_TIMEOUT_MS = 2500;
const VAULT: VaultKeys = { keyId: 'test', kek: Buffer.alloc(32, 1), fingerprintKey: Buffer.alloc(32, 2) };

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** A payout whose request is frozen and whose provider was not asked yet. */
async function frozen(): Promise<string> {
  const { app } = fixture;
  const company = await addCompany(app);
  const partner = await addPartner(app, company, 'bank');
  const runId = await addRun(app, company);
  const payoutId = await addPayout(app, runId, partner, [await addLine(app, company, partner)]);
  await disburse(app, runId, company.approver);
  const { gateway, currency, net } = await getPayout(app, payoutId);
  const [id, request] = [randomUUID(), Buffer.from('{}')];
  const sealed = seal(VAULT, attemptRecord(id), request);
  const hash = sha256(request);
  const common = { payoutId, batchId: null, attemptNo: 1, gateway, currency, checkNumber: null };
  await insertAttempts(app, [{ ...common, id, providerKey: id, minor: net, requestSealed: sealed, requestHash: hash }]);
  return payoutId;
}

/** A database whose commits are confirmed only after this time. */
const slow = (ms: number): DatabasePool => ({
  ...fixture.app,
  async transaction(work, retries) {
    const done = await fixture.app.transaction(work, retries);
    await setTimeout(ms);
    return done;
  },
});

const isOthersTurn = (payoutId: string): Promise<boolean> =>
  fixture.app.oneFirst(sql.type(z.object({ open: z.boolean() }))`
    select submit_deadline_at <= clock_timestamp() as open from payout_attempt where payout_id = ${payoutId}`);

const FIRST_POLL_MS = 60_000;

/** Advances a payout whose provider behaves as the test says. Money that was sent can no longer come back. */
const advance = (payoutId: string, ask: Gateway['submit'], db: DatabasePool = fixture.app) =>
  createPayoutActivities({
    db,
    gateways: { wise: { submit: ask, resolve: ask, read: ask } } as unknown as Gateways,
    vault: VAULT,
    returnWindows: { ...RETURN_WINDOWS_DEFAULT, wise: 0 },
    firstPollMs: FIRST_POLL_MS,
    askTimeoutMs: ASK_TIMEOUT_MS,
  }).advancePayout(payoutId);

const unclearReply: Gateway['submit'] = async () => reply('unknown', 'no clear answer');

describe('given a provider that two callers must not ask at once', () => {
  it.each([
    { call: 'first call', before: async () => undefined },
    { call: 'call that resolves', before: (payoutId: string) => advance(payoutId, unclearReply) },
  ])('when the claim’s commit is slow then the $call ends before others may ask', async ({ before }) => {
    const payoutId = await frozen();
    await before(payoutId);
    const turns: boolean[] = [];

    await advance(
      payoutId,
      async (_, __, signal) => {
        if (!signal.aborted) await once(signal, 'abort');
        turns.push(await isOthersTurn(payoutId));
        return reply('unknown', 'no clear answer');
      },
      slow(ASK_TIMEOUT_MS / 4),
    );

    expect(turns).toEqual([false]);
  });

  it('when the commit used up all the time then no caller asks, and a later caller resolves it', async () => {
    const payoutId = await frozen();
    const asked: string[] = [];
    const asker =
      (who: string): Gateway['submit'] =>
      async (submission, save, signal) => {
        asked.push(who);
        return unclearReply(submission, save, signal);
      };

    const { state } = await advance(payoutId, asker('too late'), slow(ASK_TIMEOUT_MS));
    expect([state, asked]).toEqual(['submitted', []]);

    await expect.poll(() => isOthersTurn(payoutId)).toBe(true);
    await advance(payoutId, asker('in time'));
    expect(asked).toEqual(['in time']);
  });
});

describe('given a caller that has its reply, and whose time is up before it records it', () => {
  it('when another caller asks meanwhile then the late reply changes nothing', async () => {
    const payoutId = await frozen();
    let isAsked = false;
    const refused = async () => {
      isAsked = true;
      return reply('failed', 'refused', { reason: 'not this payee' });
    };
    const late = recordingLate(fixture, () => isAsked);
    const first = advance(payoutId, refused, late.db);
    await late.replied;
    await expect.poll(() => isOthersTurn(payoutId)).toBe(true);

    const { state } = await advance(payoutId, async () => {
      late.goOn();
      await first;
      return reply('accepted', 'taken', { reference: randomUUID() });
    });

    expect(state).toBe('accepted');
  });
});

describe('given a payment that was sent, and a provider that cannot be read', () => {
  afterEach(async () => void (await resumeGateway(fixture.app, 'wise', await addActor(fixture.app))));

  it.each([
    { code: 'gateway_refused' as const, why: 'refuses our key' },
    { code: 'gateway_unavailable' as const, why: 'is down' },
  ])('when it $why then the payment is read again at its next poll', async ({ code, why }) => {
    const payoutId = await frozen();
    await advance(payoutId, async () => reply('sent', 'on its way', { reference: randomUUID() }));

    const progress = await advance(payoutId, () => Promise.reject(new Failure(code, `Wise ${why}.`)));

    expect(progress).toMatchObject({ state: 'sent', isFinal: false, isHeld: false, waitMs: FIRST_POLL_MS });
  });
});
