import type { Database } from '../../db/database.ts';
import { listDealOwners } from '../../db/earnings/deals.ts';
import { listKnownEvents } from '../../db/earnings/known-events.ts';
import { type KnownPartner, listKnownPartners, partnerOn } from '../../db/earnings/partners-then.ts';
import type { EventPlace } from '../../db/earnings/places.ts';
import { listTermsOfPlans } from '../../db/programs/plans.ts';
import { localDate } from '../../domain/calendar.ts';
import { DEAL_ATTRIBUTE } from '../../domain/earnings/deal.ts';
import { remainingOf } from '../../domain/earnings/refund.ts';
import { whyNothing } from '../../domain/earnings/why-nothing.ts';
import { type Event, isCollection } from '../../domain/event.ts';
import { isUuid } from '../../domain/ids.ts';
import { own } from '../../domain/own.ts';
import { termOn } from '../../domain/partners/agreement.ts';
import { whyNotEarn } from '../../domain/programs/eligibility.ts';
import { asksAboutPartners, type PlanTerms, versionAt } from '../../domain/programs/plan.ts';

/** An event that is stored, and about which something is odd: mostly that it pays nobody for now. */
export type EventWarning = {
  readonly code: 'refund_waits' | 'earns_nothing' | 'deal_of_another' | 'partner_not_eligible' | 'partner_unknown';
  readonly source: string;
  readonly id: string;
  readonly detail: string;
  /** The id of the sale that a refund waits for. */
  readonly waitsFor?: string;
};

/** The first warnings of an answer, and the number of all. */
export type Warnings<Warning extends EventWarning = EventWarning> = {
  readonly first: readonly Warning[];
  readonly count: number;
};

/** An answer lists this many warnings. The others are only counted. */
export const WARNINGS_MAX = 100;
/** An import remembers this many refunds, to look for their sales when the file was read. */
const REFUNDS_KEPT_MAX = 10_000;

type Stored = {
  readonly event: Event;
  readonly place: EventPlace | undefined;
  /** Whether nobody has judged yet whether its partner is eligible. */
  readonly isNew: boolean;
  /** The partner whom it waits for, where it is parked. */
  readonly parkedFor?: string | undefined;
};

/**
 * The warnings about stored events, by their index: events of partners who are not known or not eligible, refunds whose sale is not known,
 * events with a deal of another partner, and events that earn nothing.
 */
export async function warnOf(
  db: Database,
  stored: readonly (Stored | undefined)[],
  knowsSaleOf: (refund: Event) => boolean,
): Promise<readonly (EventWarning | undefined)[]> {
  const planIds = new Set(stored.flatMap((one) => (one && planIdOf(one)) ?? []));
  const owners = await readDealOwners(db, stored);
  const plans = Map.groupBy(planIds.size > 0 ? await listTermsOfPlans(db, [...planIds]) : [], ({ planId }) => planId);
  const partnerOf = await readPartners(db, stored, [...plans.values()].flat());
  const partnerThen = (one: Stored, zone: string) => {
    const partner = partnerOf(one);
    return partner ? partnerOn(partner, localDate(one.event.occurredAtMs, zone)) : null;
  };
  return stored.map((one) => {
    if (!one) return undefined;
    const { event, place } = one;
    const { source, id, about } = event;
    if (one.parkedFor !== undefined) return { code: 'partner_unknown', source, id, detail: isParked(one.parkedFor) };
    if (about !== null)
      return knowsSaleOf(event)
        ? undefined
        : { code: 'refund_waits', source, id, detail: waits(event.kind, about), waitsFor: about };
    const owner = owners.get(dealOf(event) ?? '');
    if (owner !== undefined && owner !== event.partner)
      return { code: 'deal_of_another', source, id, detail: notTheirs(dealOf(event) ?? '') };
    const version = versionAt(plans.get(planIdOf(one) ?? 0) ?? [], event.occurredAtMs);
    const zone = place?.zone ?? 'UTC';
    const barred = one.isNew ? whyBarred(one, zone, partnerOf(one)) : undefined;
    if (barred !== undefined) return { code: 'partner_not_eligible', source, id, detail: barred };
    const reason =
      version && whyNothing(remainingOf(event, []), version.terms, { zone, partner: partnerThen(one, zone) });
    if (!reason) return undefined;
    const detail = `The event earns nothing under plan ${version.plan} version ${version.version}: ${reason}.`;
    return { code: 'earns_nothing', source, id, detail };
  });
}

/** Reads the partners of events, by program, where terms or the needs of the program ask about them. */
async function readPartners(
  db: Database,
  stored: readonly (Stored | undefined)[],
  versions: readonly { readonly terms: PlanTerms }[],
) {
  const isAsked = versions.some(({ terms }) => asksAboutPartners(terms));
  const places = stored.flatMap((one) => (one?.place && (isAsked || one.place.admission) ? one.place : []));
  const byProgram = Map.groupBy(places, ({ programId }) => programId);
  const known = new Map<string, KnownPartner>();
  for (const [programId, all] of byProgram)
    for (const row of programId === null
      ? []
      : await listKnownPartners(
          db,
          programId,
          all.flatMap(({ partnerId }) => partnerId ?? []),
        ))
      known.set(`${programId}/${row.partnerId}`, row);
  return ({ place }: Stored) => known.get(`${place?.programId}/${place?.partnerId}`);
}

/** The deal that an event names. Names that other systems gave to their deals are none of ours. */
const dealOf = ({ attributes }: Event): string | undefined => {
  const named = own(attributes, DEAL_ATTRIBUTE);
  return named !== undefined && isUuid(named) ? named.toLowerCase() : undefined;
};

/** The partners of the deals that events name, by the ids of the deals. */
async function readDealOwners(db: Database, stored: readonly (Stored | undefined)[]): Promise<Map<string, string>> {
  const ids = new Set(stored.flatMap((one) => (one && dealOf(one.event)) ?? []));
  const owners = ids.size > 0 ? await listDealOwners(db, [...ids]) : [];
  return new Map(owners.map(({ deal, partner }) => [deal, partner]));
}

const notTheirs = (deal: string): string =>
  `The event names deal ${deal}, which another partner registered. It is stored and earns as any other; send a revision if the deal or the partner is wrong.`;

/** The plan by which an event earns: that of the term that covers its local day. */
function planIdOf({ event, place }: Stored): number | undefined {
  if (!place?.zone) return undefined;
  return termOn(place.terms, localDate(event.occurredAtMs, place.zone))?.planId;
}

/** Why an event that is worked out for the first time does not earn, by what is known now. A rung or a fact may still come. */
function whyBarred({ event, place }: Stored, zone: string, partner: KnownPartner | undefined): string | undefined {
  const admission = place?.admission;
  if (!admission || !partner) return undefined;
  const reason = whyNotEarn(partner, admission, event.attributes, localDate(event.occurredAtMs, zone));
  if (reason === undefined) return undefined;
  const effect =
    admission.eligibility.onIneligible === 'park'
      ? 'The event waits, until a person decides about it or what is missing is recorded'
      : 'The event earns nothing, unless what is missing is recorded before it is worked out';
  return `${effect}: as far as is known now, partner ${event.partner} ${reason}.`;
}

const isParked = (partner: string): string =>
  `The event is parked and earns nothing yet: partner ${partner} is not known, or has no agreement on its day. It is taken in when there is one.`;

const waits = (kind: string, sale: string): string =>
  `${isCollection(kind) ? 'The payment releases nothing' : 'The refund takes nothing back'} yet: its sale ${sale} is not known. It waits until you send that sale.`;

export function boundWarnings(warnings: readonly (EventWarning | undefined)[]): Warnings {
  const all = warnings.filter((warning) => warning !== undefined);
  return { first: all.slice(0, WARNINGS_MAX), count: all.length };
}

export type LineWarning = EventWarning & { readonly line: number };

/** Gathers the warnings of a file page by page. Its memory is bounded, however many there are. */
export function gatherWarnings() {
  const others: LineWarning[] = [];
  const refunds: LineWarning[] = [];
  let count = 0;
  return {
    add(warning: LineWarning): void {
      count += 1;
      const [kept, max] = warning.waitsFor === undefined ? [others, WARNINGS_MAX] : [refunds, REFUNDS_KEPT_MAX];
      if (kept.length < max) kept.push(warning);
    },
    /** Leaves out the refunds whose sale came later in the file. A preview says which sales it has found. */
    async finish(
      db: Database,
      isForeseen: (sale: { source: string; id: string }) => boolean = () => false,
    ): Promise<Warnings<LineWarning>> {
      const sales = refunds.map(({ source, waitsFor = '' }) => ({ source, id: waitsFor }));
      const known = new Set((sales.length > 0 ? await listKnownEvents(db, sales) : []).map(({ id }) => id));
      const waiting = refunds.filter(({ source, waitsFor: id = '' }) => !known.has(id) && !isForeseen({ source, id }));
      const all = [...others, ...waiting].toSorted((one, other) => one.line - other.line);
      return { first: all.slice(0, WARNINGS_MAX), count: count - (refunds.length - waiting.length) };
    },
  };
}
