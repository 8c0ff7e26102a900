import { describe, expect, it } from 'vitest';

import { type Decider, type RunUnderReview, statusAfter, whyNotDecide } from '../../../domain/runs/approval.ts';

const run: RunUnderReview = { status: 'review', preparerId: 'paula', contentHash: 'aa' };
const anna: Decider = { id: 'anna', isApprover: true, isPayee: false, isEditor: false, hasDecided: false };

describe('given a run in review that Paula asked for', () => {
  it('when Anna decides what she saw then nothing stands against it', () => {
    expect(whyNotDecide(run, anna, 'aa')).toBeUndefined();
  });

  it.each([
    { who: { ...anna, id: 'paula' }, code: 'approver_is_preparer', because: 'nobody approves their own work' },
    { who: { ...anna, isApprover: false }, code: 'not_allowed', because: 'the key was revoked meanwhile' },
    { who: { ...anna, isPayee: true }, code: 'approver_is_payee', because: 'nobody approves their own pay' },
    { who: { ...anna, isEditor: true }, code: 'approver_edited_run', because: 'who changed it does not check it' },
    { who: { ...anna, hasDecided: true }, code: 'approver_decided_already', because: 'one person is one voice' },
  ])('then $code: $because', ({ who, code }) => {
    expect(whyNotDecide(run, who, 'aa')?.code).toBe(code);
  });

  it('when the run is another one than she saw then it is refused, and nothing was recorded', () => {
    const refusal = whyNotDecide(run, anna, 'bb');
    expect(refusal?.code).toBe('run_changed_since_seen');
    expect(refusal?.message).toContain('nothing was recorded');
  });

  it.each(['preparing', 'approved', 'disbursing', 'rejected', 'expired', 'cancelled', 'disbursed', 'paused'] as const)(
    'when it is %s instead then nobody decides it',
    (status) => {
      expect(whyNotDecide({ ...run, status }, anna, 'aa')?.code).toBe('run_not_in_review');
    },
  );

  it('a scheduled run has no preparer, so any approver decides it', () => {
    expect(whyNotDecide({ ...run, preparerId: null }, anna, 'aa')).toBeUndefined();
  });
});

describe('given a policy of two approvals', () => {
  it.each([
    { decision: 'approve', approvals: 1, becomes: 'review' },
    { decision: 'approve', approvals: 2, becomes: 'approved' },
    { decision: 'reject', approvals: 1, becomes: 'rejected' },
  ] as const)('$decision as number $approvals makes the run $becomes', ({ decision, approvals, becomes }) => {
    expect(statusAfter(decision, approvals, 2)).toBe(becomes);
  });
});
