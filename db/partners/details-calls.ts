import { sql } from 'slonik';
import { z } from 'zod';

import { METHODS } from '../../domain/rails.ts';
import { Bytes, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The calls in which a second person asked a partner about changed payout details. */

export type NewCall = {
  id: string;
  instrumentId: string;
  phone: string;
  spokeWith: string;
  calledAt: Date;
  isConfirmed: boolean;
  evidence: string;
  file: { name: string; sealed: Uint8Array } | null;
};

export const newCallId = (db: Database): Promise<string> => db.oneFirst(sql.type(Id)`select uuidv7() as id`);

export const insertCall = (db: Database, call: NewCall, by: string) =>
  db.query(sql.unsafe`
    insert into details_call(id, instrument_id, phone, spoke_with, called_at, is_confirmed, evidence, file_name, file_sealed, recorded_by)
    values (${call.id}, ${call.instrumentId}, ${call.phone}, ${call.spokeWith}, ${call.calledAt.toISOString()}, ${call.isConfirmed},
      ${call.evidence}, ${call.file?.name ?? null}, ${call.file && sql.binary(Buffer.from(call.file.sealed))}, ${by})`);

const GiverRow = z.strictObject({ addedBy: z.string().nullable(), createdAt: z.number() });

/** The person who added payout details, and when. */
export const readGiver = (db: Database, instrumentId: string) =>
  db.one(sql.type(GiverRow)`
    select created_by as "addedBy", created_at as "createdAt" from instrument_version where id = ${instrumentId}`);

const FileRow = z.strictObject({ name: z.string(), sealed: Bytes });

/** The sealed file that was kept with a call about details of a partner. Null if there is none. */
export const findCallFile = (db: Database, partnerId: bigint, callId: string) =>
  db.maybeOne(sql.type(FileRow)`
    select file_name as name, file_sealed as sealed from details_call made
    join instrument_version version on version.id = made.instrument_id
    where made.id = ${callId} and version.partner_id = ${partnerId} and file_sealed is not null`);

const WaitingRow = z.strictObject({
  id: z.string(),
  partner: z.string(),
  name: z.string(),
  method: z.enum(METHODS),
  last4: z.string(),
  createdAt: Instant,
  usableFrom: Instant,
  addedBy: z.string().nullable(),
});
/** Changed payout details to which nothing is paid before somebody calls the partner back. */
export type WaitingDetails = z.infer<typeof WaitingRow>;

/** The details that wait for a call, the oldest first, after the one with an id. */
export const listWaitingDetails = (
  db: Database,
  after: string | null,
  limit: number,
): Promise<readonly WaitingDetails[]> =>
  db.any(sql.type(WaitingRow)`
    select version.id, partner.code as partner, partner.name, version.method, version.last4, version.created_at as "createdAt",
      version.usable_from as "usableFrom", actor.code as "addedBy"
    from instrument_version version
    join partner on partner.id = version.partner_id
    left join actor on actor.id = version.created_by
    where version.needs_call and version.id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
      and not exists (select from details_call made where made.instrument_id = version.id and made.is_confirmed)
      and not exists (select from instrument_withdrawal gone where gone.instrument_id = version.id)
    order by version.id limit ${limit}`);
