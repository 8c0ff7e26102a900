import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { recordReply } from '../../../activities/payouts/record.ts';
import { gatherIncidents } from '../../../commands/books/incidents.ts';
import { setAlertAmounts } from '../../../commands/payers/alert-amounts.ts';
import { findLiveAttempt } from '../../../db/payouts/attempts.ts';
import { approveRunPayouts, updatePayout } from '../../../db/payouts/payouts.ts';
import { updateRun } from '../../../db/runs/runs.ts';
import { nextDigest } from '../../../domain/books/incident.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { money } from '../../../domain/money.ts';
import { reply } from '../../../gateways/replies.ts';
import { type Fixture, openFixture } from '../../db/fixture.ts';
import { noticesAreDue, outbox, sendTo } from '../../fixtures/outbox.ts';
import {
  addActor,
  addCompany,
  addLine,
  addPartner,
  addPayingRun,
  addPayout,
  addRun,
  approve,
  putInReview,
  sendPayout,
} from '../../fixtures/rows.ts';

let fixture: Fixture;
const box = outbox();

beforeAll(async () => void (fixture = await openFixture()));
afterAll(() => fixture.close());

const send = () => sendTo(box, fixture.app);

const gather = () => gatherIncidents(fixture.app, Date.now());

/** Lets the digests be due. */
const morning = () => noticesAreDue(fixture.app);

beforeEach(async () => {
  await gather();
  await morning();
  await send();
  box.empty();
});

type State = 'failed' | 'sent' | 'returned' | 'unclaimed';

async function say(payoutId: string, state: State, reason: string | null = null): Promise<void> {
  const attempt = await findLiveAttempt(fixture.app, payoutId);
  if (!attempt) throw new Error('there is no attempt');
  const amount = { amount: money(attempt.minor, 'USD'), fee: money(0n, 'USD') };
  const moved =
    state === 'failed' ? {} : state === 'returned' ? { debited: amount, returned: amount } : { debited: amount };
  await recordReply(
    { db: fixture.app, returnWindows: RETURN_WINDOWS_DEFAULT },
    attempt,
    reply(state, state, { reason, ...moved }),
  );
}

async function payRun(count: number) {
  const run = await addPayingRun(fixture.app, 'paypal', count);
  for (const id of run.payoutIds) await sendPayout(fixture.app, id);
  return run;
}

const openBreak = (kind: string, payoutId: string | null, minor: number) =>
  fixture.app.query(sql.unsafe`
    insert into recon_break(gateway, kind, subject, attempt_id, currency, expected_minor, found_minor)
    values ('paypal', ${kind}, ${payoutId ?? 'line/77'}, (select id from payout_attempt where payout_id = ${payoutId}::uuid),
      'USD', 0, ${minor})`);

describe('given a run in which payments failed, came back and were not claimed', () => {
  it('when the morning comes then finance and operators get one digest with totals, reasons, partners and links', async () => {
    const { runId, payoutIds } = await payRun(5);
    const [a = '', b = '', c = '', d = '', e = ''] = payoutIds;
    await say(a, 'failed', 'RECEIVER_COUNTRY_NOT_ALLOWED');
    await say(b, 'failed', 'RECEIVER_COUNTRY_NOT_ALLOWED');
    await say(c, 'sent');
    await say(c, 'returned', 'RETURNED');
    await say(d, 'unclaimed');
    await say(e, 'sent');
    await openBreak('amount_differs', e, 250);
    await gather();
    await send();
    expect(box.subjects()).toEqual([]); // it is not morning yet

    await morning();
    await send();
    await gather();
    await morning();
    await send();

    const digests = box.sent();
    expect(digests.map(({ to }) => to).toSorted()).toEqual(['finance@example.test', 'operators@example.test']);
    const [{ subject, text } = { subject: '', text: '' }] = digests;
    expect(subject).toMatch(/^Digest of \d{4}-\d\d-\d\d, the \S+ run up to \d{4}-\d\d-\d\d: /);
    expect(subject).toContain('2 failed');
    expect(subject).toContain('1 came back');
    expect(subject).toContain('1 not claimed yet');
    expect(subject).toContain('1 break amount_differs');
    expect(text).toContain('  20.00 USD by PayPal, failed (2)');
    expect(text).toContain('  2.50 USD by PayPal, break amount_differs (1)');
    expect(text).toContain('  2 failed: RECEIVER_COUNTRY_NOT_ALLOWED');
    for (const id of payoutIds) expect(text).toContain(`https://bursar.example.test/payouts/${id}`);
    expect(text).toContain(`https://bursar.example.test/runs/${runId}`);
    expect(text).toContain('docs/runbooks/break-found.md');
    expect(text).not.toContain('@');
  });

  it('when something else fails after the digest then the digest of the next day tells it', async () => {
    const { payoutIds } = await payRun(2);
    await say(payoutIds[0] ?? '', 'failed');
    await gather();
    await morning();
    await send();
    await say(payoutIds[1] ?? '', 'failed');
    await gather();
    await morning();
    await send();
    const days = box.sent().filter(({ to }) => to.startsWith('finance'));
    expect(days.map(({ subject }) => subject.slice(10, 20)).toSorted()).toEqual([
      ...new Set(days.map(({ subject }) => subject.slice(10, 20))),
    ]);
    expect(days).toHaveLength(2);
    expect(days[0]?.text).not.toContain(payoutIds[1]);
    expect(days[1]?.text).not.toContain(payoutIds[0]);
  });

  it('when two workers gather at the same time, or one dies meanwhile, then each incident is told once', async () => {
    const { payoutIds } = await payRun(3);
    for (const id of payoutIds) await say(id, 'failed');
    await fixture.app
      .transaction(async (tx) => {
        await gatherIncidents(tx, Date.now());
        throw new Error('killed');
      })
      .catch(() => {});
    await Promise.all([gather(), gather()]);
    await morning();
    await Promise.all([send(), send()]);
    const texts = box.sent().filter(({ to }) => to.startsWith('finance'));
    expect(texts).toHaveLength(1);
    for (const id of payoutIds) expect(texts[0]?.text.split(id)).toHaveLength(2);
  });
});

describe('given an amount from which finance is told at once', () => {
  it('when a larger payout fails then it is told within a minute, and a smaller one in the digest only', async () => {
    const { company, payoutIds } = await payRun(2);
    const by = await addActor(fixture.app, 'olga');
    await setAlertAmounts(fixture.app, company.code, [money(1_000n, 'USD')], by);
    await say(payoutIds[0] ?? '', 'failed');
    await gather();
    await send();
    expect(
      box
        .sent()
        .map(({ to }) => to)
        .toSorted(),
    ).toEqual(['finance@example.test', 'operators@example.test']);
    expect(box.subjects()[0]).toMatch(/^Now, the .* run up to .*: 1 failed \(10\.00 USD\)$/);

    box.empty();
    await setAlertAmounts(fixture.app, company.code, [money(1_001n, 'USD')], by);
    await say(payoutIds[1] ?? '', 'failed');
    await gather();
    await send();
    expect(box.subjects()).toEqual([]);
    await morning();
    await send();
    expect(box.sent()[0]?.text).toContain(payoutIds[1]);
  });

  it('when a statement shows a payment twice then it is told at once, whatever its amount', async () => {
    const { payoutIds } = await payRun(1);
    await openBreak('paid_twice', payoutIds[0] ?? '', 1);
    await gather();
    await send();
    expect(box.subjects()[0]).toMatch(/^Now, .*: 1 break paid_twice \(0\.01 USD\)$/);
  });

  it('when a line of a statement names no payout of ours then it is told by its gateway, at once above the smallest amount', async () => {
    const { company } = await payRun(1);
    await setAlertAmounts(fixture.app, company.code, [money(500n, 'USD')], await addActor(fixture.app, 'otto'));
    await openBreak('missing_in_ledger', null, -501);
    await gather();
    await send();
    expect(box.subjects()[0]).toBe('Now, the statements of paypal: 1 break missing_in_ledger (5.01 USD)');
  });
});

describe('given a payout that is taken out of an approved run', () => {
  it('when the run goes on then finance is told of the cut, with its reason', async () => {
    const company = await addCompany(fixture.app);
    const runId = await addRun(fixture.app, company);
    const partner = await addPartner(fixture.app, company);
    const payoutId = await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
    await putInReview(fixture.app, runId);
    await approve(fixture.app, runId, company.approver);
    await updateRun(fixture.app, runId, { status: 'approved' });
    await approveRunPayouts(fixture.app, runId);
    await updatePayout(fixture.app, payoutId, 'cancelled', 'changed_after_approval');
    await gather();
    await morning();
    await send();
    expect(box.subjects()[0]).toContain('1 cut after approval (10.00 USD)');
    expect(box.texts()[0]).toContain('1 cut after approval: changed_after_approval');
  });
});

describe('given the time of the digest', () => {
  it.each([
    { now: '2026-03-01T11:59:00Z', zone: 'America/New_York', day: '2026-03-01', at: '2026-03-01T13:00:00.000Z' },
    { now: '2026-03-01T13:00:00Z', zone: 'America/New_York', day: '2026-03-02', at: '2026-03-02T13:00:00.000Z' },
    { now: '2026-03-28T09:00:00Z', zone: 'Europe/Berlin', day: '2026-03-29', at: '2026-03-29T06:00:00.000Z' },
  ])('when it is $now in $zone then the next one is on $day at eight', ({ now, zone, day, at }) => {
    const next = nextDigest(Date.parse(now), zone);
    expect({ day: next.day, at: new Date(next.atMs).toISOString() }).toEqual({ day, at });
  });
});
