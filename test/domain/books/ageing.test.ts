import { describe, expect, it } from 'vitest';

import { ageOf } from '../../../domain/books/ageing.ts';
import { DAY_MS } from '../../../domain/durations.ts';

describe('given a balance that fell below zero', () => {
  it.each([
    { ago: 0, days: 0, bucket: '0-30' },
    { ago: 30.99, days: 30, bucket: '0-30' },
    { ago: 31, days: 31, bucket: '31-60' },
    { ago: 60, days: 60, bucket: '31-60' },
    { ago: 61, days: 61, bucket: '61-90' },
    { ago: 90, days: 90, bucket: '61-90' },
    { ago: 91, days: 91, bucket: 'over-90' },
    { ago: -0.01, days: 0, bucket: '0-30' },
  ])('when that was $ago days ago then it is $days days old and in the bucket $bucket', ({ ago, ...age }) => {
    const now = Date.parse('2026-03-01T00:00:00Z');
    expect(ageOf(new Date(now - ago * DAY_MS), now)).toEqual(age);
  });
});
