import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { placeOnLadders } from '../../../commands/earnings/ladders.ts';
import { recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { dividePools } from '../../../commands/earnings/pools.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { recordFacts } from '../../../commands/partners/facts.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import { type QuotaWish, recordQuota } from '../../../commands/earnings/quotas.ts';
import { setBudgetAmount } from '../../../commands/programs/budgets.ts';
import { changeIntakeRules } from '../../../commands/programs/intake-rules.ts';
import { addLadderVersion } from '../../../commands/programs/ladders.ts';
import { addPlanVersion } from '../../../commands/programs/plans.ts';
import { declareAttributes } from '../../../commands/programs/programs.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import { LadderTerms } from '../../../domain/programs/ladder.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { pointsOfTerms } from '../../../domain/programs/points.ts';
import type { UnitCode } from '../../../domain/unit.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addBudgetOf } from '../../fixtures/budgets.ts';
import { tamper } from '../../fixtures/database.ts';
import { addPoints } from '../../fixtures/points.ts';
import { addActor, addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';

/** The pages of docs/earning/ are tests: their terms earn what their tables say, event by event. */

const FOLDER = join(import.meta.dirname, '../../../docs/earning');
const PAGES = (await readdir(FOLDER)).filter((name) => name !== 'README.md');

type Row = Record<string, string>;
type Case = { page: string; heading: string; terms: unknown[]; rows: Row[] };

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The sections of a page that have terms and a table of events. */
async function casesOf(page: string): Promise<Case[]> {
  const sections = (await readFile(join(FOLDER, page), 'utf8')).split(/^## /m);
  return sections.flatMap((section) => {
    const terms = Array.from(section.matchAll(/^```json\n([\s\S]*?)^```/gm), ([, json = '']): unknown =>
      JSON.parse(json),
    );
    const [header = '', , ...lines] = section.split('\n').filter((line) => line.startsWith('|'));
    const names = cellsOf(header);
    const rows = lines.map((line) =>
      Object.fromEntries(cellsOf(line).map((cell, index) => [names[index] ?? '', cell])),
    );
    return names[0] === 'event' ? [{ page, heading: section.split('\n')[0] ?? '', terms, rows }] : [];
  });
}
const CASES = (await Promise.all(PAGES.map(casesOf))).flat();

const ATTRIBUTES = ['customer', 'product'];
const AMOUNTS = ['tax', 'shipping'];
const METRICS = ['service_score', 'market_share'];
const Version = z.strictObject({ effectiveFrom: z.iso.datetime(), incentives: z.array(z.unknown()) });
/** The ladder of a program. */
const Ladder = z.strictObject({ fact: z.string(), from: z.iso.date(), terms: LadderTerms });
/** Terms are the incentives of a plan, or the whole plan. */
const termsOf = (terms: unknown): PlanTerms =>
  PlanTerms.parse(Array.isArray(terms) ? { holdDays: 0, rounding: 'half-even', incentives: terms } : terms);

/** The unit of a column: that of its incentive, or of the only one. */
const unitOf = ({ incentives }: PlanTerms, column: string): UnitCode =>
  incentives.find(({ id }) => column === 'earns' || id === column)?.unit ?? 'USD';

const pick = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));

/** A row of kind `fact` says that a value of a key, such as `tier gold`, holds from its day on. */
function factOf({ event = '', day = '' }: Row, partner: string) {
  const [key = '', value = ''] = event.split(' ');
  return { partner, key, value, holds: true, from: day, until: null, reference: null, reason: null };
}

/** A row of kind `quota` says the quota of the quarter that begins on its day. */
const quotaOf = ({ amount, units, day = '' }: Row, partner: string, program: string): QuotaWish => ({
  partner,
  program,
  name: 'standard',
  window: 'quarter',
  start: day,
  currency: units ? null : 'USD',
  value: units || amount || null,
  reason: null,
});

/** A row of kind `budget` gives the budget of its name an amount, and adds it first. */
async function setBudget({ event: code = '', amount = '' }: Row, company: CompanyRows): Promise<void> {
  const amountMinor = parseDecimal(amount, 'USD').minor;
  const wish = { amountMinor, reason: 'The campaign' };
  await setBudgetAmount(fixture.app, { program: company.code, code }, wish, company.approver).catch(() =>
    addBudgetOf(fixture.app, company, code, amountMinor),
  );
}

/** The event of a row, as it would be sent; the product itself makes those of the kinds `closing` and `division`. A day without a time is its noon. */
function wireOf(row: Row, prefix: string) {
  const { event = '', day = '', kind = 'sale', refunds, collects, amount, units, revision } = row;
  const metric = METRICS.find((name) => row[name]);
  const [amounts, attributes] = [pick(row, AMOUNTS), pick(row, ATTRIBUTES)];
  return {
    source: 'shop',
    id: prefix + event,
    kind,
    occurredAt: `${day}T12:00:00Z`,
    ...(amount || Object.keys(amounts).length > 0 ? { currency: Currency.parse(row['currency'] ?? 'USD') } : {}),
    ...(amount && { amount }),
    ...(Object.keys(amounts).length > 0 && { amounts }),
    ...(units && { quantity: Number(units) }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(metric && { reading: { metric, value: row[metric] ?? '', on: row['about'] ?? '' } }),
    ...(revision && { revision: Number(revision) }),
    ...(refunds && { refundOf: prefix + refunds }),
    ...(collects && { collects: prefix + collects }),
  };
}

const KNOWN = [
  'event',
  'day',
  'kind',
  'partner',
  'refunds',
  'collects',
  'currency',
  'amount',
  'units',
  'revision',
  'about',
  'arithmetic',
  ...AMOUNTS,
  ...ATTRIBUTES,
  ...METRICS,
];
const LastRow = z.object({ id: z.bigint() });
const Sum = z.object({ incentive: z.string(), minor: z.bigint() });

/** The rates of a page: a table with a day in each row, and a currency in each column. */
async function ratesOf(page: string) {
  const [intro = ''] = (await readFile(join(FOLDER, page), 'utf8')).split('\n## ');
  const [header = '', , ...lines] = intro.split('\n').filter((line) => line.startsWith('|'));
  const quotes = cellsOf(header).map((cell) => cell.slice('1 EUR in '.length));
  return lines.flatMap((line) => {
    const [day = '', ...rates] = cellsOf(line);
    return rates.map((rate, index) => ({ day, quote: quotes[index + 1] ?? '', rate }));
  });
}

/** Closes the windows that are over, and divides their pools, as if their last divisions were of the day before. */
async function close(): Promise<void> {
  await closeWindows(fixture.app);
  await tamper(fixture.owner, sql.unsafe`update pool_division set divided_at = divided_at - interval '1 day'`);
  await dividePools(fixture.app);
}

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
  const by = await addActor(fixture.app);
  await recordRates(fixture.app, await ratesOf('currencies.md'), { source: 'ECB', by, nowMs: Date.now() });
});
afterAll(() => fixture.close());

describe.each(CASES)('given the terms of docs/earning/$page, $heading', ({ terms: [first, ...later], rows }) => {
  it('when its events arrive one after the other then each earns what the table says', async () => {
    const company = await addCompany(fixture.app, { terms: termsOf(first) });
    await declareAttributes(fixture.app, company.code, ATTRIBUTES, company.approver);
    await changeIntakeRules(fixture.app, company.code, { exactAmounts: true }, company.approver);
    for (const code of pointsOfTerms(termsOf(first))) await addPoints(fixture.app, company, { code });
    const ladders = later.map((one) => Ladder.safeParse(one)).flatMap(({ data }) => data ?? []);
    for (const ladder of ladders)
      await addLadderVersion(fixture.app, company.code, { ...ladder, reason: 'Guide' }, company.approver);
    for (const { effectiveFrom, incentives } of later.slice(ladders.length).map((one) => Version.parse(one)))
      await addPlanVersion(
        fixture.app,
        await getProgram(fixture.app, company.code),
        'standard',
        { terms: termsOf(incentives), effectiveFrom: new Date(effectiveFrom) },
        company.approver,
      );
    const [partner, parent] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
    const above = { partner: partner.code, parent: parent.code, from: '2020-01-01', until: null, reason: 'Contract' };
    await recordParent(fixture.app, above, company.approver);
    const names = [...new Set(rows.flatMap((row) => row['partner'] || []))];
    const partners = new Map<string, PartnerRows>();
    for (const name of names) partners.set(name, await addPartner(fixture.app, company));
    const played: Row[] = [];
    const steps: string[] = [];
    let last = 0n;
    for (const row of rows) {
      const ours = ['closing', 'division', 'quota'].find((kind) => kind === row['kind']) ?? null;
      const mine = partners.get(row['partner'] ?? '') ?? partner;
      const wire = { ...wireOf(row, `${partner.code}/`), program: company.code, partner: mine.code };
      const options = { nowMs: Date.parse('2026-12-31T00:00:00Z'), strict: true, by: company.approver };
      // The rows of several partners tell of one closing or division.
      const step = row['partner'] && ours ? `${ours} ${row['day']}` : '';
      if (step === '' || step !== steps.at(-1))
        last = await fixture.app.oneFirst(sql.type(LastRow)`select coalesce(max(id), 0) as id from event`);
      steps.push(step);
      if (ours === 'closing' || ours === 'division') await close();
      else if (row['kind'] === 'rungs') await placeOnLadders(fixture.app, Date.parse(`${row['day']}T00:01:00Z`));
      else if (row['kind'] === 'quota')
        await recordQuota(fixture.app, quotaOf(row, partner.code, company.code), company.approver);
      else if (row['kind'] === 'budget') await setBudget(row, company);
      else if (row['kind'] === 'fact')
        await recordFacts(fixture.app, [factOf(row, partner.code)], { source: 'person', by: company.approver });
      else await intakeEvents(fixture.app, [{ wire, unit: 0 }], options);
      await accrueAll(fixture.app, company.code);
      const sums = await fixture.app.any(sql.type(Sum)`
        select earning.incentive_id as incentive, sum(earning.amount_minor)::bigint as minor
        from earning join event on event.id = event_id where earning.partner_id in (${mine.id}, ${parent.id}) and case when ${ours}::text is not null
          then event.kind = ${ours} and event.id > ${last} else source_id = ${wire.id} and revision = ${Number(row['revision'] || 1)} end group by 1`);
      const earned = (id: string) =>
        sums.filter(({ incentive }) => id === 'earns' || incentive === id).reduce((sum, { minor }) => sum + minor, 0n);
      const columns = Object.keys(row).filter((name) => !KNOWN.includes(name));
      played.push({
        ...row,
        ...Object.fromEntries(
          columns.map((name) => [name, formatDecimal(money(earned(name), unitOf(termsOf(first), name)))]),
        ),
      });
    }
    expect(played).toEqual(rows);
  });
});
