import { sql } from 'slonik';
import { z } from 'zod';

import { PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { Eligibility } from '../../domain/programs/eligibility.ts';
import { CHANGED_EVENTS, UNKNOWN_PARTNERS } from '../../domain/programs/intake-rules.ts';
import { LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The places of events: their partners, their programs, and the terms that partners have there. */

const PlaceRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  partnerId: z.bigint().nullable(),
  programId: z.number().nullable(),
  zone: z.string().nullable(),
  /** The terms in effect of the partner in the program, oldest first. */
  terms: z.array(z.strictObject({ planId: z.number(), from: LocalDate, until: LocalDate.nullable() })),
  /** The attributes that the program declares. */
  attributes: z.array(z.string()).nullable(),
  changedEvents: z.enum(CHANGED_EVENTS).nullable(),
  unknownPartners: z.enum(UNKNOWN_PARTNERS).nullable(),
  exactAmounts: z.boolean().nullable(),
  /** The needs of the program, where an event of a partner who does not meet them earns nothing or waits. */
  admission: z.strictObject({ partnerKinds: z.array(z.enum(PARTNER_KINDS)), eligibility: Eligibility }).nullable(),
});
/** The rows to which an event of a partner in a program belongs. The columns of a missing row are null. */
export type EventPlace = z.infer<typeof PlaceRow>;

export const listEventPlaces = (
  db: Database,
  events: readonly { partner: string; program: string }[],
): Promise<readonly EventPlace[]> =>
  db.any(sql.type(PlaceRow)`
    select asked.partner, asked.program, partner.id as "partnerId", program.id as "programId", schedule.zone, agreed.terms,
      program.attributes, program.changed_events as "changedEvents", program.unknown_partners as "unknownPartners",
      program.exact_amounts as "exactAmounts", case when program.eligibility ->> 'onIneligible' <> 'earn'
        then jsonb_build_object('partnerKinds', program.partner_kinds, 'eligibility', program.eligibility) end as admission
    from (
      select distinct partner, program
      from ${sql.unnest(
        events.map(({ partner, program }) => [partner, program]),
        ['text', 'text'],
      )} as given(partner, program)
    ) asked
    left join partner on partner.code = asked.partner
    left join program on program.code = asked.program
    left join pay_schedule schedule on schedule.id = program.schedule_id
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('planId', plan_id, 'from', starts_on, 'until', ends_on) order by starts_on), '[]') as terms
      from agreement_terms(partner.id, program.id)
    ) agreed`);
