import { type DatabasePool, type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listBreaks, listStatementLines } from '../../db/books/reconciliation.ts';
import { listInvariants } from '../../db/books/invariants.ts';
import { listPayoutEntries } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import { listInstruments } from '../../db/partners/instruments.ts';
import { listPartners } from '../../db/partners/partners.ts';
import { findLiveAttempt, listAttemptHistory, listAttempts } from '../../db/payouts/attempts.ts';
import { listOverdueBatches } from '../../db/payouts/batches.ts';
import { giveUpUnmatched, listMatchedInbox } from '../../db/payouts/inbox.ts';
import { listPayoutLines } from '../../db/payouts/lines.ts';
import { listPartnerPayability } from '../../db/payouts/payability.ts';
import { listPayouts } from '../../db/payouts/pages.ts';
import { getPayout, takeOverduePayouts, takeStartablePayouts, updatePayout } from '../../db/payouts/payouts.ts';
import { findPayoutByProviderRef } from '../../db/payouts/starts.ts';
import { listAuditEntries, sealAuditLog } from '../../db/people/audit.ts';
import { countHeld, listHeld, listHoldingRuns } from '../../db/runs/holds.ts';
import { listOutcomes } from '../../db/runs/outcomes.ts';
import { listOverdueRuns } from '../../db/runs/overdue.ts';
import { countActivePayouts, listRuns, readRunProgress } from '../../db/runs/runs.ts';
import { takeDueNotifications } from '../../db/tasks/notifications.ts';
import { listTasks, listTasksDue } from '../../db/tasks/tasks.ts';
import { fillLargeTables, LARGE, pretendLarge } from './large-tables.ts';
import { openFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
let scene: Awaited<ReturnType<typeof fillLargeTables>>;

beforeAll(async () => {
  fixture = await openFixture();
  scene = await fillLargeTables(fixture);
  await pretendLarge(fixture);
});
afterAll(() => fixture.close());

type Scene = typeof scene;
const PAGE = 51;

/**
 * Requests, sweeps and looks at a run ask these of the large tables. Three others read much, and do so rarely: drafting and deciding a
 * run (`npm run bench:run`), the nightly comparison of a day, and the invariants.
 */
const QUERIES: Record<string, (db: Database, s: Scene) => unknown> = {
  'the first page of payouts': (db) => listPayouts(db, {}, null, PAGE),
  'a page of payouts in the middle': (db, s) => listPayouts(db, {}, s.payoutId, PAGE),
  'a page of payouts of a rare status': (db, s) => listPayouts(db, { status: 'failed' }, s.payoutId, PAGE),
  'a page of payouts of a method that nobody has': (db, s) => listPayouts(db, { method: 'check' }, s.payoutId, PAGE),
  'the payouts of a partner': (db, s) => listPayouts(db, { partnerId: s.partnerId }, null, PAGE),
  'the payouts of a run': (db, s) => listPayouts(db, { runId: s.runId }, s.payoutId, PAGE),
  'a payout': (db, s) => getPayout(db, s.payoutId),
  'the lines of a payout': (db, s) => listPayoutLines(db, s.payoutId),
  'the attempts of a payout': (db, s) => listAttempts(db, s.payoutId),
  'the live attempt of a payout': (db, s) => findLiveAttempt(db, s.payoutId),
  'the history of a payout': (db, s) => listAttemptHistory(db, s.payoutId),
  'the entries of a payout': (db, s) => listPayoutEntries(db, s.payoutId),
  'the statement lines of a payout': (db, s) => listStatementLines(db, s.payoutId),
  'the payability of a partner': (db, s) => listPartnerPayability(db, s.company.scheduleId, '2026-02-01', s.partnerId),
  'the instruments of a partner': (db, s) => listInstruments(db, s.partnerId, null, PAGE),
  'a page of partners': (db) => listPartners(db, 'large-500', PAGE),
  'a page of runs': (db) => listRuns(db, {}, null, PAGE),
  'a page of outcomes': (db, s) => listOutcomes(db, s.runId, { partnerId: s.partnerId, currency: 'USD' }, PAGE),
  'the tasks of a payout': (db, s) =>
    listTasks(db, { payoutId: s.payoutId, kind: 'outcome_unknown', isOpen: false }, null, PAGE),
  'the audit entries of a subject': (db) => listAuditEntries(db, 'payout/7', 0n, PAGE),
  'the open breaks': (db) => listBreaks(db, 0n, PAGE),
  'the payout that a webhook is about': (db, s) =>
    findPayoutByProviderRef(db, 'paypal', { reference: `ref-${s.payoutId}`, key: null }),
  'the progress of a run': (db, s) => readRunProgress(db, s.runId),
  'the number of held payouts of a run': (db, s) => countHeld(db, s.runId),
  'the held payouts of a run': (db, s) => listHeld(db, s.runId, 30),
  'the runs that hold payouts': (db) => listHoldingRuns(db, 86_400_000, 100),
  'the payouts that providers are asked for': (db) => countActivePayouts(db),
  'the next payouts of a run': (db, s) => takeStartablePayouts(db, s.runId, 200),
  'the end of a payout': (db, s) => updatePayout(db, s.payoutId, 'failed', null),
  'the overdue payouts': (db) => takeOverduePayouts(db, 200),
  'the overdue runs': (db) => listOverdueRuns(db, 100),
  'the overdue batches': (db) => listOverdueBatches(db, 100),
  'the webhooks of known payouts': (db) => listMatchedInbox(db, 500),
  'the webhooks of nobody': (db) => giveUpUnmatched(db),
  'the due notices': (db) => takeDueNotifications(db, 50, 60_000),
  'the due tasks': (db) => listTasksDue(db, 86_400_000, 50),
  'the entries to seal': (db) => sealAuditLog(db),
};

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Filter?: string;
  Plans?: Plan[];
};
const PlanRow = z.object({ 'QUERY PLAN': z.array(z.object({ Plan: z.custom<Plan>() })) });

/** Calls a query and returns the statements that it sends first. Nothing is executed. */
async function statementsOf(query: (db: Database) => unknown): Promise<QuerySqlToken[]> {
  const sent: QuerySqlToken[] = [];
  const none = async (token: QuerySqlToken) => {
    sent.push(token);
    return [];
  };
  const db = new Proxy({}, { get: () => none }) as Database;
  await Promise.resolve(query(db)).catch(() => {}); // it may expect a row, and there is none
  return sent;
}

const explain = async (db: DatabasePool, token: QuerySqlToken): Promise<Plan> => {
  const asked = { ...token, parser: PlanRow, sql: `explain (format json) ${token.sql}` } as QuerySqlToken<
    typeof PlanRow
  >;
  const [explained] = (await db.one(asked))['QUERY PLAN'];
  if (!explained) throw new Error('a statement has a plan');
  return explained.Plan;
};

const isLarge = (name: string | undefined): boolean => LARGE.some((large) => large === name);
const isIndexed = (plan: Plan): boolean =>
  plan['Node Type'].startsWith('Index') || plan['Node Type'] === 'Bitmap Index Scan';
/** Nodes that stop reading below them as soon as a limit above them is reached. */
const STOPS = ['Limit', 'Nested Loop', 'Subquery Scan', 'LockRows', 'Memoize', 'Incremental Sort'];

/** The parts of a plan that read a large table or an index of it whole. */
function wholeReads(plan: Plan, stops: boolean): string[] {
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
  'payout_asked',
  'payout_held',
  'settled_reopened',
  'resolution_due',
  'notification_due_at_id_idx',
  'audit_log_seq_idx',
  'webhook_inbox_received_at_idx',
  'webhook_inbox_gateway_provider_ref_idx',
  'task_deadline_at_id_idx',
  'payout_due_at_id_idx',
];
const isOfLarge = (index: string): boolean =>
  !TO_DO.includes(index) &&
  (LARGE.some((name) => index.startsWith(`${name}_`)) ||
    index === 'earning_line_paid_once' ||
    index === 'one_live_attempt');

describe('given a million payouts', () => {
  it.each([
    { reads: 'a table', statement: sql.unsafe`select from payout_line where released_at is null` },
    {
      reads: 'an index from its beginning to the page',
      statement: sql.unsafe`
        select * from payout left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
        where payout.id > '80000000-0000-0000-0000-000000000000' order by payout.id limit 400000`,
    },
  ])('when a query reads $reads then this test sees it', async ({ statement }) => {
    expect(wholeReads(await explain(fixture.owner, statement), false)).not.toEqual([]);
  });

  it.each(Object.entries(QUERIES))(
    'when somebody asks for %s then no large table or index is read whole',
    async (_what, query) => {
      const statements = await statementsOf((db) => query(db, scene));
      expect(statements).not.toEqual([]);
      for (const statement of statements)
        expect(wholeReads(await explain(fixture.owner, statement), false), statement.sql).toEqual([]);
    },
  );

  it('when the books are asked a rule then it is planned for all rows, and not to find the first culprits soon', async () => {
    for (const { name, find } of await listInvariants())
      for (const statement of await statementsOf(find)) {
        const plan = await explain(fixture.owner, statement);
        const read = plan['Node Type'] === 'Limit' ? plan.Plans?.at(-1)?.['Node Type'] : 'CTE Scan';
        expect(read, name).toBe('CTE Scan');
      }
  });

  it('then the check of each statement trigger looks rows up by key, whatever plan its connection keeps', async () => {
    const unsure = await fixture.owner.anyFirst(sql.type(z.strictObject({ name: z.string() }))`
      select distinct proname::text as name from pg_trigger join pg_proc on pg_proc.oid = tgfoid
      where tgrelid in ('payout'::regclass, 'payout_line'::regclass) and num_nonnulls(tgnewtable, tgoldtable) > 0
        and not coalesce(proconfig @> array['enable_seqscan=off'], false)`);
    expect(unsure).toEqual([]);
  });
});
