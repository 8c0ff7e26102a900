import { sql } from 'slonik';
import { z } from 'zod';

import type { Decision } from '../../domain/runs/approval.ts';
import type { Database } from '../database.ts';
import { Count, Hex, Id, Instant } from '../column-types.ts';

const DeciderRow = z.strictObject({
  isApprover: z.boolean(),
  isPayee: z.boolean(),
  isEditor: z.boolean(),
  hasDecided: z.boolean(),
});

/** The facts about a person and a run that the rules of separation of duties need. */
export const readDecider = (
  db: Database,
  runId: string,
  actorId: string,
  contentHash: Buffer,
): Promise<z.infer<typeof DeciderRow>> =>
  db.one(sql.type(DeciderRow)`
    select
      holds_role(${actorId}, 'approver') as "isApprover",
      exists (select from payout join partners_of(${actorId}) own on own.partner_id = payout.partner_id
              where payout.run_id = ${runId}) as "isPayee",
      exists (select from run_edit where run_id = ${runId} and actor_id = ${actorId})
        or exists (select from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
                   where payout.run_id = ${runId} and payout.status <> 'cancelled'
                     and instrument.created_by = ${actorId})
        or exists (select from payout join directed_by(${actorId}) directed on directed.instrument_id = payout.instrument_version_id
                   where payout.run_id = ${runId} and payout.status <> 'cancelled') as "isEditor",
      exists (select from approval where run_id = ${runId} and actor_id = ${actorId} and content_hash = ${sql.binary(contentHash)})
        as "hasDecided"`);

/** Stores a person's note on a decision, and returns the id by which the decision names it. */
export const addDecisionNote = (db: Database, actorId: string, note: string): Promise<string> =>
  db.oneFirst(sql.type(Id)`insert into decision_note(actor_id, note) values (${actorId}, ${note}) returning id`);

export const getDecisionNote = (db: Database, id: string): Promise<string> =>
  db.oneFirst(sql.type(z.object({ note: z.string() }))`select note from decision_note where id = ${id}`);

/**
 * Records a decision, and returns how many people have approved this content now. A person whose keys were revoked meanwhile, perhaps
 * because somebody else used them, no longer counts.
 */
export async function insertApproval(db: Database, runId: string, hash: Buffer, decision: Decision): Promise<number> {
  await db.query(sql.unsafe`
    insert into approval(run_id, content_hash, actor_id, decision, note_id)
    values (${runId}, ${sql.binary(hash)}, ${decision.by}, ${decision.decision}, ${decision.noteId})`);
  return db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    select count(distinct actor_id) from approval
    where run_id = ${runId} and content_hash = ${sql.binary(hash)} and decision = 'approve'
      and holds_role(approval.actor_id, 'approver')`);
}

/** Whether a person has decided this content of a run in this way. */
export const hasDecided = (
  db: Database,
  {
    runId,
    actorId,
    contentHash,
    decision,
  }: { runId: string; actorId: string } & Pick<Decision, 'contentHash' | 'decision'>,
): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from approval
    where run_id = ${runId} and actor_id = ${actorId} and content_hash = decode(${contentHash}, 'hex') and decision = ${decision}`);

const ApprovalRow = z.strictObject({
  actor: z.string(),
  decision: z.enum(['approve', 'reject']),
  note: z.string().nullable(),
  at: Instant,
  contentHash: Hex,
});

export const listApprovals = (db: Database, runId: string): Promise<readonly z.infer<typeof ApprovalRow>[]> =>
  db.any(sql.type(ApprovalRow)`
    select actor.code as actor, approval.decision, note.note, approval.content_hash as "contentHash", approval.at
    from approval join actor on actor.id = approval.actor_id
    left join decision_note note on note.id = approval.note_id where approval.run_id = ${runId} order by approval.id`);
