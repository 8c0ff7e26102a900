import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recordReply } from '../../../activities/payouts/record.ts';
import { applyResolution } from '../../../activities/payouts/resolutions.ts';
import { remindOfTasks } from '../../../commands/tasks/tasks.ts';
import { listInstruments } from '../../../db/partners/instruments.ts';
import { findLiveAttempt, listAttemptHistory } from '../../../db/payouts/attempts.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { decideResolution, proposeResolution } from '../../../commands/payouts/resolutions.ts';
import { insertTask, listTasks } from '../../../db/tasks/tasks.ts';
import { DAY_MS } from '../../../domain/durations.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { rejectedDetail } from '../../../domain/payouts/advice.ts';
import { money } from '../../../domain/money.ts';
import type { ResolutionOutcome } from '../../../domain/payouts/resolution.ts';
import { reply } from '../../../gateways/replies.ts';
import type { Reply } from '../../../gateways/gateway.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import {
  addCompany,
  addLine,
  addPartner,
  addPayout,
  addRun,
  type CompanyRows,
  disburse,
  type PayoutWish,
  sendPayout,
} from '../../fixtures/rows.ts';

let fixture: Fixture;
let company: CompanyRows;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const deps = () => ({ db: fixture.app, returnWindows: RETURN_WINDOWS_DEFAULT });
const usd = (minor: bigint) => ({ amount: money(minor, 'USD'), fee: money(0n, 'USD') });

/** A payout of 10.00 before withholding and fee whose provider was asked. */
async function open(wish: PayoutWish = {}, method: 'bank' | 'paypal' = 'bank') {
  const { app } = fixture;
  company = await addCompany(app);
  const partner = await addPartner(app, company, method);
  const runId = await addRun(app, company);
  const payoutId = await addPayout(app, runId, partner, [await addLine(app, company, partner)], wish);
  await disburse(app, runId, company.approver);
  await sendPayout(app, payoutId);
  return { payoutId, partner };
}

/** The provider's reply. The money that it took is the net amount. */
async function say(
  payoutId: string,
  state: Reply['state'],
  back: bigint | null = null,
  reason: string | null = null,
): Promise<void> {
  const attempt = await findLiveAttempt(fixture.app, payoutId);
  if (!attempt) throw new Error('there is no live attempt');
  await recordReply(
    deps(),
    attempt,
    reply(state, String(state), {
      reason,
      debited: state === 'failed' ? null : usd(attempt.minor),
      returned: back === null ? null : usd(back),
    }),
  );
}

/** Lets two people decide. */
async function people(payoutId: string, outcome: ResolutionOutcome): Promise<void> {
  const evidence = 'seen at the provider';
  await proposeResolution(fixture.app, { payoutId, actorId: company.preparer, outcome, evidence, reference: null });
  await decideResolution(fixture.app, { payoutId, actorId: company.approver, decision: 'confirm', note: null });
  expect(await applyResolution(deps(), payoutId)).toBe(true);
}

const Balance = z.object({ code: z.string(), minor: z.bigint() });

/** The balances of the accounts that no other test uses, with credits positive. Accounts at zero are left out. */
const owed = async (partnerId: bigint): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(-sum(entry.amount_minor), 0)::bigint as minor
    from ledger_account account join ledger_entry entry on entry.account_id = account.id where account.partner_id = ${partnerId}`);
const balances = async (): Promise<Record<string, bigint>> => {
  const rows = await fixture.app.any(sql.type(Balance)`
    select account.code, sum(entry.amount_minor)::bigint as minor
    from ledger_account account join ledger_entry entry on entry.account_id = account.id
    where account.partner_id is null group by account.code`);
  return Object.fromEntries(rows.map(({ code, minor }) => [code, minor]));
};
/** The amounts that an action moved on the system's own accounts. */
async function moved(act: () => Promise<unknown>): Promise<Record<string, bigint>> {
  const before = await balances();
  await act();
  const after = await balances();
  const changes = Object.entries(after).map(([code, minor]) => [code, minor - (before[code] ?? 0n)] as const);
  return Object.fromEntries(changes.filter(([, minor]) => minor !== 0n));
}

const openTasks = async (payoutId: string) =>
  (await listTasks(fixture.app, { payoutId, isOpen: true }, null, 10)).map(({ kind }) => kind);
const noticesOf = (payoutId: string): Promise<readonly string[]> =>
  fixture.app.anyFirst(sql.type(z.object({ kind: z.string() }))`
    select kind from notification where body ->> 'payout' = ${payoutId} order by id`);

describe('given a payout that ends unpaid', () => {
  const failures = (payoutId: string) =>
    fixture.app.anyFirst(sql.type(z.object({ advice: z.string() }))`
      select advice from instrument_failure where payout_id = ${payoutId}`);

  it.each([
    { state: 'returned', reason: 'ACCOUNT_CLOSED', isMarked: true, because: 'the bank closed the account' },
    { state: 'returned', reason: null, isMarked: true, because: 'a return without a reason is about the details' },
    { state: 'failed', reason: 'recipient_rejected: abartn is wrong', isMarked: true, because: 'Wise refused them' },
    {
      state: 'failed',
      reason: 'recipient_rejected: amount has decimals',
      isMarked: false,
      because: 'the amount is ours',
    },
    { state: 'failed', reason: 'RECEIVER_NEWLY_REFUSED', isMarked: true, because: 'the code is about the receiver' },
    { state: 'failed', reason: 'cancelled', isMarked: false, because: 'somebody cancelled the transfer' },
    { state: 'failed', reason: 'SOMETHING_NEW', isMarked: false, because: 'nothing says that the details caused it' },
  ] as const)(
    'when it is $state with $reason then its instrument is marked: $isMarked, since $because',
    async (end) => {
      const { payoutId } = await open();
      await say(payoutId, end.state, end.state === 'returned' ? 1000n : null, end.reason);
      expect(await failures(payoutId)).toHaveLength(end.isMarked ? 1 : 0);
    },
  );
});

describe('given a payout whose details the provider refuses', () => {
  it('when it names fields then the instrument keeps them, so that the form of the partner can say so', async () => {
    const { payoutId, partner } = await open();
    const attempt = await findLiveAttempt(fixture.app, payoutId);
    const objections = [{ field: 'details.abartn', reason: 'is refused: “Please check it”' }];
    const reason = rejectedDetail('details.abartn', 'is refused by Wise (NOT_VALID)');
    if (attempt) await recordReply(deps(), attempt, reply('failed', 'NOT_VALID', { reason, objections }));
    expect((await listInstruments(fixture.app, partner.id, null, 1))[0]).toMatchObject({
      failureAdvice:
        'One of your payout details cannot be used: Routing number is refused by Wise (NOT_VALID). Please correct it.',
      failureFields: objections,
    });
  });
});

describe('given a payout from which tax and a fee were deducted', () => {
  it('when all of it comes back then lines, tax and fee are reversed with it, and the partner is owed the gross amount', async () => {
    const { payoutId, partner } = await open({ withheldMinor: 150n, feeMinor: 50n });
    await say(payoutId, 'sent');
    expect(await owed(partner.id)).toBe(0n);

    const changes = await moved(() => say(payoutId, 'returned', 800n));

    expect(changes).toEqual({ 'tax:withheld:USD': 150n, 'fees:payout:USD': 50n, 'cash:wise:USD': 800n });
    expect(await owed(partner.id)).toBe(1000n);
    expect((await getPayout(fixture.app, payoutId)).status).toBe('returned');
    expect(await noticesOf(payoutId)).toEqual(['payout_sent', 'payout_returned']);
  });
});

describe('given a payout whose fee its provider tells in another currency', () => {
  it('when the provider took it then the fee is booked in its own currency, once', async () => {
    const { payoutId } = await open({}, 'paypal');
    const attempt = await findLiveAttempt(fixture.app, payoutId);
    if (!attempt) throw new Error('there is no live attempt');
    const debited = { amount: money(attempt.minor, 'USD'), fee: money(31n, 'EUR') };
    const settle = () => recordReply(deps(), attempt, reply('settled', 'SUCCESS', { debited }));

    expect(await moved(settle)).toEqual({
      'payout:in_transit:paypal:USD': 1000n,
      'cash:paypal:USD': -1000n,
      'fees:paypal:EUR': 31n,
      'cash:paypal:EUR': -31n,
    });
    expect(await moved(settle)).toEqual({});
  });
});

describe('given part of a payout that came back', () => {
  const partly = async (back = 400n) => {
    const { payoutId, partner } = await open();
    await say(payoutId, 'settled');
    expect(await moved(() => say(payoutId, 'settled', back))).toEqual({ 'cash:wise:USD': back, 'suspense:USD': -back });
    expect(await openTasks(payoutId)).toEqual(['partial_return']);
    return { payoutId, partner };
  };

  it('when two people credit the partner then the part is owed again, as a line that the next run pays', async () => {
    const { payoutId, partner } = await partly();

    expect(await moved(() => people(payoutId, 'credit_partner'))).toEqual({ 'suspense:USD': 400n });

    expect(await owed(partner.id)).toBe(400n);
    const payable = await fixture.app.oneFirst(sql.type(z.object({ payable_minor: z.bigint() }))`
      select payable_minor from payability(${company.scheduleId}, '2026-01-01', '2026-02-01') where partner_id = ${partner.id}`);
    expect(payable).toBe(400n);
    expect(await openTasks(payoutId)).toEqual([]);
    expect(await noticesOf(payoutId)).toContain('payout_partly_returned');
    expect((await listAttemptHistory(fixture.app, payoutId)).at(-1)).toMatchObject({ to: 'settled', saidBy: 'people' });
  });

  it('when two people keep the part then it is written off, and the partner is owed nothing', async () => {
    const { payoutId, partner } = await partly();
    expect(await moved(() => people(payoutId, 'keep'))).toEqual({ 'suspense:USD': 400n, 'writeoff:USD': -400n });
    expect(await owed(partner.id)).toBe(0n);
  });

  it('when two people decide that it is a full return then the partner is owed everything, and the missing amount is our cost', async () => {
    const { payoutId, partner } = await partly(950n);
    expect(await moved(() => people(payoutId, 'returned'))).toEqual({ 'suspense:USD': 950n, 'fees:wise:USD': 50n });
    expect(await owed(partner.id)).toBe(1000n);
    expect((await getPayout(fixture.app, payoutId)).status).toBe('returned');
  });

  it('when a second part comes back then only the new amount is posted, and people are asked about all of it', async () => {
    const { payoutId, partner } = await partly();
    expect(await moved(() => say(payoutId, 'settled', 700n))).toEqual({ 'cash:wise:USD': 300n, 'suspense:USD': -300n });
    await people(payoutId, 'credit_partner');
    expect(await owed(partner.id)).toBe(700n);
  });

  it('when the rest comes back after a part was decided then it is one more part, and nothing is owed twice', async () => {
    const { payoutId, partner } = await partly();
    await people(payoutId, 'credit_partner');

    await say(payoutId, 'returned', 1000n);

    expect((await getPayout(fixture.app, payoutId)).status).toBe('settled');
    expect(await openTasks(payoutId)).toEqual(['partial_return']);
    await expect(people(payoutId, 'returned')).rejects.toThrow(/decided before/);
    await people(payoutId, 'credit_partner');
    expect(await owed(partner.id)).toBe(1000n);
  });

  it('when a part comes back between proposal and decision then the decision covers what was proposed, and people are asked about the rest', async () => {
    const { payoutId, partner } = await partly();
    const evidence = 'seen at the provider';
    const wish = { payoutId, outcome: 'credit_partner' as const, evidence, reference: null };
    await proposeResolution(fixture.app, { ...wish, actorId: company.preparer });
    await say(payoutId, 'settled', 600n);
    await decideResolution(fixture.app, { payoutId, actorId: company.approver, decision: 'confirm', note: null });
    await applyResolution(deps(), payoutId);

    expect(await owed(partner.id)).toBe(400n);
    expect(await openTasks(payoutId)).toEqual(['partial_return']);
  });

  it('when all of it comes back before people have decided then it is a full return, and their proposal is overtaken', async () => {
    const { payoutId, partner } = await partly();
    const wish = { payoutId, outcome: 'keep' as const, evidence: 'they keep the goods', reference: null };
    await proposeResolution(fixture.app, { ...wish, actorId: company.preparer });
    await decideResolution(fixture.app, { payoutId, actorId: company.approver, decision: 'confirm', note: null });

    expect(await moved(() => say(payoutId, 'returned', 1000n))).toEqual({
      'cash:wise:USD': 600n,
      'suspense:USD': 400n,
    });

    expect(await applyResolution(deps(), payoutId)).toBe(false);
    expect(await owed(partner.id)).toBe(1000n);
    expect(await openTasks(payoutId)).toEqual([]);
    const alarms = await fixture.app.anyFirst(sql.type(z.object({ kind: z.string() }))`
      select kind from alarm where subject = ${`payout/${payoutId}`}`);
    expect(alarms).toEqual(['resolution_overtaken']);
  });
});

describe('given a transfer that its provider held when part of it came back', () => {
  it('when two people decide then the payout has ended, and the same reply again changes nothing', async () => {
    const { payoutId } = await open();
    await say(payoutId, 'on_hold', 950n);
    expect((await getPayout(fixture.app, payoutId)).status).toBe('executing');
    await people(payoutId, 'credit_partner');
    expect((await getPayout(fixture.app, payoutId)).status).toBe('settled');
    expect(await moved(() => say(payoutId, 'on_hold', 950n))).toEqual({});
    expect((await findLiveAttempt(fixture.app, payoutId))?.state).toBe('settled');
  });
});

describe('given a call to the provider that may not have ended', () => {
  it('when two people decide then their decision is applied after the end of the call', async () => {
    const { payoutId } = await open();
    await insertTask(fixture.app, {
      kind: 'outcome_unknown',
      subject: `payout/${payoutId}`,
      payoutId,
      detail: 'nobody knows',
    });
    await fixture.app.query(sql.unsafe`
      update payout_attempt set submit_deadline_at = now() + interval '1 minute' where payout_id = ${payoutId}`);
    await proposeResolution(fixture.app, {
      payoutId,
      actorId: company.preparer,
      outcome: 'not_paid',
      evidence: 'seen',
      reference: null,
    });
    await decideResolution(fixture.app, { payoutId, actorId: company.approver, decision: 'confirm', note: null });
    expect(await applyResolution(deps(), payoutId)).toBe(false);
    await fixture.app.query(
      sql.unsafe`update payout_attempt set submit_deadline_at = now() where payout_id = ${payoutId}`,
    );
    expect(await applyResolution(deps(), payoutId)).toBe(true);
    expect((await getPayout(fixture.app, payoutId)).status).toBe('failed');
  });
});

describe('given money that nobody claims', () => {
  it('when days pass then its partner is reminded once on the 1st, the 7th and the 21st day', async () => {
    const { payoutId } = await open();
    for (const days of [0, 0.5, 1, 3, 7, 8, 21, 29]) {
      await fixture.app.query(sql.unsafe`
        update payout_attempt set state_at = now() - ${days} * interval '1 day' where payout_id = ${payoutId}`);
      await say(payoutId, 'unclaimed');
    }
    const days = await fixture.app.anyFirst(sql.type(z.object({ day: z.number() }))`
      select (body ->> 'day')::int as day from notification where body ->> 'payout' = ${payoutId} and kind = 'payout_unclaimed' order by id`);
    expect(days).toEqual([0, 1, 7, 21]);
  });
});

describe('given money that its provider holds', () => {
  it.each([
    { reason: 'RECEIVER_ACCOUNT_LIMITATION', told: ['payout_held'] },
    { reason: null, told: [] },
  ])(
    'when the reason is $reason then the partner is told once what to do, if there is anything to do',
    async ({ reason, told }) => {
      const { payoutId } = await open({}, 'paypal');
      for (const _ of [1, 2]) await say(payoutId, 'on_hold', null, reason);
      expect(await noticesOf(payoutId)).toEqual(told);
    },
  );
});

describe('given an open task with a deadline', () => {
  it('when the deadline is near then finance is reminded once a day, but not of a task whose deadline is far away', async () => {
    const { payoutId } = await open();
    const task = (subject: string, days: number) =>
      insertTask(fixture.app, {
        kind: 'check_stale',
        subject: `${subject}/${payoutId}`,
        payoutId,
        detail: 'decide',
        deadlineAt: new Date(Date.now() + days * DAY_MS),
      });
    await task('near', 2);
    await task('far', 20);
    for (const _ of [1, 2]) await fixture.app.transaction(remindOfTasks);
    const subjects = await fixture.app.anyFirst(sql.type(z.object({ subject: z.string() }))`
      select body ->> 'subject' as subject from notification where kind = 'task_due'`);
    expect(subjects).toEqual([`near/${payoutId}`]);
  });

  it('when more are due than one sweep reminds of then the next sweep reminds of the others', async () => {
    const { payoutId } = await open();
    const due = 120;
    for (let n = 0; n < due; n += 1)
      await insertTask(fixture.app, {
        kind: 'check_stale',
        subject: `many/${n}`,
        payoutId,
        detail: 'decide',
        deadlineAt: new Date(Date.now() - DAY_MS),
      });
    for (const _ of [1, 2]) await fixture.app.transaction(remindOfTasks);
    const reminded = await fixture.app.oneFirst(sql.type(z.object({ count: z.bigint() }))`
      select count(*) from notification where kind = 'task_due' and body ->> 'subject' like 'many/%'`);
    expect(reminded).toBe(BigInt(due));
  });
});

it('when all tests have run then every invariant holds', async () => {
  expect(await checkInvariants(fixture.app)).toEqual([]);
});
