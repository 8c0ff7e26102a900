import { addMonths, localDate } from '../calendar.ts';
import type { UnitCode } from '../unit.ts';
import { byTime, type Member, type TermsOfVersion, worthOf } from './scope.ts';

/** The purchases of a customer of which only the first ones count: so many, or those of the first months. */

type Rules = { readonly terms: TermsOfVersion; readonly currency: UnitCode; readonly zone: string };

/** The purchases in the order in which they happened. A purchase that went back whole is none of them. */
type Line = { readonly present: Member[]; readonly versions: Set<number> };

/** A scope keeps its line while its page is worked out, so that a change does not sort all purchases again. */
const lines = new WeakMap<ReadonlyMap<bigint, Member>, Line>();

const isPresent = ({ measures }: Member): boolean => measures.volume > 0n;

function lineOf(members: ReadonlyMap<bigint, Member>): Line {
  const known = lines.get(members);
  if (known) return known;
  const present = [...members.values()].filter(isPresent).toSorted(byTime);
  const line = { present, versions: new Set(present.map(({ versionId }) => versionId)) };
  lines.set(members, line);
  return line;
}

/**
 * Changes a purchase, adds it or takes it away, and returns the difference that this makes to what all are worth, in minor units. Only
 * purchases are looked at that it may move in or out. Each is rounded by itself.
 */
export function changeMember(
  members: Map<bigint, Member>,
  originId: bigint,
  changed: Member | undefined,
  rules: Rules,
): bigint {
  const line = lineOf(members);
  const old = members.get(originId);
  let difference = 0n;
  if (old && isPresent(old)) {
    const place = placeOf(line.present, old);
    difference -= worthWith(line, place, rules);
    line.present.splice(place, 1);
  }
  if (changed) members.set(originId, changed);
  else members.delete(originId);
  if (changed && isPresent(changed)) {
    const place = placeOf(line.present, changed);
    line.present.splice(place, 0, changed);
    line.versions.add(changed.versionId);
    difference += worthWith(line, place, rules);
  }
  return difference;
}

/** The place of a purchase in the line, or the one that it would have. */
function placeOf(present: readonly Member[], member: Member): number {
  let [from, to] = [0, present.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = present[middle];
    if (other && byTime(other, member) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** How much more the line is worth with the purchase at a place than without it. */
function worthWith({ present, versions }: Line, place: number, rules: Rules): bigint {
  const limits = [...versions].flatMap((version) => rules.terms(version).first ?? []);
  const [first, next] = present;
  const movesMonths = place === 0 && next && limits.some((limit) => 'months' in limit);
  if (movesMonths) return worthOfAll(present, rules) - worthOfAll(present.slice(1), rules);
  const worthAt = worthIn(first, rules);
  const counts = new Set(limits.flatMap((limit) => ('events' in limit ? [limit.events] : [])));
  let worth = worthAt(present[place], place);
  for (const limit of counts)
    if (limit > place) worth += worthAt(present[limit], limit) - worthAt(present[limit], limit - 1);
  return worth;
}

/** The worth of all purchases of a line, in minor units. */
function worthOfAll(present: readonly Member[], rules: Rules): bigint {
  const worthAt = worthIn(present[0], rules);
  return present.reduce((total, member, place) => total + worthAt(member, place), 0n);
}

/** The worth of a purchase at a place of a line that begins with `first`: 0 where it is not one of the first. */
function worthIn(first: Member | undefined, { terms, currency, zone }: Rules) {
  const firstDay = first ? localDate(first.atMs, zone) : '';
  return (member: Member | undefined, place: number): bigint => {
    if (!member) return 0n;
    const incentive = terms(member.versionId);
    const limit = incentive.first;
    const counts =
      limit === undefined ||
      ('events' in limit ? place < limit.events : localDate(member.atMs, zone) < addMonths(firstDay, limit.months));
    return counts ? worthOf(incentive, member.measures, currency) : 0n;
  };
}
