import { addMonths, localDate } from '../calendar.ts';
import type { UnitCode } from '../unit.ts';
import { byTime, type Member, memberKey, type TermsOfVersion, worthOf } from './scope.ts';

/** The purchases of a customer of which only the first ones count: so many, or those of the first months. */

type Rules = { readonly terms: TermsOfVersion; readonly currency: UnitCode; readonly zone: string };

/** The parts of one event, each rated by its version of a plan. */
type Purchase = readonly Member[];
/** The purchases in the order in which they happened. A purchase that went back whole is none of them. */
type Line = { readonly present: Purchase[]; readonly versions: Set<number> };

/** A scope keeps its line while its page is worked out, so that a change does not sort all purchases again. */
const lines = new WeakMap<ReadonlyMap<string, Member>, Line>();

const isPresent = ({ measures }: Member): boolean => measures.volume > 0n;

function lineOf(members: ReadonlyMap<string, Member>): Line {
  const known = lines.get(members);
  if (known) return known;
  const parts = [...members.values()].filter(isPresent);
  const present = [...Map.groupBy(parts, ({ key, atMs }) => `${atMs} ${key}`).values()].toSorted(inTime);
  const line = { present, versions: new Set(parts.map(({ versionId }) => versionId)) };
  lines.set(members, line);
  return line;
}

const inTime = ([one]: Purchase, [other]: Purchase): number => (one && other ? byTime(one, other) : 0);

/** How many purchases there are. */
export const countPurchases = (members: ReadonlyMap<string, Member>): number => lineOf(members).present.length;

/**
 * Changes a part of a purchase, adds it or takes it away, and returns the difference that this makes to what all are worth, in minor units.
 * Only purchases are looked at that it may move in or out. Each part is rounded by itself.
 */
export function changeMember(members: Map<string, Member>, changed: Member, isGone: boolean, rules: Rules): bigint {
  const line = lineOf(members);
  const id = memberKey(changed);
  const old = members.get(id);
  let difference = 0n;
  if (old && isPresent(old)) difference -= takeOut(line, old, rules);
  if (isGone) members.delete(id);
  else members.set(id, changed);
  if (!isGone && isPresent(changed)) difference += putIn(line, changed, rules);
  return difference;
}

/** Puts a part into the line, and returns how much more the line is worth with it, in minor units. */
function putIn(line: Line, part: Member, rules: Rules): bigint {
  const { present, versions } = line;
  const place = placeOf(present, part);
  const others = partsAt(present, place, part);
  present.splice(place, others.length > 0 ? 1 : 0, [...others, part]);
  versions.add(part.versionId);
  return others.length > 0 ? worthIn(present[0], rules)([part], place) : worthWith(line, place, rules);
}

/** Takes a part out of the line, and returns how much more the line was worth with it, in minor units. */
function takeOut(line: Line, part: Member, rules: Rules): bigint {
  const { present } = line;
  const place = placeOf(present, part);
  const others = partsAt(present, place, part).filter(({ versionId }) => versionId !== part.versionId);
  const worth = others.length > 0 ? worthIn(present[0], rules)([part], place) : worthWith(line, place, rules);
  present.splice(place, 1, ...(others.length > 0 ? [others] : []));
  return worth;
}

/** The parts of the purchase at a place, where a part is one of them. */
function partsAt(present: readonly Purchase[], place: number, part: Member): Purchase {
  const purchase = present[place] ?? [];
  return purchase.some((one) => byTime(one, part) === 0) ? purchase : [];
}

/** The place of a purchase in the line, or the one that it would have. */
function placeOf(present: readonly Purchase[], part: Member): number {
  let [from, to] = [0, present.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = present[middle];
    if (other && inTime(other, [part]) < 0) from = middle + 1;
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
function worthOfAll(present: readonly Purchase[], rules: Rules): bigint {
  const worthAt = worthIn(present[0], rules);
  return present.reduce((total, purchase, place) => total + worthAt(purchase, place), 0n);
}

/** The worth of a purchase at a place of a line that begins with `first`: 0 for each part whose terms do not count it. */
function worthIn([first]: Purchase = [], { terms, currency, zone }: Rules) {
  const firstDay = first ? localDate(first.atMs, zone) : '';
  return (purchase: Purchase = [], place: number): bigint =>
    purchase.reduce((total, { versionId, atMs, measures }) => {
      const incentive = terms(versionId);
      const limit = incentive.first;
      const counts =
        limit === undefined ||
        ('events' in limit ? place < limit.events : localDate(atMs, zone) < addMonths(firstDay, limit.months));
      return counts ? total + worthOf(incentive, measures, currency) : total;
    }, 0n);
}
