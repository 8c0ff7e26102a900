import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { Decision } from '../domain/runs/approval.ts';
import type { RunStatus } from '../domain/runs/run.ts';

/**
 * The contract between the workflows and everybody else: ids, task queues, signals, updates, queries. Ids only: no amounts
 * and nothing personal, since Temporal keeps these in clear.
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
} as const;

/** After a worker was killed its activities are done by another one within this time; each beats every few seconds. */
export const HEARTBEAT_TIMEOUT = '20 seconds';

export const accrualWorkflowId = (programCode: string): string => `accrual/${programCode}`;
export const runWorkflowId = (runId: string): string => `run/${runId}`;
export const runTriggerWorkflowId = (scheduleCode: string): string => `run-trigger/${scheduleCode}`;
export const payoutWorkflowId = (payoutId: string): string => `payout/${payoutId}`;
export const batchWorkflowId = (batchId: string): string => `batch/${batchId}`;
export const reconciliationWorkflowId = (gateway: string, day: string): string => `reconciliation/${gateway}/${day}`;
export const CHECK_DESK_WORKFLOW_ID = 'check-desk';
export const payScheduleId = (scheduleCode: string): string => `pay/${scheduleCode}`;
export const SWEEP_SCHEDULE_ID = 'sweep';
export const RECONCILIATION_SCHEDULE_ID = 'reconciliation';
export const CHECK_DESK_SCHEDULE_ID = 'check-desk';
/** Also the id of the workflow that it starts. */
export const INVARIANTS_SCHEDULE_ID = 'nightly-invariants';

/** There are new events: look again before going to sleep. */
export const eventsArrivedSignal = defineSignal('eventsArrived');
/** The run's row changed outside of its workflow (cancelled, paused, resumed): read it again. */
export const runChangedSignal = defineSignal('runChanged');
/** A provider said something, or a person did: read the attempt again. */
export const attemptChangedSignal = defineSignal('attemptChanged');
/** A provider spoke of the batch as a whole, or whoever held it back let it go on: look again. */
export const batchChangedSignal = defineSignal('batchChanged');
/** A person decided something that the bank must be told. */
export const checkDeskSignal = defineSignal('checkDesk');

/** Records a decision or refuses it; answers what the run is then. Fails with an ApplicationFailure whose type is a FailureCode. */
export const decideUpdate = defineUpdate<RunStatus, [Decision]>('decide');
export const runStatusQuery = defineQuery<RunStatus>('runStatus');
