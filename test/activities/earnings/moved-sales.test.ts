import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { replay } from '../../../activities/earnings/replay.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { expectLongRead } from '../../../db/earnings/replays.ts';
import { createDifferences } from '../../../domain/books/audit.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { type Fixture, openFixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const NOW_MS = Date.parse('2026-12-31T00:00:00Z');
const TERMS = PlanTerms.parse({
  holdDays: 0,
  rounding: 'half-even',
  incentives: [
    { id: 'commission', pay: { rule: 'percent', percent: '10' } },
    { id: 'paid', pay: { rule: 'percent', percent: '1' }, release: 'collected' },
  ],
});

type Name = 'p' | 'q';
const sale = (by: Name, revision: number) => ({ by, id: 's', kind: 'sale', revision, amount: '100.00' });
const refund = (by: Name) => ({ by, id: 'r', kind: 'refund', refundOf: 's', amount: '10.00' });
const payment = (by: Name) => ({ by, id: 'c', kind: 'collected', collects: 's', amount: '50.00' });

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** The earnings of each partner after events were sent one by one, and those that a replay finds otherwise. */
async function earnedAfter(sent: readonly ({ by: Name } & Partial<WireEvent>)[], inOnePage: boolean) {
  const company = await addCompany(fixture.app, { terms: TERMS });
  const [p, q] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  const partners = { p, q };
  for (const { by, ...event } of sent) {
    const common = { source: company.code, program: company.code, currency: 'USD' };
    const wire = { ...common, partner: partners[by].code, occurredAt: '2026-03-10T12:00:00Z', ...event } as WireEvent;
    await intakeEvents(fixture.app, [{ wire, unit: 0 }], { nowMs: NOW_MS, strict: true, by: company.approver });
    if (!inOnePage) await accrueAll(fixture.app, company.code);
  }
  await accrueAll(fixture.app, company.code);
  const booked = await fixture.app.any(sql.type(z.object({ partnerId: z.bigint(), minor: z.bigint() }))`
    select partner_id as "partnerId", sum(amount_minor)::bigint as minor from earning
    where program_id = ${company.programId} group by 1`);
  const differences = createDifferences();
  await fixture.app.transaction(async (tx) => {
    await expectLongRead(tx);
    const ids = [p.id, q.id].toSorted((one, other) => (one < other ? -1 : 1));
    for await (const { partnerId, event, earned } of replay(tx, { id: company.programId, zone: 'UTC' }, ids))
      if (event) differences.compare(partnerId, { earned, booked: event.booked }, event.id);
  });
  const of = (id: bigint) => booked.reduce((sum, one) => sum + (one.partnerId === id ? one.minor : 0n), 0n);
  return { p: of(p.id), q: of(q.id), differing: differences.found() };
}

const namesOf = (sent: readonly { by: Name; id: string }[]) => sent.map(({ by, id }) => `${id} of ${by}`).join(', ');

describe.each([{ inOnePage: false }, { inOnePage: true }])(
  'given a sale that a correction gives from p to q (in one page: $inOnePage)',
  ({ inOnePage }) => {
    const stories = (['p', 'q'] as const)
      .flatMap((by) => permutations([sale('p', 1), sale('q', 2), refund(by), payment(by)]))
      .map((sent) => ({ sent, order: namesOf(sent) }));

    it.each(stories)('when it comes as $order then q alone earns what is left', async ({ sent }) => {
      expect(await earnedAfter(sent, inOnePage)).toEqual({ p: 0n, q: 950n, differing: [] });
    });
  },
);

describe('given a sale whose refund and payment name another partner', () => {
  const stories = permutations([sale('q', 1), refund('p'), payment('p')]).map((sent) => ({
    sent,
    order: namesOf(sent),
  }));

  it.each(stories)('when they come as $order then the sale decides for whom they are', async ({ sent }) => {
    expect(await earnedAfter(sent, false)).toEqual({ p: 0n, q: 950n, differing: [] });
  });
});

describe('given everything above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
