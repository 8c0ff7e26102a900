import { type Client, WorkflowNotFoundError } from '@temporalio/client';

import { checkDecision } from '../../commands/runs/decide.ts';
import type { Database } from '../../db/database.ts';
import { addDecisionNote, hasDecided } from '../../db/runs/approvals.ts';
import type { Run } from '../../db/runs/runs.ts';
import { Failure } from '../../domain/errors.ts';
import type { Decision } from '../../domain/runs/approval.ts';
import type { RunStatus } from '../../domain/runs/run.ts';
import { decideUpdate, runWorkflowId } from '../../temporal/messages.ts';
import { wakeRun } from '../../temporal/starts.ts';

const DECISION_WAIT_MS = 5000;

export type RunDecision = Pick<Decision, 'decision' | 'contentHash' | 'signatureId'> & {
  actorId: string;
  note: string | null;
  /** The idempotency key of the request. */
  key: string;
};

/**
 * Has the run's workflow record a person's decision, and returns the run's status afterwards. Throws Failure `run_not_in_review`, or
 * the refusal. If it is not known whether the decision was recorded, the same request may be sent again.
 */
export async function decideRun(
  { db, temporal }: { db: Database; temporal: Client },
  run: Run,
  { actorId, note, key, ...seen }: RunDecision,
): Promise<RunStatus> {
  if (run.status !== 'review') {
    // A repeated decision whose first answer was lost: it is the one that gave the run this status.
    if (await hasDecided(db, { runId: run.id, actorId, ...seen })) return run.status;
    throw new Failure(
      'run_not_in_review',
      `Nothing was recorded: the run is ${run.status} and does not wait for a decision.`,
    );
  }
  // A key belongs to its sender: if another person uses the same key, they must not get this person's decision.
  const updateId = `${actorId}/${key}`;
  try {
    await checkDecision(db, run, { ...seen, by: actorId });
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'approver_decided_already')) throw error;
    return await findDecision(temporal, run, updateId, error);
  }
  const noteId = note === null ? null : await addDecisionNote(db, actorId, note);
  return temporal.withDeadline(Date.now() + DECISION_WAIT_MS, () =>
    sendDecision(temporal, run, { ...seen, noteId, by: actorId }, updateId),
  );
}

/** The outcome of this same request, if it was recorded and its response was lost. Otherwise the refusal. */
async function findDecision(temporal: Client, run: Run, updateId: string, refusal: Failure): Promise<RunStatus> {
  const recorded = temporal.workflow.getHandle(runWorkflowId(run.id)).getUpdateHandle<RunStatus>(updateId);
  try {
    return await temporal.withDeadline(Date.now() + DECISION_WAIT_MS, () => recorded.result());
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? refusal : error;
  }
}

/** Asks the run's workflow, which reports only what was recorded. A workflow that is not there is started again from its row. */
async function sendDecision(temporal: Client, run: Run, decision: Decision, updateId: string): Promise<RunStatus> {
  const update = () =>
    temporal.workflow.getHandle(runWorkflowId(run.id)).executeUpdate(decideUpdate, { updateId, args: [decision] });
  try {
    return await update();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    await wakeRun(temporal, { id: run.id, scheduleCode: run.schedule, periodEnd: run.periodEnd });
    return update();
  }
}
