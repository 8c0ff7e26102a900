/** The workflows that the workers run, one for each life-cycle. */
export { accrual } from './accrual.ts';
export { audit, monthlyAudits } from './audit.ts';
export { backTest } from './back-test.ts';
export { batch } from './batch.ts';
export { checkDesk } from './check-desk.ts';
export { decision } from './decision.ts';
export { mail } from './mail.ts';
export { nightlyInvariants } from './invariants.ts';
export { payout } from './payout.ts';
export { nightlyReconciliation, reconciliation } from './reconciliation.ts';
export { reRating } from './re-rating.ts';
export { run } from './run.ts';
export { runTrigger } from './run-trigger.ts';
export { sweep } from './sweep.ts';
export { webhooks } from './webhooks.ts';
