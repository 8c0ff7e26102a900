import { describe, expect, it } from 'vitest';

import { type Decider, type RunUnderReview, statusAfter, whyNotDecide } from '../../../domain/runs/approval.ts';

const run: RunUnderReview = { status: 'review', preparerId: 'paula', contentHash: 'aa', signedApprovals: false };
const anna: Decider = {
  id: 'anna',
  isApprover: true,
  isPayee: false,
  isEditor: false,
  giver: null,
  hasDecided: false,
  approvesUnsigned: true,
};

describe('given a run in review that Paula asked for', () => {
  it('when Anna decides the content that she saw then the decision is accepted', () => {
    expect(whyNotDecide(run, anna, 'aa')).toBeUndefined();
  });

  it.each([
    { who: { ...anna, id: 'paula' }, code: 'approver_is_preparer', because: 'nobody approves their own work' },
    { who: { ...anna, isApprover: false }, code: 'not_allowed', because: 'the key was revoked meanwhile' },
    { who: { ...anna, isPayee: true }, code: 'approver_is_payee', because: 'nobody approves their own pay' },
    { who: { ...anna, isEditor: true }, code: 'approver_edited_run', because: 'nobody approves their own changes' },
    {
      who: { ...anna, giver: 'olga' },
      code: 'role_given_by_editor',
      because: 'a second account is not a second person',
    },
    { who: { ...anna, hasDecided: true }, code: 'approver_decided_already', because: 'one person has one vote' },
  ])('then $code: $because', ({ who, code }) => {
    expect(whyNotDecide(run, who, 'aa')?.code).toBe(code);
  });

  it('when its schedule asks for signed approvals then only a signed one is accepted', () => {
    const strict = { ...run, signedApprovals: true };
    expect(whyNotDecide(strict, anna, 'aa')?.code).toBe('approval_not_signed');
    expect(whyNotDecide(strict, { ...anna, approvesUnsigned: false }, 'aa')).toBeUndefined();
  });

  it('when the run differs from the one that she saw then the decision is refused, and nothing is recorded', () => {
    const refusal = whyNotDecide(run, anna, 'bb');
    expect(refusal?.code).toBe('run_changed_since_seen');
    expect(refusal?.message).toContain('Nothing was recorded');
  });

  it.each(['preparing', 'approved', 'disbursing', 'rejected', 'expired', 'cancelled', 'disbursed', 'paused'] as const)(
    'when it is %s instead then nobody can decide it',
    (status) => {
      expect(whyNotDecide({ ...run, status }, anna, 'aa')?.code).toBe('run_not_in_review');
    },
  );

  it('a scheduled run has no preparer, so any approver can decide it', () => {
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
