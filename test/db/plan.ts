import type { DatabasePool, QuerySqlToken } from 'slonik';
import { z } from 'zod';

import { LARGE } from './large-tables.ts';

export type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Filter?: string;
  Plans?: Plan[];
};
const PlanRow = z.object({ 'QUERY PLAN': z.array(z.object({ Plan: z.custom<Plan>() })) });

/** The plan of a statement for its values, or for any values. Nothing is executed. */
export async function explain(db: DatabasePool, token: QuerySqlToken, forAnyValues = false): Promise<Plan> {
  const options = forAnyValues ? 'format json, generic_plan' : 'format json';
  const asked = {
    ...token,
    parser: PlanRow,
    sql: `explain (${options}) ${token.sql}`,
    values: forAnyValues ? [] : token.values,
  } as QuerySqlToken<typeof PlanRow>;
  const [explained] = (await db.one(asked))['QUERY PLAN'];
  if (!explained) throw new Error('a statement has a plan');
  return explained.Plan;
}

const PARTITION = /^(event)_\d+/;
const isLarge = (name: string | undefined): boolean => LARGE.some((large) => large === name?.replace(PARTITION, '$1'));
const isIndexed = (plan: Plan): boolean =>
  plan['Node Type'].startsWith('Index') || plan['Node Type'] === 'Bitmap Index Scan';
/** Nodes that stop reading below them as soon as a limit above them is reached. */
const STOPS = ['Limit', 'Nested Loop', 'Subquery Scan', 'LockRows', 'Memoize', 'Incremental Sort'];

/** The parts of a plan that read a large table or an index of it whole. */
export function wholeReads(plan: Plan, stops = false): string[] {
  const type = plan['Node Type'];
  const name = plan['Relation Name'] ?? plan['Index Name'];
  const below = (plan.Plans ?? []).flatMap((part) =>
    wholeReads(part, type === 'Limit' || (stops && STOPS.includes(type))),
  );
  const isWhole =
    (type === 'Seq Scan' && isLarge(name)) ||
    (isIndexed(plan) && !plan['Index Cond'] && isOfLarge(plan['Index Name'] ?? '') && (!stops || Boolean(plan.Filter)));
  return isWhole ? [`${type} of ${name} (${plan['Index Name'] ?? 'no index'})`, ...below] : below;
}

/** Partial indexes of the work that is still to do. They are small, so a statement may read one whole. */
const TO_DO = [
  'payout_attempt_open',
  'payout_held',
  'settled_reopened',
  'resolution_due',
  'notification_due_at_id_idx',
  'audit_log_seq_idx',
  'webhook_inbox_received_at_idx',
  'webhook_inbox_gateway_provider_ref_idx',
  'task_queue',
  'payout_due_at_id_idx',
  'payout_run_due_at_idx',
  'provider_batch_due_at_idx',
  'incident_id_idx',
  'event_due_waits',
  'event_due_aside',
  'ledger_account_own',
];
const isOfLarge = (index: string): boolean =>
  !TO_DO.includes(index) &&
  (LARGE.some((name) => index.startsWith(`${name}_`)) ||
    index === 'earning_line_paid_once' ||
    index === 'one_live_attempt');
