import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ATTEMPT_STATES, canAttemptBecome } from '../../domain/attempt.ts';
import { canPayoutBecome, PAYOUT_STATUSES } from '../../domain/payout.ts';
import { type AnswerFacts, type AttemptFacts, consequencesOf } from '../../domain/settlement.ts';
import { RUNS } from '../support/property-runs.ts';

const sent: AttemptFacts = {
  state: 'sent',
  payoutStatus: 'sent',
  netMinor: 1000n,
  debitedMinor: 1000n,
  returnedMinor: null,
};
const submitted: AttemptFacts = { ...sent, state: 'submitted', payoutStatus: 'executing', debitedMinor: null };
const nothing: AnswerFacts = { state: null, debited: null, returnedMinor: null };
const debited = { minor: 1000n, feeMinor: 20n };

describe('given an attempt that was submitted', () => {
  it('when the provider took the money then it is posted once, with its fee', () => {
    const accepted = consequencesOf(submitted, { ...nothing, state: 'accepted', debited });
    expect(accepted).toMatchObject({ state: 'accepted', payoutStatus: 'executing', debit: { feeMinor: 20n } });
    const again = consequencesOf({ ...sent, state: 'accepted' }, { ...nothing, state: 'accepted', debited });
    expect(again.debit).toBeUndefined();
  });

  it('when it failed then the send is undone and the payout fails', () => {
    expect(consequencesOf(submitted, { ...nothing, state: 'failed' })).toMatchObject({
      state: 'failed',
      payoutStatus: 'failed',
      fail: true,
    });
  });

  it('when nobody knows the outcome then nothing is posted and nothing is released', () => {
    const unknown = consequencesOf(submitted, { ...nothing, state: 'unknown' });
    expect(unknown).toMatchObject({ state: 'unknown', payoutStatus: 'executing', fail: false });
    expect(unknown.debit ?? unknown.fullReturn ?? unknown.partialReturn).toBeUndefined();
  });

  it('when it took another amount than it was asked for then a person hears of it', () => {
    const { alarms } = consequencesOf(submitted, {
      ...nothing,
      state: 'accepted',
      debited: { minor: 999n, feeMinor: 0n },
    });
    expect(alarms).toHaveLength(1);
  });
});

describe('given an attempt that was sent', () => {
  it('when all of it comes back then the partner is owed it again', () => {
    const back = consequencesOf(sent, { ...nothing, state: 'returned', returnedMinor: 1000n });
    expect(back).toMatchObject({
      state: 'returned',
      payoutStatus: 'returned',
      fullReturn: { minor: 1000n, before: 0n },
    });
  });

  it('when a part of it comes back then it waits in suspense and the payout stays as it is', () => {
    const part = consequencesOf(
      { ...sent, state: 'settled', payoutStatus: 'settled' },
      { ...nothing, state: 'settled', returnedMinor: 400n },
    );
    expect(part).toMatchObject({ state: 'settled', payoutStatus: 'settled', partialReturn: { minor: 400n } });
    expect(part.fullReturn).toBeUndefined();
  });

  it('when the provider says failed of money that it took then nothing is released and a person looks', () => {
    const failed = consequencesOf(sent, { ...nothing, state: 'failed' });
    expect(failed).toMatchObject({ state: 'needs_person', fail: false, payoutStatus: 'sent' });
    expect(failed.alarms).toHaveLength(1);
  });

  it('when the word is one that nobody knows then the payout stays where it is', () => {
    expect(consequencesOf(sent, nothing)).toMatchObject({ state: 'sent', payoutStatus: 'sent', alarms: [] });
  });

  it('when it settled and then came back then it is returned', () => {
    const settled = { ...sent, state: 'settled', payoutStatus: 'settled' } as const;
    expect(consequencesOf(settled, { ...nothing, state: 'returned', returnedMinor: 1000n })).toMatchObject({
      payoutStatus: 'returned',
      fullReturn: { minor: 1000n, before: 0n },
    });
  });
});

it('whatever a provider says, no step is taken that the tables forbid, and money is given back once at the most', () => {
  const minor = fc.option(fc.bigInt(0n, 2000n), { nil: null });
  const facts = fc.record({
    state: fc.constantFrom(...ATTEMPT_STATES),
    payoutStatus: fc.constantFrom(...PAYOUT_STATUSES),
    netMinor: fc.constant(1000n),
    debitedMinor: fc.constantFrom(null, 1000n),
    returnedMinor: minor,
  });
  const answer = fc.record({
    state: fc.option(fc.constantFrom(...ATTEMPT_STATES), { nil: null }),
    debited: fc.constantFrom(null, debited),
    returnedMinor: minor,
  });
  fc.assert(
    fc.property(facts, answer, (before, said) => {
      const after = consequencesOf(before, said);
      expect(after.state === before.state || canAttemptBecome(before.state, after.state)).toBe(true);
      expect(
        after.payoutStatus === before.payoutStatus || canPayoutBecome(before.payoutStatus, after.payoutStatus),
      ).toBe(true);
      const givenBack = [after.fail, after.fullReturn !== undefined, after.partialReturn !== undefined].filter(Boolean);
      expect(givenBack.length).toBeLessThanOrEqual(1);
      if (after.debit) expect(before.debitedMinor).toBeNull();
      if (after.fail) expect(before.debitedMinor ?? said.debited ?? (said.returnedMinor || null)).toBeNull();
    }),
    RUNS,
  );
});
