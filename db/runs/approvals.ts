import { sql } from 'slonik';
import { z } from 'zod';

import type { Decision } from '../../domain/runs/approval.ts';
import type { Database } from '../database.ts';
import { Count, Hex, Id, Instant } from '../column-types.ts';

const DeciderRow = z.strictObject({
  isApprover: z.boolean(),
  isPayee: z.boolean(),
  isEditor: z.boolean(),
  giver: z.string().nullable(),
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
    with hand as materialized (select actor_id from run_hands(${runId}))
    select
      holds_role_for(${actorId}, 'approver', ${`run/${runId}`}) as "isApprover",
      exists (select from payout join partners_of(${actorId}) own on own.partner_id = payout.partner_id
              where payout.run_id = ${runId}) as "isPayee",
      exists (select from hand where actor_id = ${actorId}) as "isEditor",
      (select actor.code from hand join actor on actor.id = hand.actor_id where gave_role(actor.id, ${actorId}, 'approver')
       order by 1 limit 1) as giver,
      exists (select from approval where run_id = ${runId} and actor_id = ${actorId} and content_hash = ${sql.binary(contentHash)})
        as "hasDecided"`);

/** Stores a person's note on a decision, and returns the id by which the decision names it. */
export const addDecisionNote = (db: Database, actorId: string, note: string): Promise<string> =>
  db.oneFirst(sql.type(Id)`insert into decision_note(actor_id, note) values (${actorId}, ${note}) returning id`);

export const getDecisionNote = (db: Database, id: string): Promise<string> =>
  db.oneFirst(sql.type(z.object({ note: z.string() }))`select note from decision_note where id = ${id}`);

/** Records a decision, and returns how many people have approved this content now. */
export async function insertApproval(db: Database, runId: string, hash: Buffer, decision: Decision): Promise<number> {
  await db.query(sql.unsafe`
    insert into approval(run_id, content_hash, actor_id, decision, note_id, signature_id)
    values (${runId}, ${sql.binary(hash)}, ${decision.by}, ${decision.decision}, ${decision.noteId},
      ${decision.signatureId ?? null})`);
  return countApprovals(db, runId, hash);
}

/**
 * How many people have approved this content. A person whose role or keys were revoked meanwhile, perhaps because somebody else used
 * them, no longer counts.
 */
export const countApprovals = (db: Database, runId: string, hash: Buffer): Promise<number> =>
  db.oneFirst(
    sql.type(z.strictObject({ count: Count }))`select approvals_that_count(${runId}, ${sql.binary(hash)}) as count`,
  );

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
