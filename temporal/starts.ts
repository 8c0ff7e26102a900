import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';

import { type Shard, SHARDS } from '../domain/earnings/shard.ts';
import type { PolicySubject } from '../domain/programs/policies.ts';
import type { PayoutStart } from '../domain/payouts/payout.ts';
import { type GatewayName, METHOD_NAMES } from '../domain/rails.ts';
import {
  accrualWorkflowId,
  answeredSignal,
  attemptChangedSignal,
  auditWorkflowId,
  backTestWorkflowId,
  batchChangedSignal,
  batchWorkflowId,
  CHECK_DESK_WORKFLOW_ID,
  checkDeskSignal,
  decisionWorkflowId,
  eventsArrivedSignal,
  payoutWorkflowId,
  reconciliationWorkflowId,
  reRatingChangedSignal,
  reRatingWorkflowId,
  runChangedSignal,
  runWorkflowId,
  TASK_QUEUES,
} from './messages.ts';
import * as keys from './search-attributes.ts';

/**
 * Every start of a workflow, in one place. Each may be repeated at any time. The starts of workflows that move money are
 * signal-with-starts: they wake the workflow if it is open, and otherwise start it again from its rows. The rows protect the money,
 * not these ids.
 */
const REPEATABLE = { workflowIdReusePolicy: 'ALLOW_DUPLICATE', workflowIdConflictPolicy: 'USE_EXISTING' } as const;

/** Turns the new events of a share of a program's partners into earnings. */
export async function wakeAccrual(client: Client, shard: Shard): Promise<void> {
  await client.workflow.signalWithStart('accrual', {
    ...REPEATABLE,
    workflowId: accrualWorkflowId(shard),
    taskQueue: TASK_QUEUES.main,
    args: [shard],
    signal: eventsArrivedSignal,
    staticSummary: `Accrual of program ${shard.program}, share ${shard.shard + 1} of ${SHARDS}`,
    staticDetails:
      'Turns events into earnings, page by page, and ends when no event is due.\n\nSafe to terminate: the sweep starts it again.',
  });
}

/** Works out the preview of a re-rating, or books what was confirmed. */
export async function wakeReRating(client: Client, { id, program }: { id: string; program: string }): Promise<void> {
  await client.workflow.signalWithStart('reRating', {
    ...REPEATABLE,
    workflowId: reRatingWorkflowId(id),
    taskQueue: TASK_QUEUES.main,
    args: [id],
    signal: reRatingChangedSignal,
    staticSummary: `Re-rating of program ${program}`,
    staticDetails:
      'Works out events again by the terms as they stand now, partner by partner: first the preview, then what two people agreed to.\n\nSafe to terminate: the sweep starts it again, and it resumes from its rows.',
  });
}

export type RunStart = { id: string; scheduleCode: string; periodEnd: string };

/** Starts a run, which is prepared, decided and paid, or lets it continue where it was. */
export async function wakeRun(client: Client, run: RunStart): Promise<void> {
  await client.workflow.signalWithStart('run', {
    ...REPEATABLE,
    workflowId: runWorkflowId(run.id),
    taskQueue: TASK_QUEUES.main,
    args: [run.id],
    signal: runChangedSignal,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keys.runKey, value: run.id },
      { key: keys.scheduleKey, value: run.scheduleCode },
    ]),
    staticSummary: `Run of ${run.scheduleCode} up to ${run.periodEnd}`,
    staticDetails: `Pays every partner on schedule **${run.scheduleCode}** whose lines were free before ${run.periodEnd}.\n\nSafe to terminate: the sweep starts it again, and it resumes from its row.`,
  });
}

/** Starts a payout, which is paid and followed to its end, or wakes it to look again. */
export async function wakePayout(client: Client, payout: PayoutStart): Promise<void> {
  await client.workflow.signalWithStart('payout', {
    ...REPEATABLE,
    workflowId: payoutWorkflowId(payout.id),
    taskQueue: TASK_QUEUES.main,
    args: [payout.id, payout.gateway],
    signal: attemptChangedSignal,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keys.runKey, value: payout.runId },
      { key: keys.partnerKey, value: payout.partnerCode },
      { key: keys.methodKey, value: payout.method },
      { key: keys.gatewayKey, value: payout.gateway },
    ]),
    staticSummary: `Payout to ${payout.partnerCode} by ${METHOD_NAMES[payout.method]} through ${payout.gateway}`,
    staticDetails: `Payout **${payout.id}** of run ${payout.runId}.\n\nSafe to terminate: the sweep starts it again. It resumes from its row and never pays twice.`,
  });
}

export type BatchStart = { id: string; runId: string; gateway: GatewayName; currency: string; itemCount: number };

/** Starts a batch, whose payments are asked for together, or wakes it to look again. */
export async function wakeBatch(client: Client, batch: BatchStart): Promise<void> {
  await client.workflow.signalWithStart('batch', {
    ...REPEATABLE,
    workflowId: batchWorkflowId(batch.id),
    taskQueue: TASK_QUEUES.main,
    args: [batch.id, batch.gateway],
    signal: batchChangedSignal,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keys.runKey, value: batch.runId },
      { key: keys.gatewayKey, value: batch.gateway },
    ]),
    staticSummary: `Batch of ${batch.itemCount} payouts in ${batch.currency} through ${batch.gateway}`,
    staticDetails: `Batch **${batch.id}** of run ${batch.runId}. Afterwards each of its payouts follows its own payment, as \`payout/<id>\`.\n\nSafe to terminate: the sweep starts it again. It resumes from its row and never pays twice.`,
  });
}

export type DecisionStart = { subject: PolicySubject; id: string };

/** Follows a deal, a request or a claim to its end, or wakes what follows it to look again. */
export async function wakeDecision(client: Client, { subject, id }: DecisionStart): Promise<void> {
  await client.workflow.signalWithStart('decision', {
    ...REPEATABLE,
    workflowId: decisionWorkflowId(subject, id),
    taskQueue: TASK_QUEUES.main,
    args: [subject, id],
    signal: answeredSignal,
    staticSummary: `The ${subject} of a partner`,
    staticDetails: `Follows **${subject} ${id}**: escalates what nobody answers, and ends what is over.\n\nSafe to terminate: the sweep starts it again, and it resumes from its rows.`,
  });
}

/** Tells the bank what people decided about checks, and reads its questions. */
export async function wakeCheckDesk(client: Client): Promise<void> {
  await client.workflow.signalWithStart('checkDesk', {
    ...REPEATABLE,
    workflowId: CHECK_DESK_WORKFLOW_ID,
    taskQueue: TASK_QUEUES.main,
    signal: checkDeskSignal,
    staticSummary: 'Work at the bank that checks are drawn on',
    staticDetails:
      'Tells the bank what people decided about checks, renews stops, and reads the bank’s questions.\n\nSafe to terminate: its Schedule starts it again within minutes, and it resumes from its rows.',
  });
}

/** Compares one gateway's statement of one day (`2026-11-23`, local to each account's zone) with the ledger. */
export async function startReconciliation(client: Client, gateway: GatewayName, day: string): Promise<void> {
  await client.workflow.start('reconciliation', {
    ...REPEATABLE,
    workflowId: reconciliationWorkflowId(gateway, day),
    taskQueue: TASK_QUEUES.main,
    args: [gateway, day],
    typedSearchAttributes: new TypedSearchAttributes([{ key: keys.gatewayKey, value: gateway }]),
    staticSummary: `Reconciliation of ${gateway} on ${day}`,
  });
}

/** Works a month of a program out again, and compares it with the books. */
export async function wakeAudit(client: Client, id: string): Promise<void> {
  await client.workflow.start('audit', {
    ...REPEATABLE,
    workflowId: auditWorkflowId(id),
    taskQueue: TASK_QUEUES.main,
    args: [id],
    staticSummary: 'Audit of a month',
    staticDetails: `Audit **${id}**.\n\nSafe to terminate: the sweep starts it again, and it goes on where it was.`,
  });
}

/** Replays past events by a draft of terms. */
export async function wakeBackTest(client: Client, id: string): Promise<void> {
  await client.workflow.start('backTest', {
    ...REPEATABLE,
    workflowId: backTestWorkflowId(id),
    taskQueue: TASK_QUEUES.main,
    args: [id],
    staticSummary: 'Back-test of a draft of terms',
    staticDetails: `Back-test **${id}**. It changes nothing but its own results.\n\nSafe to terminate: the sweep starts it again, and it goes on where it was.`,
  });
}
