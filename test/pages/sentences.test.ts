import { describe, expect, it } from 'vitest';

import { asRead, readersVoice } from '../../api/pages/format.ts';
import { money } from '../../domain/money.ts';
import { type Waiting, waitsFor } from '../../domain/runs/waiting.ts';

describe('given a sentence that the API stored', () => {
  it.each([
    { stored: 'it is free on 2026-12-28', read: 'it is free on 28 December 2026' },
    { stored: '10 % of 1234567.80 USD', read: '10 % of 1,234,567.80 USD' },
    { stored: 'less -1000.00 USD and 999.99 USD', read: 'less -1,000.00 USD and 999.99 USD' },
    { stored: 'order SO-2026-12-28 of 2026-99-99', read: 'order SO-2026-12-28 of 2026-99-99' },
    { stored: 'invoice 20260001 of 2026', read: 'invoice 20260001 of 2026' },
  ])('when a page shows "$stored" then people read "$read"', ({ stored, read }) => {
    expect(asRead(stored)).toBe(read);
  });
});

describe('given a rule that says something on a page', () => {
  it('then its amounts are grouped and its days are written out, and the API keeps the plain ones', () => {
    const { amount, day } = readersVoice();
    expect(amount(money(123_456_789n, 'USD'))).toBe('1,234,567.89 USD');
    expect(day('2026-12-28')).toBe('28 December 2026');
    const at = new Date('2026-12-28T10:00:00Z');
    const draft: Waiting = {
      status: 'draft',
      statusAt: at,
      method: 'bank',
      gateway: 'wise',
      attempt: null,
      attemptAt: null,
      runStatus: 'review',
      reviewSince: at,
      payOn: '2026-12-30',
      isPayDay: false,
      gatewayPausedAt: null,
      heldAt: at,
      heldReason: 'a dispute',
    };
    expect(waitsFor(draft)?.words).toContain('since 2026-12-28');
    expect(waitsFor(draft, 'partner', readersVoice())?.words).toContain('since 28 December 2026');
    expect(waitsFor(draft, 'staff', readersVoice())?.words).toBe('Finance holds it since 28 December 2026: a dispute');
  });
});
