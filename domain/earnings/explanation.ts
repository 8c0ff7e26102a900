import { addDays } from '../calendar.ts';
import { isOurs, REFUND } from '../event.ts';
import { formatMoney, money } from '../money.ts';
import { type Conversion, conversionWords, formatRate } from '../programs/exchange-rate.ts';
import {
  contextOf,
  type IncentiveTerms,
  levelOf,
  type Measures,
  measureOfTerms,
  NOTHING,
  payOf,
} from '../programs/incentives/index.ts';
import { formatMeasured, isMoney, isReading } from '../programs/incentives/measure.ts';
import { boundInputs, formatVolume } from '../programs/incentives/pay.ts';
import { heldOf, type PartnerThen } from '../programs/incentives/when-partner.ts';
import { incentiveOf, type PlanTerms } from '../programs/plan.ts';
import { type UnitCode, withUnit } from '../unit.ts';
import { type ByBudget, budgetWords, inWorth, lessBefore } from './budget.ts';
import type { Before } from './change.ts';
import { type DividingTerms, dividedWords, isDividing, type Part, partWords } from './pool.ts';
import { firstsWords } from './firsts-words.ts';
import { addMeasures, type Segment, withMeasures, worthOf } from './scope.ts';

/** Enough to compute every cent again, in words for the partner. Amounts are decimal strings, and rates are percentages. */
export type Explanation = {
  readonly rule: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly steps: readonly string[];
  readonly rounding: 'half-even';
};

/** A stored earning, with the terms that it names. */
export type Explained = ByBudget & {
  readonly kind: string;
  readonly revision: number;
  readonly incentiveId: string;
  readonly versionId: number;
  readonly sinceMs: number;
  readonly currency: UnitCode;
  readonly minor: bigint;
  readonly measures: Measures;
  readonly before: Before | null;
  readonly availableOn: string;
  /** The event that was worked out again, with the person who proposed it and the reason. Null for any other earning. */
  readonly again?: { readonly event: string; readonly by: string; readonly because: string } | null;
  /** The code of the partner below by whose part it is earned. Null for the own part, and where a window of partners below is closed. */
  readonly child: string | null;
  /** The window and group in which the event counts. Null where it is paid by itself. */
  readonly scope: {
    readonly window: string;
    readonly start: string;
    readonly group: string;
    readonly closesOn: string | null;
  } | null;
  /** The part of a pool that it books. Null where it books none. */
  readonly part: Part | null;
  /** The measure or attribute that the event lacks. */
  readonly lacks: string | null;
  /** The incentive by which the event earns instead. */
  readonly insteadOf: string | null;
  /** The closed window for which the event came late, such as `quarter 2026-01-01`. Null where it counts in its own. */
  readonly lateFor: string | null;
  /** The partner on the day of the event. Null where no incentive asks. */
  readonly partner: PartnerThen | null;
  /** The conversion of what is left of the event. Null where nothing was converted. */
  readonly converted: Conversion | null;
};

type TermsOf = (versionId: number) => PlanTerms;

/** Says how an earning was worked out, from the terms, the change of its measures and what was there before. */
export function explain(earning: Explained, termsOf: TermsOf): Explanation {
  const terms = incentiveOf(termsOf(earning.versionId), earning.incentiveId);
  return {
    rule: terms.pay.rule,
    inputs: inputsOf(earning, terms),
    steps: [
      ...workedOutAgain(earning),
      ...fromBelow(earning, terms),
      ...passedOver(earning, termsOf(earning.versionId)),
      ...(earning.converted ? conversionWords(earning.converted) : []),
      ...cameLate(earning),
      ...calculation(inWorth(earning), terms, termsOf),
      ...budgetWords(earning, terms.budget),
      releaseOf(earning, termsOf(earning.versionId)),
    ],
    rounding: 'half-even',
  };
}

const workedOutAgain = ({ again }: Explained): string[] =>
  again ? [`${again.event} was worked out again by ${again.by}, because: ${again.because}`] : [];

function fromBelow({ child }: Explained, terms: IncentiveTerms): string[] {
  const level = levelOf(terms);
  if (level === 0) return [];
  const where = level === 1 ? 'directly below' : `${level} levels below`;
  return [child === null ? `it is earned by the partners ${where}` : `it is earned by the part of ${child}, ${where}`];
}

/** Says that an event came after its window was closed, and where it counts. */
function cameLate({ lateFor, kind, scope }: Explained): string[] {
  if (lateFor === null) return [];
  const closed = `the ${kind} came after the ${lateFor.replace(' ', ' from ')} was closed`;
  return [
    scope ? `${closed}, so it counts in the ${scope.window} from ${scope.start}` : `${closed}, so it does not count`,
  ];
}

/** Says by which incentive an event earns instead, and why. */
function passedOver({ insteadOf, incentiveId, kind }: Explained, plan: PlanTerms): string[] {
  if (insteadOf === null) return [];
  const group = plan.onlyOneOf?.find(({ incentives }) =>
    [insteadOf, incentiveId].every((id) => incentives.includes(id)),
  );
  const words = { best: 'earns most', first: 'comes first' };
  return [
    group
      ? `the ${kind} earns by ${insteadOf}, which ${words[group.choose]}: only one of ${group.incentives.join(', ')} pays it`
      : `the ${kind} earns by ${insteadOf}, which excludes ${incentiveId}`,
  ];
}

function inputsOf(
  { measures, before, currency, scope, child, partner, converted, part }: Explained,
  terms: IncentiveTerms,
): Record<string, string> {
  const context = contextOf(terms, currency);
  const { pay } = terms;
  return {
    ...(isReading(measureOfTerms(terms)) && measures.base === 0n
      ? {} // an event that is not a reading
      : { [measureOfTerms(terms)]: formatMeasured(measures.volume, measureOfTerms(terms), context.counted) }),
    ...(context.of === null ? {} : { [context.of]: formatMoney(money(measures.of, context.counted)) }),
    ...(partner && terms.when.partner ? heldOf(terms.when.partner, partner) : {}),
    ...(pay.rule === 'percent' ? { percent: pay.percent } : {}),
    ...(pay.rule === 'flat' ? { each: withUnit(pay.amount, currency) } : {}),
    ...(pay.rule === 'steps' ? { mode: pay.mode } : {}),
    ...(part ? { pool: formatMoney(money(part.poolMinor, currency)) } : {}),
    ...(pay.rule === 'rate' ? { earn: withUnit(pay.earn, currency), per: withUnit(pay.per, context.counted) } : {}),
    ...boundInputs(pay.rule === 'share' ? {} : pay, currency),
    ...(before?.quota === undefined ? {} : { quota: quotaText(before.quota, terms, currency) }),
    ...(scope ? { window: scope.window, windowStart: scope.start } : {}),
    ...(scope && terms.groupBy !== undefined ? { [terms.groupBy]: scope.group } : {}),
    ...(scope && !terms.first
      ? { volumeBefore: formatMeasured(sumOf(before?.segments ?? []).volume, measureOfTerms(terms), context.counted) }
      : {}),
    ...(child === null ? {} : { from: child }),
    ...(before ? { earnedBefore: formatMoney(money(before.minor, currency)) } : {}),
    ...(converted ? { rate: `1 ${converted.from} is ${formatRate(converted)}` } : {}),
  };
}

const sumOf = (segments: readonly Segment[]): Measures =>
  segments.reduce((total, { measures }) => addMeasures(total, measures), NOTHING);

function calculation(earning: Explained, terms: IncentiveTerms, termsOf: TermsOf): string[] {
  const { lacks, insteadOf, lateFor, kind, before, currency, minor, scope, partner } = earning;
  if (partner?.barred && before === null && minor === 0n)
    return [`the partner ${partner.barred}, so the ${kind} earns nothing`];
  if (insteadOf !== null && before === null) return [];
  if (lateFor !== null && scope === null) return [];
  const nothing = terms.deduct ? 'nothing is deducted' : 'it earns nothing by this incentive';
  if (lacks !== null) return [`the ${kind} has ${lacks}, so ${nothing}`];
  if (terms.first) return firstsWords(earning, terms, terms.first);
  if (isDividing(terms)) return byDivision(earning, terms);
  if (scope && scope.closesOn !== null && !isOurs(kind) && minor === 0n && (before?.minor ?? 0n) === 0n)
    return [
      ...(isReading(measureOfTerms(terms)) ? lastRead(before, terms, currency) : moved(earning, terms)),
      `it is earned when the window is closed, on ${scope.closesOn}`,
    ];
  if (before?.reading !== undefined) return byReading(earning, before, terms);
  const after = afterwards(earning);
  const print = (amount: bigint) => formatMoney(money(amount, currency));
  const total = (before?.minor ?? 0n) + minor;
  return [
    ...moved(earning, terms),
    ...comparedWithQuota(before, terms, currency),
    ...(after.length > 1
      ? after.flatMap((_segment, index) => wordsOfSegment(after, index, earning, termsOf))
      : payOf(terms, currency).words(addMeasures(quotaOf(before), after[0]?.measures ?? NOTHING))),
    ...deducted(terms),
    ...paidSoFar(before),
    `${scope ? 'the window is worth' : 'that makes'} ${print(total)}, rounded`,
    ...(before && (before.segments.length > 0 || before.minor !== 0n) ? [lessBefore(before, minor, currency)] : []),
  ];
}

/** An incentive that waits for payments says how much of the event was paid. */
function paidSoFar(before: Before | null): string[] {
  if (!before?.collected) return [];
  const { minor, of, currency } = before.collected;
  return [`${formatMoney(money(minor, currency))} of ${formatMoney(money(of, currency))} collected so far`];
}

/** An event counts until the pool is divided. The events of a division book the parts. */
const byDivision = (earning: Explained, terms: DividingTerms): string[] =>
  earning.part
    ? partWords(terms, earning.part, earning)
    : [...moved(earning, terms), dividedWords(earning.scope?.closesOn ?? '')];

/** The reading of a window, which does not add up as other measures do. */
function lastRead(before: Before | null, terms: IncentiveTerms, currency: UnitCode): string[] {
  const context = contextOf(terms, currency);
  const reading = before?.reading ?? null;
  return [
    reading === null
      ? `there is no ${context.measure} yet`
      : `the last ${context.measure} is ${formatVolume(reading, context)}`,
  ];
}

function byReading({ currency, minor, measures }: Explained, before: Before, terms: IncentiveTerms): string[] {
  const context = contextOf(terms, currency);
  const print = (amount: bigint) => formatMoney(money(amount, currency));
  const of = sumOf(before.segments).of + measures.of;
  const { reading = null } = before;
  return [
    ...(reading === null
      ? [`there is no ${context.measure} yet, so nothing is earned`]
      : [...lastRead(before, terms, currency), ...payOf(terms, currency).words({ ...NOTHING, volume: reading, of })]),
    `the window is worth ${print(before.minor + minor)}, rounded`,
    lessBefore(before, minor, currency),
  ];
}

/** The quota of a window, as the measures that it adds. */
const quotaOf = (before: Before | null): Measures => ({ ...NOTHING, base: before?.quota ?? 0n });

const quotaText = (quota: bigint | null, terms: IncentiveTerms, currency: UnitCode): string =>
  quota === null ? 'none' : formatMeasured(quota, measureOfTerms(terms), contextOf(terms, currency).counted);

const comparedWithQuota = (before: Before | null, terms: IncentiveTerms, currency: UnitCode): string[] =>
  before?.quota === undefined || before.quota === null
    ? []
    : [`it is compared with the quota of ${quotaText(before.quota, terms, currency)}`];

const deducted = ({ deduct }: IncentiveTerms): string[] =>
  deduct ? ['it is taken from the other earnings of the event, and never more than they are'] : [];

/** The segments of the scope after the change. */
function afterwards({ before, versionId, sinceMs, measures }: Explained): readonly Segment[] {
  return before?.after ?? withMeasures(before?.segments ?? [], { versionId, sinceMs, measures });
}

function moved(earning: Explained, terms: IncentiveTerms): string[] {
  const { before, currency, scope } = earning;
  if (!scope && (before?.segments ?? []).length === 0) return [];
  const measure = measureOfTerms(terms);
  const { counted } = contextOf(terms, currency);
  const print = (volume: bigint) => formatMeasured(volume, measure, counted);
  const from = sumOf(before?.segments ?? []);
  const to = sumOf(afterwards(earning));
  const what = isMoney(measure) ? 'volume' : 'number';
  const change =
    from.volume === to.volume ? `is ${print(to.volume)}` : `goes from ${print(from.volume)} to ${print(to.volume)}`;
  return [
    `the ${what} ${change}`,
    ...(terms.against === undefined || terms.against === 'quota'
      ? []
      : [`it is compared with ${print(to.base)} of the other window`]),
  ];
}

/** The part of a window under the terms of one version: the worth of the volume up to its end, less the worth up to its beginning. */
function wordsOfSegment(
  segments: readonly Segment[],
  index: number,
  { incentiveId, currency, before }: Explained,
  termsOf: TermsOf,
): string[] {
  const segment = segments[index];
  if (!segment) return [];
  const terms = incentiveOf(termsOf(segment.versionId), incentiveId);
  const start = addMeasures(quotaOf(before), sumOf(segments.slice(0, index)));
  const end = addMeasures(start, segment.measures);
  const measure = measureOfTerms(terms);
  const { counted } = contextOf(terms, currency);
  const print = (volume: bigint) => formatMeasured(volume, measure, counted);
  const since = new Date(segment.sinceMs).toISOString().slice(0, 10);
  const carried = formatMoney(money(worthOf(terms, start, currency), currency));
  return [
    `terms since ${since}: from ${print(start.volume)} to ${print(end.volume)}`,
    ...payOf(terms, currency).words(end),
    ...(start.volume > 0n ? [`less ${carried} for the volume before these terms`] : []),
  ];
}

function releaseOf({ kind, revision, availableOn }: Explained, { holdDays }: PlanTerms): string {
  if (kind === REFUND || revision > 1) return `released with its event on ${availableOn}`;
  return `held ${holdDays} days from ${addDays(availableOn, -holdDays)}: until ${availableOn}`;
}
