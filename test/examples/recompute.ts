import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beginningOf, comparedDay, dayIn, monthsAfter, windowOf } from './calendar.ts';
import { type Exact, negated, printed, roundedWorth, scaled, sum } from './exact.ts';
import { type Fact, type Happened, readHappened } from './facts.ts';
import { type Counted, FINE_DIGITS, type Incentive, isCounted, measureOf, ofOf, READING, worthOf } from './terms.ts';

/**
 * Works out an example a second time, from its files alone: with other arithmetic, other dates and another reader than the product's, and
 * from the state at the end rather than by differences.
 */

/** The sum that a partner earned by one incentive in one window. An event that is paid by itself counts in its month. */
export type Golden = {
  partner: string;
  incentive: string;
  window: string;
  /** The value by which events are counted apart, such as the customer. */
  group?: string;
  currency: string;
  amount: string;
};

type Terms = { incentives: Incentive[] };
type Period = { plan: string; startsOn: string; endsOn?: string };
type Program = {
  schedule: { zone: string };
  plans: { code: string; terms: Terms; versions?: { effectiveFrom: string; terms: Terms }[] }[];
  partners: { code: string; agreements: Period[] }[];
  moves?: { partner: string; plan: string; from: string }[];
  events: string[];
};

export function recompute(folder: string): Golden[] {
  const program = JSON.parse(readFileSync(join(folder, 'program.json'), 'utf8')) as Program;
  const cells = readHappened(folder, program.events).flatMap((happened) => cellsOf(happened, program));
  const scopes = [...Map.groupBy(cells, ({ key }) => key).values()].map((all) => goldenOf(all, program.schedule.zone));
  const sums = Map.groupBy(scopes, ({ partner, incentive, window, group = '', currency }) =>
    [partner, incentive, window, group, currency].join('|'),
  );
  return [...sums]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, [first, ...others]]) => {
      if (!first) return [];
      const { minor, ...golden } = first;
      const total = others.reduce((all, other) => all + other.minor, minor);
      return total === 0n ? [] : [{ ...golden, amount: printed(total, golden.currency) }];
    });
}

/** The terms of an event: the plan of its local day, in the version of its instant, and since when the partner had them. */
function termsOf({ partner, atMs }: Fact, { plans, partners, moves = [], schedule: { zone } }: Program) {
  const day = dayIn(zone, atMs);
  const agreed = partners.find(({ code }) => code === partner)?.agreements ?? [];
  const period = agreed.find(({ startsOn, endsOn }) => startsOn <= day && (endsOn === undefined || day < endsOn));
  if (!period) return undefined;
  const move = moves
    .filter((one) => one.partner === partner && one.from <= day)
    .toSorted((one, other) => (one.from < other.from ? 1 : -1))[0];
  const plan = plans.find(({ code }) => code === (move?.plan ?? period.plan));
  const version = (plan?.versions ?? []).filter(({ effectiveFrom }) => Date.parse(effectiveFrom) <= atMs).at(-1);
  const sinceMs = Math.max(
    version ? Date.parse(version.effectiveFrom) : 0,
    beginningOf(zone, move?.from ?? period.startsOn),
  );
  return { terms: version?.terms ?? plan?.terms, sinceMs };
}

/** The contribution of one event to one scope. */
type Cell = Omit<Golden, 'amount'> & {
  key: string;
  incentiveOf: Incentive;
  counted: Counted;
  sinceMs: number;
  atMs: number;
  place: number;
  isReading?: boolean;
  /** The value that was read; the other events of its window have none. */
  reading?: bigint | undefined;
  /** The amount of a deduction, which other earnings of its event limit. */
  minor?: bigint;
};

function cellsOf(happened: Happened, program: Program): Cell[] {
  const { zone } = program.schedule;
  const found = termsOf(happened.whole, program);
  const cells = (found?.terms?.incentives ?? []).flatMap((incentive) =>
    cellsBy(incentive, happened, zone).map((cell) => ({ ...cell, sinceMs: found?.sinceMs ?? 0 })),
  );
  let left = cells
    .filter(
      ({ incentiveOf }) => !incentiveOf.deduct && (incentiveOf.window ?? 'event') === 'event' && !incentiveOf.first,
    )
    .reduce((total, one) => total + roundedWorth(worthOf(one.incentiveOf, one.counted, one.currency)), 0n);
  return cells.map((cell) => {
    if (!cell.incentiveOf.deduct) return cell;
    const asked = roundedWorth(worthOf(cell.incentiveOf, cell.counted, cell.currency));
    const taken = asked < left ? asked : left;
    left -= taken;
    return { ...cell, minor: -taken };
  });
}

/** The cells of an event by one incentive: in its own window, and in the one that is compared with it. */
function cellsBy(incentive: Incentive, { left, whole, place }: Happened, zone: string): Omit<Cell, 'sinceMs'>[] {
  const { when = {}, window = 'event', groupBy, first, unit } = incentive;
  const fact = incentive.onRefund === 'ignore' ? whole : left;
  const day = dayIn(zone, fact.atMs);
  const isFor =
    (when.kinds ?? ['sale']).includes(fact.kind) &&
    day >= (when.from ?? '') &&
    day < (when.until ?? '9999') &&
    (unit === undefined || fact.currency === undefined || fact.currency === unit) &&
    Object.entries(when.event ?? {}).every(([name, values]) => values.includes(fact.attributes[name] ?? ''));
  if (!isFor) return [];
  if (measureOf(incentive).startsWith(READING)) return readingCells(incentive, { fact, day, place });
  const currency = unit ?? fact.currency;
  const measure = measureOf(incentive);
  const of = ofOf(incentive);
  const [volume, ofAmount] = [measured(fact, measure), of === undefined ? 0n : measured(fact, of)];
  const group = groupBy === undefined ? undefined : fact.attributes[groupBy];
  const lacks = volume === undefined || ofAmount === undefined || (groupBy !== undefined && group === undefined);
  if (currency === undefined || lacks) return [];
  const isAlone = window === 'event' && !first;
  const cellIn = (name: string, counted: Counted) => {
    const about = { partner: fact.partner, incentive: incentive.id, window: name, ...(group && { group }), currency };
    const key = [...Object.values(about), window, measure, of, isAlone ? fact.id : ''].join('|');
    return { ...about, key, incentiveOf: incentive, counted, atMs: fact.atMs, place };
  };
  const own = cellIn(first ? 'lifetime' : windowOf(window, day, when.from), { volume, of: ofAmount, base: 0n });
  if (incentive.against === undefined) return [own];
  const compared = windowOf(window, comparedDay(window, day, incentive.against));
  return [own, cellIn(compared, { ...NONE, base: volume })];
}

/** A reading counts in the window that it is about, and other events bring the amount that is paid by it. */
function readingCells(
  incentive: Incentive,
  { fact, day, place }: { fact: Fact; day: string; place: number },
): Omit<Cell, 'sinceMs'>[] {
  const { id, window = 'event', when = {}, unit = '' } = incentive;
  const of = ofOf(incentive);
  const isOfMetric = measureOf(incentive) === READING + fact.reading?.metric;
  const reading = isOfMetric && fact.reading ? scaled(fact.reading.value, FINE_DIGITS) : undefined;
  const ofAmount = reading === undefined && of !== undefined ? measured(fact, of) : 0n;
  if (ofAmount === undefined || (reading === undefined && of === undefined)) return [];
  const name = windowOf(window, (isOfMetric && fact.reading?.on) || day, when.from);
  const about = { partner: fact.partner, incentive: id, window: name, currency: unit };
  const counted = { ...NONE, of: ofAmount };
  const key = [...Object.values(about), window, of].join('|');
  return [{ ...about, key, incentiveOf: incentive, counted, atMs: fact.atMs, place, isReading: true, reading }];
}

function measured({ amounts, quantity, isGone }: Fact, measure: string): bigint | undefined {
  if (isCounted(measure)) return measure === 'quantity' ? quantity : isGone ? 0n : 1n;
  const [name = '', ...others] = measure.split(' - ');
  const from = amounts[name];
  if (from === undefined) return undefined;
  const rest = others.reduce((total, other) => total - (amounts[other] ?? 0n), from);
  return rest > 0n ? rest : 0n;
}

const NONE: Counted = { volume: 0n, of: 0n, base: 0n };
const added = (one: Counted, other: Counted): Counted => ({
  volume: one.volume + other.volume,
  of: one.of + other.of,
  base: one.base + other.base,
});

function goldenOf(cells: readonly Cell[], zone: string): Omit<Golden, 'amount'> & { minor: bigint } {
  const [cell] = cells;
  if (!cell) throw new Error('A scope has no event.');
  const { partner, incentive, window, group, currency } = cell;
  const about = { partner, incentive, window, ...(group && { group }), currency };
  if (cell.minor !== undefined) return { ...about, minor: cell.minor };
  if (cell.incentiveOf.first) return { ...about, minor: firstOnes(cells, zone) };
  if (cell.isReading) return { ...about, minor: lastReading(cells) };
  return { ...about, minor: roundedWorth(sum(segmentsOf(cells))) };
}

/** The worth of a window by its last reading. Without one it is 0. */
function lastReading(cells: readonly Cell[]): bigint {
  const of = cells.reduce((total, { counted }) => total + counted.of, 0n);
  const last = cells
    .filter(({ reading }) => reading !== undefined)
    .toSorted((one, other) => one.atMs - other.atMs || one.place - other.place)
    .at(-1);
  if (last?.reading === undefined) return 0n;
  return roundedWorth(worthOf(last.incentiveOf, { ...NONE, volume: last.reading, of }, last.currency));
}

/** The parts of a window, each under the terms of its days: what the volume is worth up to its end, less up to its beginning. */
function segmentsOf(cells: readonly Cell[]): Exact[] {
  const segments = [...Map.groupBy(cells, ({ sinceMs }) => sinceMs)].toSorted(([one], [other]) => one - other);
  let before = NONE;
  return segments.flatMap(([, all]) => {
    const [first] = all;
    if (!first) return [];
    const after = all.reduce((total, { counted }) => added(total, counted), before);
    const parts = [
      worthOf(first.incentiveOf, after, first.currency),
      negated(worthOf(first.incentiveOf, before, first.currency)),
    ];
    before = after;
    return parts;
  });
}

function firstOnes(cells: readonly Cell[], zone: string): bigint {
  const there = cells
    .filter(({ counted }) => counted.volume > 0n)
    .toSorted((one, other) => one.atMs - other.atMs || one.place - other.place);
  const firstDay = there[0] ? dayIn(zone, there[0].atMs) : '';
  return there
    .filter(({ incentiveOf: { first }, atMs }, index) =>
      first?.events === undefined
        ? dayIn(zone, atMs) < monthsAfter(firstDay, first?.months ?? 0)
        : index < first.events,
    )
    .reduce(
      (total, { incentiveOf, counted, currency }) => total + roundedWorth(worthOf(incentiveOf, counted, currency)),
      0n,
    );
}
