import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createCheckActivities } from '../../../activities/checks/check-desk.ts';
import { recordReply } from '../../../activities/payouts/record.ts';
import { notifyOfSilentPayout } from '../../../activities/payouts/silence.ts';
import { gatherIncidents } from '../../../commands/books/incidents.ts';
import { findLiveAttempt } from '../../../db/payouts/attempts.ts';
import { payerGatewayRecord, sealJson } from '../../../db/vault.ts';
import { Failure } from '../../../domain/errors.ts';
import { money } from '../../../domain/money.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import type { Gateways } from '../../../gateways/gateway.ts';
import { reply } from '../../../gateways/replies.ts';
import { type Fixture, openFixture } from '../../db/fixture.ts';
import { tamper } from '../../fixtures/database.ts';
import { noticesAreDue, outbox, sendTo } from '../../fixtures/outbox.ts';
import { addPayingRun, sendPayout } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';

/** The five mails of docs/runbooks/a-night.md, as the product writes them. */

let fixture: Fixture;
const box = outbox();

beforeAll(async () => void (fixture = await openFixture()));
afterAll(() => fixture.close());

async function payOne(method: 'bank' | 'paypal'): Promise<string> {
  const {
    payoutIds: [payoutId = ''],
  } = await addPayingRun(fixture.app, method, 1);
  await sendPayout(fixture.app, payoutId);
  return payoutId;
}

async function say(payoutId: string, state: 'failed' | 'returned', reason: string): Promise<void> {
  const attempt = await findLiveAttempt(fixture.app, payoutId);
  if (!attempt) throw new Error('there is no attempt');
  const amount = { amount: money(attempt.minor, 'USD'), fee: money(0n, 'USD') };
  const moved = state === 'returned' ? { debited: amount, returned: amount } : {};
  const deps = { db: fixture.app, returnWindows: RETURN_WINDOWS_DEFAULT };
  await recordReply(deps, attempt, reply(state, state, { reason, ...moved }));
}

/** Wise answers nothing for more than an hour after it was asked for a payment. */
async function providerIsDown(): Promise<void> {
  const payoutId = await payOne('bank');
  await tamper(
    fixture.owner,
    sql.unsafe`update payout_attempt set state_at = now() - interval '2 hours' where payout_id = ${payoutId}`,
  );
  const failure = new Failure('gateway_unavailable', 'Wise did not answer.');
  await notifyOfSilentPayout({ db: fixture.app, firstPollMs: 60_000 }, payoutId, failure);
}

/** A statement shows two payments under one of our keys. */
async function breakIsFound(): Promise<void> {
  const payoutId = await payOne('paypal');
  await fixture.app.query(sql.unsafe`
    insert into recon_break(gateway, kind, subject, attempt_id, currency, expected_minor, found_minor)
    select gateway, 'paid_twice', 'attempt/' || id, id, currency, amount_minor, 2 * amount_minor
    from payout_attempt where payout_id = ${payoutId}`);
}

/** The bank was shown a check with a number that nobody drew. */
async function bankAsks(): Promise<void> {
  const payerId = await fixture.app.oneFirst(
    sql.type(z.object({ id: z.number() }))`select id from payer order by id limit 1`,
  );
  const sealed = sealJson(VAULT, payerGatewayRecord(payerId, 'check'), {});
  await fixture.app.query(sql.unsafe`
    with account as (
      insert into check_account(payer_id, account_ref, number_first, number_next)
      values (${payerId}, 'checking ...9012', 1001, 1001) returning id)
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed, check_account_id)
    select ${payerId}, 'check', 'printed-check', 'checking ...9012', ${sql.binary(Buffer.from(sealed))}, id from account`);
  const asked = {
    id: 'EX-1',
    number: 1077n,
    amount: money(48_000n, 'USD'),
    reason: 'not on file',
    at: new Date('2026-03-03T02:00:00Z'),
    decideBy: new Date('2026-03-03T17:00:00Z'),
    status: 'open',
  } as const;
  const services = { exceptions: async () => [asked] };
  const gateways = { 'printed-check': { checkServices: services } } as unknown as Gateways;
  await createCheckActivities({ db: fixture.app, gateways, vault: VAULT } as never).workCheckDesk();
}

/** Replaces what differs from one night to the next. */
const SHOWN: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
  [/\bacme-[0-9a-f]+/g, 'monthly'],
  [/\bpartner-[0-9a-f]+/g, 'paula'],
  [/Digest of \d{4}-\d\d-\d\d/g, 'Digest of 2026-03-03'],
];

const shown = (text: string): string =>
  SHOWN.reduce((said, [pattern, instead]) => said.replaceAll(pattern, instead), text);

it('given the page about a night, then it quotes each of its five mails exactly as the product writes it', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/runbooks/a-night.md'), 'utf8');
  const night = [
    { what: providerIsDown, to: 'operators@example.test' },
    { what: async () => say(await payOne('bank'), 'returned', 'AC04'), to: 'finance@example.test' },
    {
      what: async () => say(await payOne('paypal'), 'failed', 'RECEIVER_COUNTRY_NOT_ALLOWED'),
      to: 'finance@example.test',
    },
    { what: breakIsFound, to: 'finance@example.test' },
    { what: bankAsks, to: 'finance@example.test' },
  ];
  const missing: string[] = [];
  for (const { what, to } of night) {
    await what();
    await gatherIncidents(fixture.app, Date.now());
    if (what !== breakIsFound) await noticesAreDue(fixture.app); // a break does not wait for the morning
    await sendTo(box, fixture.app);
    const mail = box.sent().find((sent) => sent.to === to);
    box.empty();
    const quote = shown(`To: ${to}\nSubject: ${mail?.subject}\n\n${mail?.text}`).replaceAll(/^ +$/gm, '');
    if (!page.includes(`\`\`\`text\n${quote}\n\`\`\``)) missing.push(quote);
  }
  expect(missing).toEqual([]);
});
