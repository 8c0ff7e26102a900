import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DAY_MS } from '../../../domain/durations.ts';
import { ATTEMPT_STATES, canAttemptBecome } from '../../../domain/payouts/attempt.ts';
import { canPayoutBecome, PAYOUT_STATUSES } from '../../../domain/payouts/payout.ts';
import { type ReplyFacts, type AttemptFacts, consequencesOf, stateByTime } from '../../../domain/payouts/settlement.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const sent: AttemptFacts = {
  state: 'sent',
  payoutStatus: 'sent',
  netMinor: 1000n,
  debitedMinor: 1000n,
  returnedMinor: null,
  decidedMinor: 0n,
};
const submitted: AttemptFacts = { ...sent, state: 'submitted', payoutStatus: 'executing', debitedMinor: null };
const nothing: ReplyFacts = { state: null, debited: null, returnedMinor: null };
const debited = { minor: 1000n, feeMinor: 20n };

describe('given an attempt that was submitted', () => {
  it('when the provider takes the money then it is posted once, with its fee', () => {
    const accepted = consequencesOf(submitted, { ...nothing, state: 'accepted', debited });
    expect(accepted).toMatchObject({ state: 'accepted', payoutStatus: 'executing', debit: { feeMinor: 20n } });
    const again = consequencesOf({ ...sent, state: 'accepted' }, { ...nothing, state: 'accepted', debited });
    expect(again.debit).toBeUndefined();
  });

  it('when it fails then the send is undone and the payout fails', () => {
    expect(consequencesOf(submitted, { ...nothing, state: 'failed' })).toMatchObject({
      state: 'failed',
      payoutStatus: 'failed',
      fail: true,
    });
  });

  it('when the outcome is unknown then nothing is posted and nothing is released', () => {
    const unknown = consequencesOf(submitted, { ...nothing, state: 'unknown' });
    expect(unknown).toMatchObject({ state: 'unknown', payoutStatus: 'executing', fail: false });
    expect(unknown.debit ?? unknown.fullReturn ?? unknown.partialReturn).toBeUndefined();
  });

  it('when the provider takes a different amount than we requested then a person is told', () => {
    const { alarms } = consequencesOf(submitted, {
      ...nothing,
      state: 'accepted',
      debited: { minor: 999n, feeMinor: 0n },
    });
    expect(alarms).toHaveLength(1);
  });
});

describe('given an attempt that was sent', () => {
  it('when the whole amount comes back then it is owed to the partner again', () => {
    const back = consequencesOf(sent, { ...nothing, state: 'returned', returnedMinor: 1000n });
    expect(back).toMatchObject({
      state: 'returned',
      payoutStatus: 'returned',
      fullReturn: { minor: 1000n, before: 0n },
    });
  });

  it('when a part comes back then it waits in suspense and the payout stays as it is', () => {
    const part = consequencesOf(
      { ...sent, state: 'settled', payoutStatus: 'settled' },
      { ...nothing, state: 'settled', returnedMinor: 400n },
    );
    expect(part).toMatchObject({
      state: 'settled',
      payoutStatus: 'settled',
      partialReturn: { minor: 400n, before: 0n },
    });
    expect(part.fullReturn).toBeUndefined();
  });

  it('when the provider says failed about money that it took then nothing is released and a person is told', () => {
    const failed = consequencesOf(sent, { ...nothing, state: 'failed' });
    expect(failed).toMatchObject({ state: 'needs_person', fail: false, payoutStatus: 'sent' });
    expect(failed.alarms).toHaveLength(1);
  });

  it('when the provider status is unknown then the payout stays where it is', () => {
    expect(consequencesOf(sent, nothing)).toMatchObject({ state: 'sent', payoutStatus: 'sent', alarms: [] });
  });

  it('when it settles and then comes back then it is returned', () => {
    const settled = { ...sent, state: 'settled', payoutStatus: 'settled' } as const;
    expect(consequencesOf(settled, { ...nothing, state: 'returned', returnedMinor: 1000n })).toMatchObject({
      payoutStatus: 'returned',
      fullReturn: { minor: 1000n, before: 0n },
    });
  });
});

describe('given a part that came back before', () => {
  const partly = { ...sent, state: 'settled', payoutStatus: 'settled', returnedMinor: 400n } as const;

  it('when a second part comes back then only the new part waits in suspense', () => {
    expect(consequencesOf(partly, { ...nothing, state: 'settled', returnedMinor: 600n })).toMatchObject({
      partialReturn: { minor: 600n, before: 400n },
      alarms: [],
    });
  });

  it('when the same part is reported again then nothing is posted', () => {
    const again = consequencesOf(partly, { ...nothing, state: 'settled', returnedMinor: 400n });
    expect(again.partialReturn ?? again.fullReturn).toBeUndefined();
  });

  it('when more is reported than was sent then no more than the sent amount is posted, and a person is told', () => {
    const after = consequencesOf(partly, { ...nothing, state: 'settled', returnedMinor: 1200n });
    expect(after).toMatchObject({ partialReturn: { minor: 1000n, before: 400n } });
    expect(after.alarms).toHaveLength(1);
  });

  it('when less is reported than before then nothing is reversed, and a person is told', () => {
    const after = consequencesOf(partly, { ...nothing, state: 'settled', returnedMinor: 100n });
    expect(after.partialReturn).toBeUndefined();
    expect(after.alarms).toHaveLength(1);
  });

  it('when people have decided about it and the rest comes back then the rest is another part, and nothing is owed to the partner twice', () => {
    const decided = { ...partly, decidedMinor: 400n };
    expect(consequencesOf(decided, { ...nothing, state: 'returned', returnedMinor: 1000n })).toMatchObject({
      state: 'settled',
      payoutStatus: 'settled',
      partialReturn: { minor: 1000n, before: 400n },
      fullReturn: undefined,
    });
  });
});

it('whatever a provider says, no forbidden step is taken, and money is given back at most once', () => {
  const minor = fc.option(fc.bigInt(0n, 2000n), { nil: null });
  const facts = fc.record({
    state: fc.constantFrom(...ATTEMPT_STATES),
    payoutStatus: fc.constantFrom(...PAYOUT_STATUSES),
    netMinor: fc.constant(1000n),
    debitedMinor: fc.constantFrom(null, 1000n),
    returnedMinor: minor,
    decidedMinor: fc.constantFrom(0n, 300n),
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

it('however long it takes, time alone never decides the outcome of an unknown payment', () => {
  const minor = fc.option(fc.bigInt(0n, 1000n), { nil: null });
  const times = fc.record({
    ageMs: fc.integer({ min: 0, max: 1_000 * 365 * DAY_MS }),
    returnWindowMs: fc.option(fc.integer({ min: 0, max: 90 * DAY_MS }), { nil: null }),
    isCheck: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.constantFrom('submitted', 'unknown'),
      fc.constantFrom(null, 'unknown'),
      times,
      minor,
      (state, said, time, back) => {
        const before: AttemptFacts = { ...submitted, state, debitedMinor: null, returnedMinor: back };
        const after = consequencesOf(before, { ...nothing, state: stateByTime(state, said, time) });
        expect(after.state).toBe(said ?? state);
        expect(after).toMatchObject({ payoutStatus: 'executing', fail: false });
        expect(after.debit ?? after.fullReturn ?? after.partialReturn).toBeUndefined();
      },
    ),
    RUNS,
  );
});

it('whatever the provider says, the time that a payment was unknown makes no difference', () => {
  const said = fc.constantFrom(null, ...ATTEMPT_STATES);
  const age = fc.integer({ min: 0, max: 400 * DAY_MS });
  fc.assert(
    fc.property(fc.constantFrom('submitted', 'unknown'), said, age, age, (state, word, one, other) => {
      const after = (ageMs: number) => stateByTime(state, word, { ageMs, returnWindowMs: 1000, isCheck: true });
      expect(after(one)).toBe(after(other));
    }),
    RUNS,
  );
});
