import { sql } from 'slonik';
import { z } from 'zod';

import { PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { covers } from '../../domain/partners/agreement.ts';
import type { PartnerThen } from '../../domain/programs/incentives/when-partner.ts';
import { LocalDate } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The partners of events, as they were known when an event was first worked out: a later record about its day changes nothing. */

const FactColumn = z.strictObject({ key: z.string(), value: z.string(), from: LocalDate, until: LocalDate.nullable() });
const KnownRow = z.strictObject({
  partnerId: z.bigint(),
  kind: z.enum(PARTNER_KINDS),
  country: z.string(),
  joinedOn: LocalDate.nullable(),
  facts: z.array(FactColumn),
});
/** A partner with all days: the first one in a program, and those of each fact. */
export type KnownPartner = z.infer<typeof KnownRow>;

/** Partners as they are known now. A fact about the partner who goes on for a merged one counts where nothing like it holds about that one. */
export const listKnownPartners = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly KnownPartner[]> =>
  db.any(sql.type(KnownRow)`
    select partner.id as "partnerId", partner.kind, partner.country,
      (select min(starts_on) from agreement_terms(partner.id, ${programId})) as "joinedOn",
      coalesce((select jsonb_agg(jsonb_build_object('key', key, 'value', value, 'from', starts_on, 'until', ends_on))
        from (select * from partner_facts(partner.id) union all select * from taken_over_facts(partner.merged_into, partner.id)) fact), '[]') as facts
    from ${unnestColumns(
      ['int8'],
      [...new Set(partnerIds)].map((id) => [id]),
    )} as given(id) join partner using (id)`);

/** A partner on a local day. */
export const partnerOn = ({ kind, joinedOn, facts }: KnownPartner, day: string): PartnerThen => ({
  day,
  kind,
  joinedOn,
  facts: Object.fromEntries(
    [
      ...Map.groupBy(
        facts.filter((fact) => covers(fact, day)),
        ({ key }) => key,
      ),
    ].map(([key, all]) => [key, all.map(({ value }) => value)]),
  ),
});

/** The columns of a kept partner as JSON, in a query that names the table `kept`. */
export const thenJson = sql.fragment`
  jsonb_build_object('day', kept.day, 'kind', kept.kind, 'joinedOn', kept.joined_on, 'facts', kept.facts, 'barred', kept.barred)`;
export const ThenColumn = z.strictObject({
  day: LocalDate,
  kind: z.string(),
  joinedOn: LocalDate.nullable(),
  facts: z.record(z.string(), z.array(z.string())),
  barred: z.string().nullable(),
});

const KeptRow = z.strictObject({ eventId: z.bigint(), partnerId: z.bigint(), was: ThenColumn });
/** A partner as one event of theirs was worked out. */
export type KeptPartner = Omit<z.infer<typeof KeptRow>, 'was'> & { readonly was: PartnerThen };

/** The partners by which events were worked out. */
export const listKeptPartners = (
  db: Database,
  eventIds: readonly bigint[],
  partnerIds: readonly bigint[],
): Promise<readonly KeptPartner[]> =>
  db.any(sql.type(KeptRow)`
    select event_id as "eventId", partner_id as "partnerId", ${thenJson} as was
    from event_partner kept
    where event_id = any(${sql.array(eventIds.map(String), 'int8')}) and partner_id = any(${sql.array(partnerIds.map(String), 'int8')})
    order by event_id`);

export const keepPartners = (db: Database, kept: readonly KeptPartner[]) =>
  db.query(sql.unsafe`
    insert into event_partner(event_id, partner_id, day, kind, joined_on, facts, barred)
    select * from ${unnestColumns(
      ['int8', 'int8', 'date', 'text', 'date', 'jsonb', 'text'],
      kept.map(({ eventId, partnerId, was: { day, kind, joinedOn, facts, barred = null } }) => [
        eventId,
        partnerId,
        day,
        kind,
        joinedOn,
        JSON.stringify(facts),
        barred,
      ]),
    )}`);
