/** Local days, in the zone of a program's schedule: from the first one until the first one after. Without an end, they go on. */
export type Days = { readonly from: string; readonly until: string | null };

/** The plan by which a partner earns on some days of a program. */
export type Term = Days & { readonly plan: string };

/** An agreement about some days, which supersedes earlier ones. Without a plan, the partner is not in the program. */
export type NewTerm = Days & { readonly plan: string | null };

export const covers = ({ from, until }: Days, day: string): boolean => from <= day && (until === null || day < until);

/** The term that covers a local day. Terms in effect never overlap. */
export const termOn = <Some extends Days>(terms: readonly Some[], day: string): Some | undefined =>
  terms.find((term) => covers(term, day));

const isAfter = (one: string | null, other: string | null): boolean => other !== null && (one === null || one > other);

const overlap = (one: Days, other: Days): boolean => isAfter(one.until, other.from) && isAfter(other.until, one.from);

/** The first term that shares a day with others. */
export const findOverlap = <Some extends Days>(terms: readonly Some[], days: Days): Some | undefined =>
  terms.find((term) => overlap(term, days));

/** The last days that a partner is in a program without a gap. Its terms follow each other, oldest first. */
export type Period = Days & { readonly terms: readonly Term[]; readonly plan: string };

/** The newest period of terms that are in effect, oldest first. Undefined if there are none. */
export function newestPeriod(terms: readonly Term[]): Period | undefined {
  const last = terms.at(-1);
  if (!last) return undefined;
  const start = terms.findLastIndex(({ from }, index) => terms[index - 1]?.until !== from);
  const period = terms.slice(start);
  return { from: period[0]?.from ?? last.from, until: last.until, plan: last.plan, terms: period };
}

/** A wish to change the newest period. The fields that it leaves out stay as they are. */
export type TermsChange = {
  readonly startsOn?: string | undefined;
  readonly endsOn?: string | null | undefined;
  readonly plan?: string | undefined;
  /** The first day of the plan. Without it, the plan holds from today on. */
  readonly from?: string | undefined;
};

export type Refused = { readonly field: string; readonly reason: string };

/**
 * The new terms that bring about a change of the newest period, in the order in which they supersede the others, or the field that
 * does not fit. A change that changes nothing has no terms.
 */
export function changeTerms(terms: readonly Term[], change: TermsChange, today: string): readonly NewTerm[] | Refused {
  const period = newestPeriod(terms);
  const [first] = period?.terms ?? [];
  if (!period || !first) return { field: 'program', reason: 'has no terms to change' };
  const days = {
    from: change.startsOn ?? period.from,
    until: change.endsOn === undefined ? period.until : change.endsOn,
  };
  const refused = whyNotDays(terms, period, change, days);
  if (refused) return refused;
  const moved = [...startTerms(period, first.plan, days), ...endTerms(period, days)];
  if (change.plan === undefined) return moved;
  const from = change.from ?? (today > days.from ? today : days.from);
  if (!covers(days, from)) return { field: 'from', reason: whyNotFrom(change, from, days) };
  const isSo = period.terms.every((term) => term.plan === change.plan || !isAfter(term.until, from));
  return isSo && moved.length === 0 ? [] : [...moved, { plan: change.plan, from, until: days.until }];
}

function whyNotDays(terms: readonly Term[], period: Period, change: TermsChange, days: Days): Refused | undefined {
  if (change.plan === undefined && change.from !== undefined)
    return { field: 'from', reason: 'is the first day of a plan: name the plan too' };
  if (!isAfter(days.until, days.from))
    return change.endsOn === undefined
      ? { field: 'startsOn', reason: `is not before ${days.until}, when the agreement ends` }
      : { field: 'endsOn', reason: `is not after ${days.from}` };
  const before = terms.at(-1 - period.terms.length)?.until ?? null;
  return before !== null && days.from < before
    ? { field: 'startsOn', reason: `is before ${before}, when an earlier period ends` }
    : undefined;
}

const whyNotFrom = ({ from }: TermsChange, day: string, { from: start, until }: Days): string =>
  from === undefined
    ? `is missing: today, ${day}, is not before ${until}, when the agreement ends`
    : `is not within the agreement, which holds from ${start}${until === null ? ' on' : ` until ${until}`}`;

/** An earlier start has the plan of the first day so far. After a later start, the days before it have no plan. */
function startTerms(period: Period, plan: string, { from }: Days): NewTerm[] {
  if (from < period.from) return [{ plan, from, until: period.from }];
  return from > period.from ? [{ plan: null, from: period.from, until: from }] : [];
}

/** A later end has the plan of the last day so far. After an earlier end, the days have no plan. */
function endTerms(period: Period, { from, until }: Days): NewTerm[] {
  if (until === period.until) return [];
  if (period.until !== null && isAfter(until, period.until))
    return [{ plan: period.plan, from: from > period.until ? from : period.until, until }];
  return until === null ? [] : [{ plan: null, from: until, until: period.until }];
}
