import { exact, type Exact, isBelow, minorOf, NOTHING, scaled, share, sum } from './exact.ts';

/** The worth of what an incentive counted, worked out for the golden results. Nothing here comes from the product. */

export type Step = { from: string; percent?: string; perUnit?: string; amount?: string };
type Bounds = { least?: string; most?: string };
export type Pay = Bounds &
  (
    | { rule: 'percent'; percent: string }
    | { rule: 'flat'; amount: string }
    | { rule: 'steps'; mode: 'marginal' | 'cliff'; of?: string; steps: Step[] }
  );

export type Incentive = {
  id: string;
  when?: { kinds?: string[]; from?: string; until?: string; event?: Record<string, string[]> };
  measure?: string;
  window?: string;
  groupBy?: string;
  first?: { events?: number; months?: number };
  pay: Pay;
  deduct?: boolean;
  unit?: string;
  onRefund?: 're-rate' | 'ignore';
  against?: 'previous' | 'last-year';
  growth?: 'difference' | 'percent';
};

export const measureOf = ({ measure, pay }: Incentive): string => measure ?? (pay.rule === 'flat' ? 'count' : 'amount');
export const READING = 'reading ';
export const isCounted = (measure: string): boolean => measure === 'count' || measure === 'quantity';

/** The amount of which a percentage is paid where the measure is not that amount. */
export function ofOf(incentive: Incentive): string | undefined {
  const { pay } = incentive;
  if (pay.rule !== 'steps' || !pay.steps.some(({ percent }) => percent !== undefined)) return undefined;
  const measure = measureOf(incentive);
  return (
    pay.of ??
    (isCounted(measure) || measure.startsWith(READING) ? 'amount' : isPercentOfGrowth(incentive) ? measure : undefined)
  );
}

const isPercentOfGrowth = ({ against, growth }: Incentive): boolean => against !== undefined && growth === 'percent';

/** The measures of a window, and the measure of the window that it is compared with. */
export type Counted = { volume: bigint; of: bigint; base: bigint };

/** Readings, and growth in percent, have six digits after the point. */
export const FINE_DIGITS = 6;
const WHOLE = 100n * 10n ** BigInt(FINE_DIGITS);

/** The volume that is paid: the growth where two windows are compared. */
function paidVolume(incentive: Incentive, { volume, base }: Counted): bigint {
  if (incentive.against === undefined) return volume;
  const more = volume > base ? volume - base : 0n;
  if (!isPercentOfGrowth(incentive)) return more;
  return base === 0n ? 0n : (more * WHOLE) / base;
}

export function worthOf(incentive: Incentive, given: Counted, currency: string): Exact {
  const { least, most } = incentive.pay;
  const counted = { ...given, volume: paidVolume(incentive, given) };
  const worth = unbounded(incentive, counted, currency);
  if (counted.volume === 0n) return least === undefined && most === undefined ? worth : NOTHING;
  const [floor, ceiling] = [least, most].map((text) => text && exact(minorOf(text, currency)));
  if (floor && isBelow(worth, floor)) return floor;
  return ceiling && isBelow(ceiling, worth) ? ceiling : worth;
}

function unbounded(incentive: Incentive, { volume, of }: Counted, currency: string): Exact {
  const { pay } = incentive;
  if (pay.rule === 'percent') return share(pay.percent, volume);
  if (pay.rule === 'flat') return exact(minorOf(pay.amount, currency) * volume);
  const isFine = isPercentOfGrowth(incentive) || measureOf(incentive).startsWith(READING);
  const counts = !isFine && isCounted(measureOf(incentive));
  const steps = pay.steps.map((step) => ({
    ...step,
    reached: isFine ? scaled(step.from, FINE_DIGITS) : counts ? BigInt(step.from) : minorOf(step.from, currency),
  }));
  const reached = steps.filter(({ reached: from }) => volume > 0n && volume >= from);
  const paying = pay.mode === 'cliff' ? reached.slice(-1) : reached;
  if (pay.steps[0]?.amount !== undefined)
    return sum(paying.map(({ amount = '0' }) => exact(minorOf(amount, currency))));
  return sum(
    paying.map(({ percent, perUnit = '0', reached: from }, index) => {
      const next = pay.mode === 'cliff' ? undefined : steps[index + 1]?.reached;
      const top = next === undefined || next > volume + (counts ? 1n : 0n) ? volume : next - (counts ? 1n : 0n);
      const bottom = pay.mode === 'cliff' || from === 0n ? 0n : from - (counts ? 1n : 0n);
      const units = top - bottom;
      if (percent === undefined) return exact(minorOf(perUnit, currency) * units);
      const { over, under } = share(percent, units);
      return ofOf(incentive) === undefined ? { over, under } : { over: over * of, under: under * volume };
    }),
  );
}
