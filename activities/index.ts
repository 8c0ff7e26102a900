import { type AccrualDeps, createAccrualActivities } from './earnings/accrual.ts';
import { createDecisionActivities, type DecisionDeps } from './earnings/decisions.ts';
import { createReRateActivities, type ReRateDeps } from './earnings/re-rate.ts';
import { sendHeartbeats } from './heartbeat.ts';
import { type BackTestDeps, createBackTestActivities } from './earnings/back-test.ts';
import { type AuditDeps, createAuditActivities } from './books/audit.ts';
import { type BatchDeps, createBatchActivities } from './payouts/batches.ts';
import { type CheckDeskDeps, createCheckActivities } from './checks/check-desk.ts';
import { translateFailures } from './failures.ts';
import { createNewsActivities, type NewsDeps } from './tasks/news.ts';
import type { NotificationDeps } from './tasks/mail-deps.ts';
import { createNotificationActivities } from './tasks/notifications.ts';
import { createPayoutActivities, type PayoutDeps } from './payouts/advance.ts';
import { createInvariantActivities, type InvariantDeps } from './books/invariants.ts';
import { createReconciliationActivities, type ReconciliationDeps } from './books/reconciliation.ts';
import { createDisburseRunActivities, type DisburseRunDeps } from './runs/disburse.ts';
import { createOpenRunActivities, type OpenRunDeps } from './runs/open.ts';
import { createPrepareRunActivities, type PrepareRunDeps } from './runs/prepare.ts';
import { createWebhookActivities, type WebhookDeps } from './tasks/webhooks.ts';
import { createSweepActivities, type SweepDeps } from './sweep.ts';

export type ActivityDeps = AccrualDeps &
  AuditDeps &
  BackTestDeps &
  ReRateDeps &
  BatchDeps &
  CheckDeskDeps &
  DecisionDeps &
  InvariantDeps &
  NewsDeps &
  NotificationDeps &
  PayoutDeps &
  ReconciliationDeps &
  OpenRunDeps &
  PrepareRunDeps &
  DisburseRunDeps &
  SweepDeps &
  WebhookDeps;

/** Every activity, with its dependencies. Workflows know activities by their types alone. */
export const createActivities = (deps: ActivityDeps) =>
  translateFailures(
    sendHeartbeats({
      ...createAccrualActivities(deps),
      ...createAuditActivities(deps),
      ...createBackTestActivities(deps),
      ...createReRateActivities(deps),
      ...createBatchActivities(deps),
      ...createCheckActivities(deps),
      ...createDecisionActivities(deps),
      ...createInvariantActivities(deps),
      ...createNewsActivities(deps),
      ...createNotificationActivities(deps),
      ...createPayoutActivities(deps),
      ...createReconciliationActivities(deps),
      ...createOpenRunActivities(deps),
      ...createPrepareRunActivities(deps),
      ...createDisburseRunActivities(deps),
      ...createSweepActivities(deps),
      ...createWebhookActivities(deps),
    }),
  );

export type Activities = ReturnType<typeof createActivities>;
