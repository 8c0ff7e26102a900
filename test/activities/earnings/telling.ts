import { type DatabasePool, sql } from 'slonik';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { recordQuotas } from '../../../commands/earnings/quotas.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addBudgetOf } from '../../fixtures/budgets.ts';
import type { CompanyRows, PartnerRows } from '../../fixtures/rows.ts';
import type { Happening, Story } from './story.ts';

/** Stories of partners are told to the product as events, in batches. */

const steps = (mode: string, list: object[], more: object) => ({
  unit: 'USD',
  pay: { rule: 'steps', mode, steps: list },
  ...more,
});
const CUSTOMERS = [
  { from: '1', perUnit: '0.40' },
  { from: '2', perUnit: '0.70' },
];

const ATTAINED = [
  { from: '0', percent: '2' },
  { from: '100', percent: '10' },
];

/** The budgets that the terms name, and how much each has for a story, in cents: too little for most. */
export const BUDGETS = { pot: 400n, tips: 100n };

export async function addBudgets(db: DatabasePool, company: CompanyRows, stories: number): Promise<void> {
  for (const [code, forStory] of Object.entries(BUDGETS))
    await addBudgetOf(db, company, code, forStory * BigInt(stories));
}

export const TERMS = {
  holdDays: 10,
  rounding: 'half-even',
  incentives: [
    { id: 'share', measure: 'amount - tax', unit: 'USD', budget: 'pot', pay: { rule: 'percent', percent: '7.77' } },
    steps(
      'cliff',
      [
        { from: '0', percent: '5' },
        { from: '30.00', percent: '10' },
      ],
      { id: 'cliff', window: 'month', budget: 'pot' },
    ),
    steps(
      'marginal',
      [
        { from: '0', percent: '1' },
        { from: '25.00', percent: '3.3' },
      ],
      { id: 'marginal', window: 'quarter' },
    ),
    steps(
      'marginal',
      [
        { from: '0', percent: '2' },
        { from: '4', percent: '9' },
      ],
      {
        id: 'units',
        window: 'lifetime',
        measure: 'quantity',
      },
    ),
    steps(
      'marginal',
      [
        { from: '20.00', amount: '3.00' },
        { from: '40.00', amount: '4.00' },
      ],
      { id: 'milestones', window: 'month', earned: 'at-close', budget: 'tips' },
    ),
    steps(
      'cliff',
      [
        { from: '10', percent: '1' },
        { from: '25.5', percent: '2' },
      ],
      {
        id: 'share-of-market',
        window: 'quarter',
        measure: 'reading market_share',
        earned: 'at-close',
        when: { kinds: ['sale', 'reading'] },
      },
    ),
    {
      id: 'growth',
      window: 'quarter',
      against: 'previous',
      earned: 'at-close',
      graceDays: 5,
      pay: { rule: 'percent', percent: '10' },
    },
    steps('marginal', ATTAINED, { id: 'target', window: 'quarter', against: 'quota' }),
    { id: 'bonus', pay: { rule: 'flat', amount: '1.50' }, unit: 'USD' },
    {
      id: 'each',
      window: 'month',
      unit: 'USD',
      pay: { rule: 'percent', percent: '7.7', mostEach: '1.50', most: '4.00' },
    },
    {
      id: 'lou',
      when: { kinds: ['sale'], event: { customer: ['lou'] } },
      pay: { rule: 'percent', percent: '3' },
      excludes: ['bonus'],
    },
    { id: 'fixed', pay: { rule: 'flat', amount: '0.60' }, unit: 'USD' },
    { id: 'rate', pay: { rule: 'percent', percent: '3' }, unit: 'USD' },
    {
      id: 'first',
      groupBy: 'customer',
      first: { events: 1 },
      unit: 'USD',
      budget: 'tips',
      pay: { rule: 'percent', percent: '20' },
    },
    steps('marginal', CUSTOMERS, { id: 'customers', window: 'month', measure: 'customers' }),
    { id: 'paid', release: 'collected', unit: 'USD', budget: 'tips', pay: { rule: 'percent', percent: '6' } },
    { id: 'paid-bonus', release: 'collected', pay: { rule: 'flat', amount: '2.00' }, unit: 'USD' },
    steps(
      'cliff',
      [
        { from: '0', percent: '2' },
        { from: '15.00', percent: '4' },
      ],
      { id: 'paid-volume', window: 'month', release: 'collected' },
    ),
    { id: 'above', payTo: 'parent', unit: 'USD', budget: 'pot', pay: { rule: 'percent', percent: '2.5' } },
    { id: 'above-paid', payTo: 'parent', release: 'collected', pay: { rule: 'percent', percent: '4' } },
    steps(
      'marginal',
      [
        { from: '0', percent: '1' },
        { from: '20.00', percent: '2' },
      ],
      { id: 'top', payTo: 'parent', level: 2, window: 'quarter' },
    ),
  ],
  onlyOneOf: [{ incentives: ['fixed', 'rate'], choose: 'best' }],
};

const LATE = { earned: 'at-close', lateAfterClose: 'next-window' };
/** Incentives for which it matters whether an event comes before or after the close of its window. */
export const LATE_TERMS = [
  steps(
    'cliff',
    [
      { from: '0', percent: '2' },
      { from: '30.00', percent: '5' },
    ],
    { ...LATE, id: 'late-next', window: 'month', groupBy: 'customer' },
  ),
  steps('marginal', [{ from: '10.00', percent: '4' }], {
    ...LATE,
    id: 'late-out',
    window: 'month',
    lateAfterClose: 'keep-out',
    graceDays: 3,
  }),
  {
    ...LATE,
    id: 'late-growth',
    window: 'quarter',
    against: 'previous',
    pay: { rule: 'percent', percent: '7' },
  },
  {
    ...LATE,
    id: 'late-above',
    window: 'month',
    payTo: 'parent',
    unit: 'USD',
    pay: { rule: 'percent', percent: '3', mostEach: '0.50' },
  },
  {
    ...LATE,
    id: 'late-paid',
    window: 'month',
    release: 'collected',
    unit: 'USD',
    pay: { rule: 'percent', percent: '9', mostEach: '1.10' },
  },
  steps('marginal', ATTAINED, { ...LATE, id: 'late-target', window: 'quarter', against: 'quota' }),
  steps('cliff', CUSTOMERS, { ...LATE, id: 'late-customers', window: 'month', measure: 'customers' }),
  steps('cliff', [{ from: '10', amount: '1.00' }], {
    ...LATE,
    id: 'late-reading',
    window: 'quarter',
    measure: 'reading market_share',
    lateAfterClose: 'keep-out',
    when: { kinds: ['reading'] },
  }),
];

export type Sent = { partner: PartnerRows; batches: Happening[][] };
export type Told = Sent & { story: Story };

const quotaOf = ({ code, programId }: CompanyRows, { partner }: Sent, { occurredAt, amount }: Happening) => ({
  partner: partner.code,
  partnerId: partner.id,
  program: code,
  programId,
  name: 'standard',
  window: 'quarter' as const,
  start: occurredAt,
  currency: 'USD' as const,
  reason: null,
  value: amount ?? null,
});

const wireOf = (program: string, { partner }: Sent, { of, ...happening }: Happening): WireEvent => ({
  ...happening,
  source: 'shop',
  id: `${partner.code}/${happening.id}`,
  program,
  partner: partner.code,
  ...(of === undefined ? {} : { [happening.kind === 'refund' ? 'refundOf' : 'collects']: `${partner.code}/${of}` }),
});

/** Sends the first batches of all stories, closes what has ended, works all out, then the second ones, and so on. */
export async function tellAll(
  db: DatabasePool,
  company: CompanyRows,
  told: readonly Sent[],
  by: string,
  { isClosing = true } = {},
): Promise<void> {
  const { code } = company;
  const rounds = Math.max(...told.map(({ batches }) => batches.length));
  for (let round = 0; round < rounds; round += 1) {
    const sent = told.flatMap((one) => (one.batches[round] ?? []).map((happening) => ({ one, happening })));
    const [quotas, events] = [true, false].map((is) =>
      sent.filter(({ happening }) => (happening.kind === 'quota') === is),
    );
    await db.transaction((tx) =>
      recordQuotas(
        tx,
        (quotas ?? []).map(({ one, happening }) => quotaOf(company, one, happening)),
        by,
      ),
    );
    const wires = (events ?? []).map(({ one, happening }) => wireOf(code, one, happening));
    for (let start = 0; start < wires.length; start += 1000) {
      const page = wires.slice(start, start + 1000).map((wire, unit) => ({ wire, unit }));
      await intakeEvents(db, page, { nowMs: Date.parse('2026-12-01T00:00:00Z'), strict: true, by });
    }
    if (isClosing) await closeWindows(db);
    await accrueAll(db, code);
  }
}

/** Gives each partner of some stories a parent and a grandparent, whose codes are that of the partner with the level. */
export async function addAbove(db: DatabasePool, told: readonly Pick<Sent, 'partner'>[]): Promise<void> {
  const codes = sql.array(
    told.map(({ partner }) => partner.code),
    'text',
  );
  await db.query(sql.unsafe`
    insert into partner(code, name, kind, country)
    select told || '.' || level, 'Above', 'distributor', 'US' from unnest(${codes}) told, generate_series(1, 2) level`);
  await db.query(sql.unsafe`
    insert into partner_parent(partner_id, parent_id, starts_on, reason)
    select below.id, above.id, '2020-01-01', 'Contract' from unnest(${codes}) told
    join partner below on below.code in (told, told || '.1')
    join partner above on above.code = case when below.code = told then told || '.1' else told || '.2' end`);
}
