import { type DatabasePool, type QuerySqlToken, sql } from 'slonik';

import { keepIncentiveDays } from '../db/books/incentive-days.ts';
import { listRunContent } from '../db/runs/runs.ts';
import { onDemandRunId } from '../domain/ids.ts';
import { contentHash } from '../domain/runs/content.ts';
import { addCompany, type Company } from './company.ts';

/** Nine runs have paid every partner, a tenth is being paid, and an eleventh month is earned. */
const PAID_RUNS = 9;
const RUNS = PAID_RUNS + 1;
const BATCH_ITEMS = 500;

/** The months of 2025 and the first of 2026, so that every cut-off is in the past. */
const monthStart = (month: number): string => new Date(Date.UTC(2025, month - 1, 1)).toISOString().slice(0, 10);

export type Books = Awaited<ReturnType<typeof seedBooks>>;

/** The books of a company with so many payouts, as the product would have written them one by one. Every invariant holds. */
export async function seedBooks(db: DatabasePool, owner: DatabasePool, payouts: number) {
  const partners = payouts / RUNS;
  const company = await addCompany(db);
  await write(owner, partnerRows(company, partners));
  for (let run = 1; run <= RUNS + 1; run++) await write(owner, monthRows(company, run, partners));
  await write(owner, balances(partners));
  const runIds = Array.from({ length: RUNS }, (_, index) => onDemandRunId('bench', String(index + 1)));
  for (const id of runIds) await approve(owner, id, company.approver);
  await owner.query(sql.unsafe`select seal_audit_log(${partners})`);
  while (await keepIncentiveDays(owner));
  await owner.query(sql.unsafe`vacuum (analyze)`);
  const day = monthStart(PAID_RUNS + 1);
  return {
    ...company,
    runIds,
    /** The run that is being paid: all its payouts still wait. */
    payingId: onDemandRunId('bench', String(RUNS)),
    /** The last run that was paid, on this day, and payment by payment. */
    paidId: onDemandRunId('bench', String(PAID_RUNS)),
    day,
    /** The month that no run has drafted yet. */
    next: { periodStart: monthStart(RUNS + 1), periodEnd: monthStart(RUNS + 2) },
  };
}

/** Writes rows as they are: no trigger and no foreign key is asked. */
export async function write(owner: DatabasePool, statements: readonly QuerySqlToken[]): Promise<void> {
  await owner.transaction(async (tx) => {
    await tx.query(sql.unsafe`select set_config('session_replication_role', 'replica', true)`);
    for (const statement of statements) await tx.query(statement);
  });
}

/** Partners with an agreement, an instrument and an account. Accounts of partners have the partners' ids, and ours follow. */
const partnerRows = ({ programId, by }: Company, partners: number): QuerySqlToken[] => [
  sql.unsafe`
    insert into partner(code, name, kind, country) select 'p' || n, 'Partner', 'reseller', 'US' from generate_series(1, ${partners}) n`,
  sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on, recorded_at)
    select partner.id, ${programId}, plan.id, '2020-01-01', '2020-01-01' from partner, plan`,
  sql.unsafe`
    insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, created_by, usable_from)
    select id, 'bank', 'US', '', 'bench', sha256(code::bytea), '6789', ${by}, '2020-01-01' from partner`,
  sql.unsafe`
    insert into ledger_account(code, currency, partner_id, cached)
    select 'partner:payable:' || id || ':USD', 'USD', id, true from partner order by id`,
  sql.unsafe`
    insert into ledger_account(code, currency)
    values (${`program:expense:${programId}:USD`}, 'USD'), ('payout:in_transit:wise:USD', 'USD'), ('cash:wise:USD', 'USD')`,
  sql.unsafe`
    insert into audit_log(action, subject, detail) select 'partner.added', 'partner/' || code, '{}' from partner order by id`,
];

/** The earnings of each partner in a month, and the run that pays them, unless the month is the last one. */
function monthRows({ programId, scheduleId }: Company, month: number, partners: number): QuerySqlToken[] {
  const [from, to] = [monthStart(month), monthStart(month + 1)];
  const runId = onDemandRunId('bench', String(month));
  const status = month <= PAID_RUNS ? 'settled' : 'approved';
  const firstLine = (month - 1) * partners;
  const lines = sql.fragment`earning_line line where line.id > ${firstLine}`;
  const key = sql.fragment`'sale-' || line.id`;
  const earned = [
    sql.unsafe`
      insert into accrual_batch(program_id, event_count, booked_at)
      select ${programId}, 1, ${from}::date + interval '20 days' from generate_series(1, ${partners})`,
    sql.unsafe`
      insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
      select id, ${programId}, 'earned', ${firstLine} + row_number() over (order by id), 'USD', 1000, 1, ${from}::date from partner order by id`,
    sql.unsafe`
      insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, occurred_at, payload_hash)
      select 'bench', ${key}, partner_id, program_id, 'sale', 'USD', 10000, available_on, '' from ${lines}`,
    sql.unsafe`
      insert into earning(event_id, n, partner_id, program_id, origin_id, incentive_id, plan_version_id, terms_since, batch_id,
        earning_line_id, currency, amount_minor, volume, of_amount, available_on)
      select event.id, 1, line.partner_id, line.program_id, event.id, 'share', plan_version.id, '2020-01-01', batch_id, line.id, 'USD',
        1000, 10000, 0, available_on
      from ${sql.fragment`plan_version, event, ${lines}`} and event.source_id = ${key}`,
    post('accrual', sql.fragment`select line.batch_id || '/USD' as key, line.partner_id from ${lines}`, [
      [sql.fragment`(select id from ledger_account where code like 'program:%')`, 1000],
      [sql.fragment`fact.partner_id`, -1000],
    ]),
  ];
  if (month > RUNS) return earned;
  const payouts = sql.fragment`payout where run_id = ${runId}`;
  const drawn = [
    sql.unsafe`
      insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, status, review_since)
      values (${runId}, ${scheduleId}, 'on_demand', ${from}::date, ${to}::date, ${to}::date, ${to}::date,
        ${month <= PAID_RUNS ? 'disbursed' : 'disbursing'}, now())`,
    sql.unsafe`
      insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, status, due_at)
      select payout_id(${runId}::uuid, partner_id, 'USD'), ${runId}, partner_id, 'USD', 'bank', 'wise', 1000, 1000, id, ${status},
        now() + interval '1 day'
      from instrument_version`,
    sql.unsafe`
      insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
      select id, ${firstLine} + partner_id, partner_id, 'USD', 1000 from ${payouts}`,
    sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, payout_id)
      select run_id, partner_id, 'USD', 'paid', 1000, id from ${payouts}`,
  ];
  return month > PAID_RUNS ? [...earned, ...drawn] : [...earned, ...drawn, ...paymentRows(runId, month)];
}

/** The payments of a run. Every second run was paid in batches. */
function paymentRows(runId: string, month: number): QuerySqlToken[] {
  const at = sql.fragment`${monthStart(month + 1)}::timestamptz + interval '12 hours'`;
  const batchId = sql.fragment`md5(${runId} || (partner_id - 1) / ${BATCH_ITEMS})::uuid`;
  const attempts = sql.fragment`payout_attempt attempt join payout on payout.id = attempt.payout_id where payout.run_id = ${runId}`;
  const fact = sql.fragment`select attempt.id::text as key, payout.partner_id from ${attempts}`;
  const inTransit = sql.fragment`(select id from ledger_account where code like 'payout:%')`;
  return [
    sql.unsafe`
      insert into provider_batch(id, run_id, gateway, currency, number, item_count, total_minor, provider_key, provider_ref,
        request_sealed, request_hash, state, submitted_at)
      select id, ${runId}, 'wise', 'USD', row_number() over (), count(*), sum(minor), id, 'group-' || id, '', '', 'done', ${at}
      from (select ${batchId} as id, net_minor as minor from payout where run_id = ${runId} and ${month % 2 === 0}) item group by id`,
    sql.unsafe`
      insert into payout_attempt(payout_id, attempt_no, batch_id, gateway, provider_key, provider_ref, currency, amount_minor,
        request_sealed, request_hash, state, debited_minor, debit_fee_minor, booked_at, submitted_at, owed_minor, answered_at)
      select id, 1, case when ${month % 2 === 0} then ${batchId} end, 'wise', 'key-' || id, 'ref-' || id, 'USD', 1000, '', '',
        'settled', 1000, 0, ${at}, ${at}, 1000, ${at}
      from payout where run_id = ${runId} order by partner_id`,
    sql.unsafe`
      insert into attempt_history(attempt_id, from_state, to_state, word, evidence, said_by, at)
      select attempt.id, step.from_state, step.to_state, step.word, '{}', step.said_by, ${at}
      from ${sql.fragment`(values (1, null, 'prepared', null, 'us'), (2, 'prepared', 'submitted', null, 'us'),
        (3, 'submitted', 'settled', 'outgoing_payment_sent', 'provider')) step(no, from_state, to_state, word, said_by),`} ${attempts}
      order by attempt.id, step.no`,
    post('send', fact, [
      [sql.fragment`fact.partner_id`, 1000],
      [inTransit, -1000],
    ]),
    post('debit', fact, [
      [inTransit, 1000],
      [sql.fragment`(select id from ledger_account where code like 'cash:%')`, -1000],
    ]),
  ];
}

type Sql = ReturnType<typeof sql.fragment>;

/** Journals about facts, each with a key and a partner, and with two entries. */
const post = (
  kind: string,
  facts: Sql,
  [first, second]: readonly [entry: [account: Sql, minor: number], other: [account: Sql, minor: number]],
) =>
  sql.unsafe`
    with fact as materialized (select uuidv7() as id, * from (${facts}) fact), journal as (
      insert into ledger_journal(id, kind, idempotency_key, currency, effective_at) select id, ${kind}, key, 'USD', now() from fact
    )
    insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
    select fact.id, 1, ${first[0]}, 'USD', ${first[1]}::bigint from fact
    union all
    select fact.id, 2, ${second[0]}, 'USD', ${second[1]}::bigint from fact`;

const balances = (partners: number): QuerySqlToken[] => [
  sql.unsafe`
    update ledger_account set debits = ${1000 * PAID_RUNS}, credits = ${1000 * (RUNS + 1)} where cached and id <= ${partners}`,
];

/** The hash of a run's content, and an approver's approval of it. */
async function approve(owner: DatabasePool, runId: string, approver: string): Promise<void> {
  const hash = sql.binary(contentHash(await listRunContent(owner, runId)));
  await write(owner, [
    sql.unsafe`update payout_run set content_hash = ${hash} where id = ${runId}`,
    sql.unsafe`insert into approval(run_id, content_hash, actor_id, decision) values (${runId}, ${hash}, ${approver}, 'approve')`,
  ]);
}
