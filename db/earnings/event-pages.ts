import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { eventsOf } from './stored-events.ts';

/** Events as the pages of finance show them: the newest first, page by page. */

/** `earned` and `nothing` are worked out. `due` is not: it waits its turn, waits for something else, or is set aside. */
export const EVENT_STATES = ['earned', 'nothing', 'due'] as const;
export type EventState = (typeof EVENT_STATES)[number];

export type NewestFilter = {
  source?: string | undefined;
  kind?: string | undefined;
  partner?: string | undefined;
  program?: string | undefined;
  /** The local day on which it happened, in the zone of its program's schedule. */
  day?: string | undefined;
  state?: EventState | undefined;
};

const EventRow = z.strictObject({
  eventId: z.bigint(),
  source: z.string(),
  id: z.string(),
  revision: z.number(),
  program: z.string(),
  partner: z.string(),
  kind: z.string(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  exact: z.bigint().nullable(),
  quantity: z.number().nullable(),
  about: z.string().nullable(),
  occurredAt: Instant,
  bookedAt: Instant,
  zone: z.string(),
  isDue: z.boolean(),
});
export type NewestEvent = z.infer<typeof EventRow>;

const IS_DUE = sql.fragment`exists (select from event_due due where due.event_id = event.id)`;

const newestColumns = sql.fragment`
  event.id as "eventId", event.source, event.source_id as id, event.revision, program.code as program, partner.code as partner, event.kind,
  event.currency, event.amount_minor as minor, event.exact_amount as exact, event.quantity, event.about, event.occurred_at as "occurredAt",
  event.booked_at as "bookedAt", schedule.zone, ${IS_DUE} as "isDue"`;

const joinPlaces = sql.fragment`
  join partner on partner.id = event.partner_id join program on program.id = event.program_id
  join pay_schedule schedule on schedule.id = program.schedule_id`;

/** One page looks at so many events at most. The next page goes on where it stopped. */
const SEARCHED_MAX = 20_000;
const NEWEST = 9_223_372_036_854_775_807n;

/** Some events of a filter, and the number of the last event that was looked at, if there may be more. */
export type NewestPage = { readonly events: readonly NewestEvent[]; readonly next: bigint | null };

/** Events in the order in which they were taken in, the newest first, each in its highest revision. */
export async function listNewestEvents(
  db: Database,
  filter: NewestFilter,
  before: bigint | null,
  limit: number,
  searched = SEARCHED_MAX,
): Promise<NewestPage> {
  const { source = null, kind = null, partner = null, program = null, day = null, state = null } = filter;
  const all =
    partner === null
      ? sql.fragment`event`
      : sql.fragment`(${eventsOf(sql.fragment`(select known.id from partner known where known.code = ${partner})`)}) event`;
  const seen = sql.fragment`
    select event.* from ${all} where event.id < ${before ?? NEWEST} ${onDay(day)} order by event.id desc limit ${searched}`;
  const found = await db.any(sql.type(EventRow)`
    select ${newestColumns} from (${seen}) event ${joinPlaces}
    where not exists (
        select from event later where later.source = event.source and later.source_id = event.source_id and later.revision > event.revision)
      and (${source}::text is null or event.source = ${source}) and (${kind}::text is null or event.kind = ${kind})
      and (${program}::text is null or program.code = ${program})
      and (${day}::date is null or (event.occurred_at at time zone schedule.zone)::date = ${day}::date) ${inState(state)}
    order by event.id desc limit ${limit + 1}`);
  const events = found.slice(0, limit);
  if (found.length > limit) return { events, next: events.at(-1)?.eventId ?? null };
  const last = await db.maybeOneFirst(sql.type(NumberRow)`
    select id from (${seen}) event order by id desc offset ${searched - 1} limit 1`);
  return { events, next: last };
}

const NumberRow = z.strictObject({ id: z.bigint() });

/** Bounds the events of a local day, whatever the zone is. No zone is more than a day away from UTC. */
const onDay = (day: string | null): FragmentSqlToken =>
  day === null
    ? sql.fragment``
    : sql.fragment`and event.occurred_at >= ${day}::date - interval '1 day' and event.occurred_at < ${day}::date + interval '2 days'`;

const HAS_EARNED = sql.fragment`exists (select from earning where earning.event_id = event.id and earning.amount_minor <> 0)`;
const IN_STATE: Record<EventState, FragmentSqlToken> = {
  earned: sql.fragment`and not ${IS_DUE} and ${HAS_EARNED}`,
  nothing: sql.fragment`and not ${IS_DUE} and not ${HAS_EARNED}`,
  due: sql.fragment`and ${IS_DUE}`,
};
const inState = (state: EventState | null): FragmentSqlToken => (state === null ? sql.fragment`` : IN_STATE[state]);
