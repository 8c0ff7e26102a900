import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { Shard } from '../domain/earnings/shard.ts';
import type { PolicySubject } from '../domain/programs/policies.ts';
import type { Decision } from '../domain/runs/approval.ts';
import type { RunStatus } from '../domain/runs/run.ts';

/**
 * The contract between the workflows and all other code: ids, task queues, signals, updates, queries. They hold ids only, no
 * amounts and nothing personal, because Temporal stores them unencrypted.
 */
export const TASK_QUEUES = {
  /** Workflows, and activities that only touch the database. */
  main: 'payouts',
  /** Long, paged work: accrual, preparing a run, reconciliation. */
  bulk: 'bulk',
  wise: 'gw-wise',
  paypal: 'gw-paypal',
  lob: 'gw-lob',
  'printed-check': 'gw-printed-check',
  notify: 'notify',
  webhooks: 'webhooks',
} as const;

/** When a worker is killed, another one takes over its activities within this time. Each activity sends a heartbeat every few seconds. */
export const HEARTBEAT_TIMEOUT = '20 seconds';

export const accrualWorkflowId = ({ program, shard }: Shard): string => `accrual/${program}/${shard}`;
export const reRatingWorkflowId = (id: string): string => `re-rating/${id}`;
export const runWorkflowId = (runId: string): string => `run/${runId}`;
export const runTriggerWorkflowId = (scheduleCode: string): string => `run-trigger/${scheduleCode}`;
export const payoutWorkflowId = (payoutId: string): string => `payout/${payoutId}`;
export const batchWorkflowId = (batchId: string): string => `batch/${batchId}`;
export const reconciliationWorkflowId = (gateway: string, day: string): string => `reconciliation/${gateway}/${day}`;
/** A deal, a request or a claim. */
export const decisionWorkflowId = (subject: PolicySubject, id: string): string => `${subject}/${id}`;
export const backTestWorkflowId = (backTestId: string): string => `back-test/${backTestId}`;
export const auditWorkflowId = (auditId: string): string => `audit/${auditId}`;
export const CHECK_DESK_WORKFLOW_ID = 'check-desk';
export const payScheduleId = (scheduleCode: string): string => `pay/${scheduleCode}`;
export const SWEEP_SCHEDULE_ID = 'sweep';
/** Also the id of the workflow that it starts. */
export const MAIL_SCHEDULE_ID = 'mail';
/** Also the id of the workflow that it starts. */
export const WEBHOOKS_SCHEDULE_ID = 'webhooks';
export const RECONCILIATION_SCHEDULE_ID = 'reconciliation';
export const CHECK_DESK_SCHEDULE_ID = 'check-desk';
/** Also the id of the workflow that it starts. */
export const INVARIANTS_SCHEDULE_ID = 'nightly-invariants';
/** Also the id of the workflow that it starts. */
export const AUDITS_SCHEDULE_ID = 'monthly-audits';

/** New events have arrived: look again before going to sleep. */
export const eventsArrivedSignal = defineSignal('eventsArrived');
/** A person confirmed the re-rating: continue. */
export const reRatingChangedSignal = defineSignal('reRatingChanged');
/** The run's row was changed outside its workflow (cancelled, paused, resumed): read it again. */
export const runChangedSignal = defineSignal('runChanged');
/** A provider or a person changed something about the attempt: poll it again. */
export const attemptChangedSignal = defineSignal('attemptChanged');
/** A provider reported on the batch as a whole, or the pause that held it back has ended: look again. */
export const batchChangedSignal = defineSignal('batchChanged');
/** A person answered, withdrew or asked for more: read the rows again. */
export const answeredSignal = defineSignal('answered');
/** A person decided something that the bank must be told. */
export const checkDeskSignal = defineSignal('checkDesk');

/** Records a decision or refuses it, and returns the run's status after it. Fails with an ApplicationFailure whose type is a FailureCode. */
export const decideUpdate = defineUpdate<RunStatus, [Decision]>('decide');
export const runStatusQuery = defineQuery<RunStatus>('runStatus');
