import { sql } from 'slonik';
import { z } from 'zod';

import { Bytes, Id } from '../column-types.ts';
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
