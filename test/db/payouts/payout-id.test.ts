import { createHash } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { openFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const RUN = '01900000-0000-7000-8000-000000000001';
const idOf = (run: string, partner: bigint, currency: string) =>
  fixture.app.oneFirst(
    sql.type(z.strictObject({ id: z.string() }))`select payout_id(${run}, ${partner}, ${currency}) as id`,
  );

describe('given a payout that is drafted again after a restore', () => {
  it('then it has the same id, a UUIDv8 as RFC 9562 derives it, so its provider sees the same key', async () => {
    const namespace = Buffer.from('6c1d3e0a4a535d0e9f0b6a1f5f5e0b11', 'hex');
    const hash = createHash('sha256').update(namespace).update(`payout/${RUN}/7/USD`).digest().subarray(0, 16);
    hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
    hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
    expect((await idOf(RUN, 7n, 'USD')).replaceAll('-', '')).toBe(hash.toString('hex'));
    expect(z.uuid().parse(await idOf(RUN, 7n, 'USD'))).toBe(await idOf(RUN, 7n, 'USD'));
  });

  it('then another run, partner or currency has another id', async () => {
    const ids = await Promise.all([
      idOf(RUN, 7n, 'USD'),
      idOf(RUN, 7n, 'EUR'),
      idOf(RUN, 8n, 'USD'),
      idOf('01900000-0000-7000-8000-000000000002', 7n, 'USD'),
    ]);
    expect(new Set(ids).size).toBe(4);
  });
});
