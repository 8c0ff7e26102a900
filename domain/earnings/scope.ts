import { type Fraction, minus, plus, ZERO } from '../fraction.ts';
import { divideHalfEven } from '../money.ts';
import { type IncentiveTerms, type Measures, NOTHING, payOf } from '../programs/incentives/index.ts';
import type { UnitCode } from '../unit.ts';

/** The incentive of a scope, as one version of a plan has it. */
export type TermsOfVersion = (versionId: number) => IncentiveTerms;

/** The measures of a window under the terms of one version, from the instant at which the partner had them. */
export type Segment = { readonly versionId: number; readonly sinceMs: number; readonly measures: Measures };

type Since = Pick<Segment, 'versionId' | 'sinceMs'>;

/**
 * An event of a scope that counts only the first ones of a customer, as far as it is rated by one version of a plan. The parts of an event
 * that partners below share may be rated by several.
 */
export type Member = {
  readonly originId: bigint;
  /** The source and id of the event, which decide where two happened at the same instant. */
  readonly key: string;
  readonly atMs: number;
  readonly versionId: number;
  readonly measures: Measures;
};

/** By this key a scope keeps its members. */
export const memberKey = ({ originId, versionId }: Pick<Member, 'originId' | 'versionId'>): string =>
  `${originId}/${versionId}`;

export const addMeasures = (one: Measures, other: Measures): Measures => ({
  volume: one.volume + other.volume,
  of: one.of + other.of,
  base: one.base + other.base,
});

export const lessMeasures = (one: Measures, other: Measures): Measures => ({
  volume: one.volume - other.volume,
  of: one.of - other.of,
  base: one.base - other.base,
});

export const isNothing = ({ volume, of, base }: Measures): boolean => volume === 0n && of === 0n && base === 0n;

/** An exact amount as minor units, half-even, and never below zero. */
export function rounded({ numerator, denominator }: Fraction): bigint {
  const minor = divideHalfEven(numerator, denominator);
  return minor > 0n ? minor : 0n;
}

/** The worth of measures by one incentive, in minor units. */
export const worthOf = (terms: IncentiveTerms, measures: Measures, currency: UnitCode): bigint =>
  rounded(payOf(terms, currency).exact(measures));

/** The order of segments: the older terms first. */
export const bySince = (one: Since, other: Since): number =>
  one.sinceMs - other.sinceMs || one.versionId - other.versionId;

/** Adds measures to the segments of a window. */
export function withMeasures(segments: readonly Segment[], added: Segment): Segment[] {
  const isSame = ({ versionId, sinceMs }: Segment) => versionId === added.versionId && sinceMs === added.sinceMs;
  if (!segments.some(isSame)) return [...segments, added].toSorted(bySince);
  return segments.map((segment) =>
    isSame(segment) ? { ...segment, measures: addMeasures(segment.measures, added.measures) } : segment,
  );
}

/**
 * The worth of a window in minor units, rounded once. Terms that change within it split it into segments, oldest first. The volume carries
 * over and the old part keeps its price: with cumulative volumes v0 < v1 < v2, terms A until v1 and B after it, the window is worth
 * A(v1) - A(v0) + B(v2) - B(v1). A quota is compared with the volume from its beginning.
 */
export function worthOfWindow(
  segments: readonly Segment[],
  terms: TermsOfVersion,
  currency: UnitCode,
  quota = 0n,
): bigint {
  const start: Measures = { ...NOTHING, base: quota };
  const [only] = segments;
  if (only && segments.length === 1) return worthOf(terms(only.versionId), addMeasures(start, only.measures), currency);
  let before = start;
  let exact: Fraction = ZERO;
  for (const { versionId, measures } of segments) {
    const pay = payOf(terms(versionId), currency);
    const after = addMeasures(before, measures);
    exact = plus(exact, minus(pay.exact(after), pay.exact(before)));
    before = after;
  }
  return rounded(exact);
}

/** Marks the measures of a reading, so that a reading of 0 is one too. */
export const READ = 1n;

/** The last reading of a window. Undefined where there is none. */
export function lastReading(readings: Iterable<Member>): Member | undefined {
  let last: Member | undefined;
  for (const reading of readings)
    if (!last || (byTime(last, reading) || last.versionId - reading.versionId) < 0) last = reading;
  return last;
}

/** Takes over a reading, or forgets it where nothing of it is left. */
export function takeReading(members: Map<string, Member>, reading: Member): void {
  const id = memberKey(reading);
  const measures = addMeasures(members.get(id)?.measures ?? NOTHING, reading.measures);
  if (measures.base === 0n) members.delete(id);
  else members.set(id, { ...reading, measures });
}

/** The order in which events happened. */
export const byTime = (one: Member, other: Member): number =>
  one.atMs - other.atMs || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0);
