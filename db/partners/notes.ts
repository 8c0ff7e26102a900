import { sql } from 'slonik';
import { z } from 'zod';

import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { familyOf } from './partners.ts';

const NoteRow = z.strictObject({ id: z.bigint(), text: z.string(), writtenBy: z.string(), writtenAt: Instant });
export type PartnerNote = z.infer<typeof NoteRow>;

/** The notes about a partner, and about those who were merged into them, the newest first. */
export const listPartnerNotes = (
  db: Database,
  partnerId: bigint,
  before: bigint | null,
  limit: number,
): Promise<readonly PartnerNote[]> =>
  db.any(sql.type(NoteRow)`
    select note.id, note.text, actor.code as "writtenBy", note.written_at as "writtenAt"
    from partner_note note join actor on actor.id = note.written_by
    where note.partner_id = any(${familyOf(partnerId)}) and (${before}::int8 is null or note.id < ${before})
    order by note.id desc limit ${limit}`);

const IdRow = z.strictObject({ id: z.bigint() });

/** Writes a note, and returns its id. */
export const insertPartnerNote = (db: Database, partnerId: bigint, { text, by }: { text: string; by: string }) =>
  db.oneFirst(sql.type(IdRow)`
    insert into partner_note(partner_id, text, written_by) values (${partnerId}, ${text}, ${by}) returning id`);
