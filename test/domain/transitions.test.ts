import { describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import {
  ATTEMPT_NEXT,
  ATTEMPT_STATES,
  type AttemptState,
  canAttemptBecome,
  isAttemptFinal,
  PAYOUT_STATUS_OF,
  pollAfter,
} from '../../domain/payouts/attempt.ts';
import {
  canPayoutBecome,
  isPayoutFinal,
  PAYOUT_NEXT,
  PAYOUT_STATUSES,
  releasesLines,
} from '../../domain/payouts/payout.ts';
import { GATEWAYS, GATEWAYS_FOR, METHODS } from '../../domain/rails.ts';
import { canRunBecome, isRunOver, RUN_NEXT, RUN_STATUSES } from '../../domain/runs/run.ts';

/** All states that can be reached from a state in one or more steps. */
function reachable<State extends string>(next: Record<State, readonly State[]>, from: State): ReadonlySet<State> {
  const seen = new Set<State>();
  const visit = (state: State): void => {
    for (const after of next[state].filter((some) => !seen.has(some))) {
      seen.add(after);
      visit(after);
    }
  };
  visit(from);
  return seen;
}

describe('given a payout', () => {
  it.each([
    { from: 'draft', to: 'executing', may: false, because: 'nobody has approved it' },
    { from: 'approved', to: 'cancelled', may: true, because: 'nothing was submitted yet' },
    { from: 'executing', to: 'cancelled', may: true, because: 'its provider may not have been asked yet' },
    { from: 'sent', to: 'cancelled', may: false, because: 'the money has left' },
    { from: 'settled', to: 'returned', may: true, because: 'a bank may return it weeks later' },
    { from: 'settled', to: 'failed', may: false, because: 'settled money did move' },
    { from: 'returned', to: 'executing', may: false, because: 'its replacement is a new payout' },
    { from: 'failed', to: 'executing', may: false, because: 'its lines may be in another payout' },
  ] as const)('when it is $from then $to is allowed: $may, $because', ({ from, to, may }) => {
    expect(canPayoutBecome(from, to)).toBe(may);
  });

  it('then its lines are released exactly if it is final and not settled', () => {
    for (const status of PAYOUT_STATUSES)
      expect(releasesLines(status)).toBe(isPayoutFinal(status) && status !== 'settled');
  });

  it('then every status is reached from draft', () => {
    expect(new Set(['draft', ...reachable(PAYOUT_NEXT, 'draft')])).toEqual(new Set(PAYOUT_STATUSES));
  });

  it('then every gateway carries out a method, and every method has a gateway', () => {
    expect(new Set(METHODS.flatMap((method) => GATEWAYS_FOR[method]))).toEqual(new Set(GATEWAYS));
  });
});

describe('given an attempt', () => {
  it.each([
    { from: 'prepared', to: 'accepted', may: false, because: 'submitted is committed before the call' },
    { from: 'submitted', to: 'unknown', may: true, because: 'the answer may be lost' },
    { from: 'submitted', to: 'prepared', may: false, because: 'somebody may have been asked' },
    { from: 'unknown', to: 'prepared', may: false, because: 'a blind retry could pay twice' },
    { from: 'failed', to: 'accepted', may: false, because: 'failed proves that no money moved' },
    { from: 'stale', to: 'failed', may: true, because: 'the bank confirmed a stop; age alone proves nothing' },
    { from: 'settled', to: 'failed', may: false, because: 'settled money did move' },
    { from: 'settled', to: 'returned', may: true, because: 'returns may come late' },
  ] as const)('when it is $from then $to is allowed: $may, $because', ({ from, to, may }) => {
    expect(canAttemptBecome(from, to)).toBe(may);
  });

  it('then no attempt is prepared again once it was submitted', () => {
    expect(reachable(ATTEMPT_NEXT, 'submitted').has('prepared')).toBe(false);
  });

  it('then every state is reached from prepared', () => {
    expect(new Set(['prepared', ...reachable(ATTEMPT_NEXT, 'prepared')])).toEqual(new Set(ATTEMPT_STATES));
  });

  it('then its payout follows, or stays where it is if the provider works again on money that was sent', () => {
    const notFollowed = ATTEMPT_STATES.flatMap((from) =>
      ATTEMPT_NEXT[from].filter((to) => !payoutFollows(from, to)).map((to) => ({ from, to })),
    );
    for (const { from, to } of notFollowed) {
      expect(['sent', 'settled']).toContain(PAYOUT_STATUS_OF[from]);
      expect(PAYOUT_STATUS_OF[to]).toBe('executing');
    }
  });

  it('then it is final if it settled, came back, or provably moved no money', () => {
    expect(ATTEMPT_STATES.filter(isAttemptFinal)).toEqual(['settled', 'returned', 'failed']);
  });

  it.each([
    { state: 'sent', days: 0, waitMs: 60_000, because: 'it has just been sent' },
    { state: 'sent', days: 100, waitMs: DAY_MS, because: 'a check may be out for months' },
    { state: 'unknown', days: 100, waitMs: DAY_MS / 48, because: 'it is unknown whether money moved' },
  ] as const)('when it is $state for $days days then the next look-up comes after $waitMs ms: $because', (row) => {
    expect(pollAfter(row.state, row.days * DAY_MS, 60_000)).toBe(row.waitMs);
  });
});

const payoutFollows = (from: AttemptState, to: AttemptState): boolean =>
  PAYOUT_STATUS_OF[from] === PAYOUT_STATUS_OF[to] || canPayoutBecome(PAYOUT_STATUS_OF[from], PAYOUT_STATUS_OF[to]);

describe('given a run', () => {
  it.each([
    { from: 'review', to: 'disbursing', may: false, because: 'nobody has approved it' },
    { from: 'review', to: 'expired', may: true, because: 'nobody decided in time' },
    { from: 'approved', to: 'rejected', may: false, because: 'an approved run is cancelled, not rejected' },
    { from: 'disbursing', to: 'cancelled', may: false, because: 'some payouts have left, so it can only be paused' },
    { from: 'paused', to: 'disbursing', may: true, because: 'it continues where it stopped' },
    { from: 'disbursed', to: 'disbursing', may: false, because: 'a late return does not reopen it' },
  ] as const)('when it is $from then $to is allowed: $may, $because', ({ from, to, may }) => {
    expect(canRunBecome(from, to)).toBe(may);
  });

  it('then it is over if it disbursed, or was rejected, expired or cancelled', () => {
    expect(RUN_STATUSES.filter(isRunOver)).toEqual(['disbursed', 'rejected', 'expired', 'cancelled']);
  });

  it('then it never disburses without approval', () => {
    const withoutApproval = { ...RUN_NEXT, approved: [] };
    expect(reachable(withoutApproval, 'preparing').has('disbursing')).toBe(false);
  });
});
