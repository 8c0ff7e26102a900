import { describe, expect, it } from 'vitest';

import { type Now, whyCut } from '../../../domain/payouts/cut.ts';
import type { Outcome } from '../../../domain/payouts/outcome.ts';

const APPROVED = {
  currency: 'USD',
  gross: 50_000n,
  gateway: 'wise',
  instrumentVersionId: 'first',
  cutReason: null,
} as const;
const NOW: Now = { payableMinor: 50_000n, gateway: 'wise', instrumentVersionId: 'first', reasons: [] };
const against = (reason: Outcome) => ({ reasons: [{ reason, until: null, detail: null }] });

describe('given a payout of 500.00 that was approved', () => {
  it.each([
    { now: NOW, outcome: undefined, because: 'nothing has changed' },
    { now: { ...NOW, payableMinor: 50_001n }, outcome: undefined, because: 'more is owed, and the rest waits' },
    { now: { ...NOW, ...against('below_minimum') }, outcome: undefined, because: 'only the minimum rose' },
    { now: { ...NOW, payableMinor: 49_999n }, outcome: 'changed_after_approval', because: 'a cent less is owed' },
    { now: { ...NOW, payableMinor: -1n }, outcome: 'changed_after_approval', because: 'refunds took back more' },
    { now: undefined, outcome: 'changed_after_approval', because: 'nothing is owed at all' },
    { now: { ...NOW, ...against('partner_on_hold') }, outcome: 'held_after_approval', because: 'of the hold' },
    { now: { ...NOW, instrumentVersionId: 'second' }, outcome: 'changed_after_approval', because: 'of new details' },
    { now: { ...NOW, instrumentVersionId: null }, outcome: 'changed_after_approval', because: 'the details are gone' },
    { now: { ...NOW, gateway: null }, outcome: 'changed_after_approval', because: 'the method is not offered now' },
    { now: { ...NOW, ...against('no_instrument') }, outcome: 'changed_after_approval', because: 'of any other reason' },
  ])('when it is judged again then its outcome is $outcome, because $because', ({ now, outcome }) => {
    expect(whyCut(APPROVED, now)?.outcome).toBe(outcome);
  });

  it('when a person took it out then it is not paid, whatever is owed', () => {
    expect(whyCut({ ...APPROVED, cutReason: 'in dispute' }, NOW)).toEqual({
      outcome: 'cut_after_approval',
      reason: 'in dispute',
    });
  });

  it('when less is owed then the reason names both amounts', () => {
    expect(whyCut(APPROVED, { ...NOW, payableMinor: 0n })?.reason).toBe(
      'The partner is owed 0.00 USD now, which is less than the approved 500.00 USD.',
    );
  });
});
