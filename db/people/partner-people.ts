import { sql } from 'slonik';
import { z } from 'zod';

import { ACCESSES } from '../../domain/people/grant.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const PersonRow = z.strictObject({
  grantId: z.string(),
  actor: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  access: z.enum(ACCESSES),
  since: Instant,
  expiresAt: Instant.nullable(),
  givenBy: z.string().nullable(),
  /** Whether the person has taken their key or made a passkey. */
  isIn: z.boolean(),
  lastSeenAt: Instant.nullable(),
});
/** A person who may read a partner's data. */
export type PartnerPerson = z.infer<typeof PersonRow>;

/** The people who may read a partner's data now, or may once they open their link, the first one first. */
export const listPartnerPeople = (db: Database, partnerId: bigint): Promise<readonly PartnerPerson[]> =>
  db.any(sql.type(PersonRow)`
    select grant_id as "grantId", actor, name, email, access, since, expires_at as "expiresAt", given_by as "givenBy", is_in as "isIn",
      last_seen_at as "lastSeenAt"
    from partner_people(${partnerId})`);

/** Whether another person than this one can act for a partner now. */
export const hasOtherOwner = (db: Database, partnerId: bigint, actorId: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from role_grant other
    where other.partner_id = ${partnerId} and other.actor_id <> ${actorId} and owns_partner(other.actor_id, ${partnerId})`);
