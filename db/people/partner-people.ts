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
    select held.id as "grantId", actor.code as actor, actor.name, actor.email, held.access, held.decided_at as since, held.expires_at as "expiresAt",
      giver.code as "givenBy", holds_role(actor.id, 'partner') as "isIn",
      (select max(seen_at) from session where session.actor_id = actor.id) as "lastSeenAt"
    from role_grant held join actor on actor.id = held.actor_id left join actor giver on giver.id = held.proposed_by
    where held.partner_id = ${partnerId} and held.status = 'confirmed' and (held.expires_at is null or held.expires_at > now())
    order by held.id`);

/** Whether another person than this one can act for a partner now. */
export const hasOtherOwner = (db: Database, partnerId: bigint, actorId: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from role_grant other
    where other.partner_id = ${partnerId} and other.actor_id <> ${actorId} and owns_partner(other.actor_id, ${partnerId})`);
