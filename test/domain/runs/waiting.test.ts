import { describe, expect, it } from 'vitest';

import { ATTEMPT_STATES } from '../../../domain/payouts/attempt.ts';
import { isPayoutFinal, PAYOUT_STATUSES } from '../../../domain/payouts/payout.ts';
import { type Waiting, waitsFor } from '../../../domain/runs/waiting.ts';

const SINCE = new Date('2026-11-12T10:00:00Z');

const sent: Waiting = {
  status: 'executing',
  statusAt: SINCE,
  method: 'paypal',
  gateway: 'paypal',
  attempt: null,
  attemptAt: SINCE,
  runStatus: 'disbursing',
  reviewSince: SINCE,
  payOn: '2026-11-20',
  isPayDay: true,
  gatewayPausedAt: null,
  heldAt: null,
  heldReason: null,
};

describe('given a payout that waits', () => {
  it.each([
    {
      is: { status: 'draft', runStatus: 'review' },
      words: 'It waits for approval since 2026-11-12. Nothing was sent.',
    },
    {
      is: { status: 'approved', isPayDay: false },
      words: 'It is approved and waits for its pay date, 2026-11-20. Nothing was sent.',
    },
    {
      is: { status: 'draft', runStatus: 'review', heldAt: SINCE },
      words: /^We hold it since 2026-11-12\. .* Ask us why/,
    },
    { is: { attempt: 'prepared', gatewayPausedAt: SINCE, heldAt: SINCE }, words: /^We hold it since 2026-11-12/ },
    { is: { runStatus: 'paused' }, words: 'Its run is paused since 2026-11-12. Nothing was sent.' },
    {
      is: { gatewayPausedAt: SINCE },
      words: 'Payments through its provider are paused since 2026-11-12. Nothing was sent.',
    },
    { is: { attempt: 'prepared', gatewayPausedAt: SINCE }, words: /are paused since 2026-11-12/ },
    { is: { attempt: 'unknown', gatewayPausedAt: SINCE }, words: /we do not know yet whether it paid/ },
    { is: { attempt: 'accepted', method: 'check', gateway: 'printed-check' }, words: /is not in the mail yet/ },
    { is: { attempt: 'unclaimed', status: 'sent' }, words: /waits since 2026-11-12 for you to accept it/ },
    { is: { attempt: 'sent', status: 'sent', method: 'check', gateway: 'lob' }, words: /waits to be cashed/ },
  ] as const)('when it is $is then it says why and since when', ({ is, words }) => {
    expect(waitsFor({ ...sent, ...is })?.words).toEqual(
      typeof words === 'string' ? words : expect.stringMatching(words),
    );
  });

  it('when finance holds it then our own people read the reason, and its partner does not', () => {
    const held = { ...sent, heldAt: SINCE, heldReason: 'the invoice is disputed' };
    expect(waitsFor(held, 'staff')?.words).toBe('Finance holds it since 2026-11-12: the invoice is disputed');
    expect(waitsFor(held, 'partner')?.words).not.toContain('disputed');
  });

  it('then every state that is not over has its reason, and none that is over has one', () => {
    for (const status of PAYOUT_STATUSES)
      for (const attempt of [null, ...ATTEMPT_STATES]) {
        const wait = waitsFor({ ...sent, status, attempt });
        if (isPayoutFinal(status)) expect(wait === null || attempt === 'on_hold').toBe(true);
        else expect(wait?.words).toMatch(/\.$/);
      }
  });
});
