import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listInvariants } from '../../../db/books/invariants.ts';
import { addAuditEntry, sealAuditLog } from '../../../db/people/audit.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import {
  addBatch,
  addCompany,
  addLine,
  addPartner,
  addPayout,
  addRun,
  disburse,
  sendBatch,
  sendPayout,
  settlePayout,
  SOURCE,
} from '../../fixtures/rows.ts';
import { tamper } from '../../fixtures/database.ts';
import { openFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

type Books = Awaited<ReturnType<typeof keepBooks>>;

/** A run that is being paid: ann's payout settled, bob's was asked for, and cleo's line is free. */
async function keepBooks(db: Fixture['app']) {
  const company = await addCompany(db);
  const [ann, bob, cleo] = [
    await addPartner(db, company),
    await addPartner(db, company),
    await addPartner(db, company),
  ];
  const [annLine, bobLine, cleoLine] = [
    await addLine(db, company, ann),
    await addLine(db, company, bob, { minor: 2000n }),
    await addLine(db, company, cleo, { minor: 3000n }),
  ];
  const runId = await addRun(db, company);
  const annPayout = await addPayout(db, runId, ann, [annLine]);
  const bobPayout = await addPayout(db, runId, bob, [bobLine]);
  await db.query(sql.unsafe`
    insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor) values (${runId}, ${cleo.id}, 'USD', 'below_minimum', 0)`);
  await disburse(db, runId, company.approver);
  const annAttempt = await settlePayout(db, annPayout);
  const bobAttempt = await sendPayout(db, bobPayout);
  const batchRunId = await addRun(db, company);
  const [dan, eve] = [await addPartner(db, company), await addPartner(db, company)];
  const [danPayout, evePayout] = [
    await addPayout(db, batchRunId, dan, [await addLine(db, company, dan)]),
    await addPayout(db, batchRunId, eve, [await addLine(db, company, eve)]),
  ];
  for (const { id } of [ann, bob, cleo])
    await db.query(sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor) values (${batchRunId}, ${id}, 'USD', 'nothing_due', 0)`);
  await disburse(db, batchRunId, company.approver);
  const batch = await addBatch(db, batchRunId, [danPayout, evePayout]);
  await sendBatch(db, batch.id);
  await addAuditEntry(db, { actorId: company.approver, action: 'run.approve', subject: `run/${runId}` });
  await sealAuditLog(db);
  return {
    company,
    ann,
    bob,
    cleo,
    annLine,
    bobLine,
    cleoLine,
    runId,
    annPayout,
    bobPayout,
    annAttempt,
    bobAttempt,
    batch,
  };
}

/** The answer of the books to one rule. */
async function culpritsOf(rule: string): Promise<readonly string[]> {
  const invariant = (await listInvariants()).find(({ name }) => name === rule);
  return fixture.app.transaction(async (tx) => {
    await tx.query(sql.unsafe`select set_config('bursar.grace', '10 minutes', true)`);
    return invariant?.find(tx) ?? [];
  });
}

/** Runs statements as an owner of the database who disables its triggers. */
const plant = (statements: readonly QuerySqlToken[]): Promise<void> => tamper(fixture.owner, ...statements);

const accountOf = (prefix: string) =>
  sql.fragment`(select min(id) from ledger_account where code like ${`${prefix}%`})`;
const journal = (key: string) => sql.unsafe`
  insert into ledger_journal(kind, idempotency_key, currency, effective_at) values ('suspense', ${key}, 'USD', now())`;
const entry = (key: string, lineNo: number, prefix: string, minor: number) => sql.unsafe`
  insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
  select id, ${lineNo}, ${accountOf(prefix)}, 'USD', ${minor} from ledger_journal where idempotency_key = ${key}`;
/** The key of the journal that booked a line. */
const accrualOf = (lineId: bigint) =>
  sql.fragment`(select batch_id || '/' || currency from earning_line where id = ${lineId})`;
const forget = (kind: string, key: string | ReturnType<typeof sql.fragment>) => [
  sql.unsafe`delete from ledger_entry using ledger_journal journal where journal.id = journal_id and kind = ${kind} and idempotency_key = ${key}`,
  sql.unsafe`delete from ledger_journal where kind = ${kind} and idempotency_key = ${key}`,
];
const partOf = (lineId: bigint, minor: number) => sql.unsafe`
  insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on, split_from)
  select partner_id, program_id, kind, batch_id, currency, ${minor}, 1, available_on, id from earning_line where id = ${lineId}`;
const setPayout = (id: string, change: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update payout set ${change} where id = ${id}`;
/** A divided pool of 100 with one part, which nothing earned yet. */
const addPool = ({ company, cleo }: Books) => [
  sql.unsafe`
    insert into pool(program_id, incentive_id, currency, time_window, window_start, measure, plan_version_id)
    select ${company.programId}, 'pool', 'USD', 'quarter', '2026-01-01', 'amount at close of a pool', ${company.planVersionId}`,
  sql.unsafe`insert into pool_division(pool_id, revision, total, pool_minor, made_by) select max(id), 1, 7, 100, '{}' from pool`,
  sql.unsafe`
    insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
      earned_minor, closes_on, is_undivided)
    select ${cleo.id}, ${company.programId}, 'pool', 'USD', 'quarter', '2026-01-01', 'amount at close of a pool', '', 0, '2026-04-01', false`,
  sql.unsafe`
    insert into pool_part(event_id, pool_id, revision, scope_id, volume, amount_minor)
    select (select max(id) from event), max(pool_id), 1, (select max(id) from earning_scope), 7, 100 from pool_division`,
];
const setAttempt = (id: string, change: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update payout_attempt set ${change} where id = ${id}`;

const account = (b: Books, ref: string, first: number, next: number) => sql.unsafe`
  insert into check_account(payer_id, account_ref, number_first, number_next) values (${b.company.payerId}, ${ref}, ${first}, ${next})`;
const register = (b: Books, ref: string, number: number, why: { because?: string; attemptId?: string }) => sql.unsafe`
  insert into check_register(check_account_id, number, attempt_id, spoiled_because, recorded_by)
  select id, ${number}, ${why.attemptId ?? null}, ${why.because ?? null}, ${why.because ? b.company.preparer : null}::uuid
  from check_account where payer_id = ${b.company.payerId} and account_ref = ${ref}`;
/** Turns an attempt into one by check. */
const asCheck = (id: string, change: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update payout_attempt set gateway = 'printed-check', check_number = 55, ${change} where id = ${id}`;
/** A part of ann's payout that two people credited to her. Its id is that of the run. */
const credited = (
  { runId, annPayout, annAttempt, company }: Books,
  decidedBy = sql.fragment`${company.approver}`,
) => sql.unsafe`
  insert into resolution(id, task_id, payout_id, attempt_id, outcome, amount_minor, evidence, proposed_by, status, decided_by, decided_at,
    ended_at)
  values (${runId}, ${runId}, ${annPayout}, ${annAttempt}, 'credit_partner', 5, 'seen', ${company.preparer}, 'applied', ${decidedBy},
    now(), now())`;

/** A budget of 9 cents, which says that so much of it is used. */
const budget = ({ company }: Books, { used }: { used: number }) => [
  sql.unsafe`
    insert into budget(program_id, code, title, unit, amount_minor, used_minor)
    values (${company.programId}, 'spring', 'Spring', 'USD', 9, ${used})`,
  sql.unsafe`
    insert into budget_change(budget_id, no, kind, amount_minor, reason, changed_by)
    select id, 1, 'created', 9, 'a gift', ${company.preparer} from budget where program_id = ${company.programId}`,
];

/** A correction of ann's balance, in the state that two people would have left it in. Its id is that of the run. */
const corrected = (
  { runId, ann, company }: Books,
  {
    kind = 'credit',
    minors = [5],
    decidedBy = company.approver,
  }: { kind?: string; minors?: number[]; decidedBy?: string } = {},
) => [
  sql.unsafe`alter table correction drop constraint if exists two_people_correct`,
  sql.unsafe`
    insert into correction(id, kind, reason, proposed_by, status, decided_by, decided_at)
    values (${runId}, ${kind}, 'a gift', ${company.preparer}, 'confirmed', ${decidedBy}, now())`,
  sql.unsafe`
    insert into correction_item(correction_id, item_no, partner_id, program_id, currency, amount_minor, available_on)
    select ${runId}, no, ${ann.id}, ${company.programId}, 'USD', minor, '2026-01-01'
    from unnest(${sql.array(minors, 'int8')}) with ordinality given(minor, no)`,
];

/** A unit of points whose name is that of the run, and a lot of ann with some points. */
const points = ({ runId, ann, company }: Books, { left = 0, conversion = 'by-staff' } = {}) => [
  sql.unsafe`
    insert into unit(code, exponent, program_id, name, conversion, created_by)
    values (${`points-${runId}`}, 0, ${company.programId}, 'Points', ${conversion}, ${company.preparer})`,
  sql.unsafe`
    insert into points_lot(partner_id, unit, earned_on, available_on, expires_on, left_minor)
    values (${ann.id}, ${`points-${runId}`}, '2026-01-01', '2026-01-01', '2027-01-01', ${left})`,
];
/** A movement of ann's points in no journal, out of her lot or out of nothing. */
const pointsMoved = (
  { runId, ann }: Books,
  { kind = 'expired', minor = -5, entry: part = null as number | null, batch = false } = {},
) => [
  sql.unsafe`
    insert into points_movement(partner_id, unit, kind, amount_minor, batch_id, moved_on)
    select ${ann.id}, ${`points-${runId}`}, ${kind}, ${minor}, case when ${batch} then max(id) end, '2026-01-01' from accrual_batch`,
  ...(part === null
    ? []
    : [
        sql.unsafe`
          insert into points_lot_entry(movement_id, lot_id, amount_minor)
          select movement.id, lot.id, ${part} from points_movement movement join points_lot lot using (partner_id, unit)
          where unit = ${`points-${runId}`}`,
      ]),
];
/** A conversion of five of ann's points to five cents. Its id is that of the run. */
const converted = ({ runId, ann, company }: Books, status: string, decidedBy: string | null) => [
  sql.unsafe`alter table conversion drop constraint if exists two_people_convert`,
  sql.unsafe`
    insert into unit_rate(unit, currency, starts_on, rate, recorded_by)
    values (${`points-${runId}`}, 'USD', '2026-01-01', '0.01', ${company.preparer})`,
  sql.unsafe`
    insert into conversion(id, partner_id, unit, asked_minor, points_minor, rate_id, currency, amount_minor, proposed_by, status,
      decided_by, decided_at)
    select ${runId}, ${ann.id}, unit, 5, 5, id, 'USD', 5, ${company.preparer}, ${status}, ${decidedBy},
      case when ${status} <> 'proposed' then now() end
    from unit_rate where unit = ${`points-${runId}`}`,
];

type Plant = {
  wrong: string;
  breaks: string;
  plant: (b: Books) => readonly QuerySqlToken[];
  names: (b: Books) => string;
};

/** One violation of each rule. The checker must name the culprit, or it would be green whatever happens. */
const PLANTS: readonly Plant[] = [
  {
    wrong: 'a journal has one side',
    breaks: 'journals-balance',
    plant: (b) => [journal(b.runId), entry(b.runId, 1, 'program:expense', 5)],
    names: (b) => b.runId,
  },
  {
    wrong: 'entries are in another currency than their account',
    breaks: 'currencies-balance',
    plant: (b) => [
      sql.unsafe`
        update ledger_entry set currency = 'EUR' from ledger_journal journal
        where journal.id = journal_id and kind = 'accrual' and idempotency_key = ${accrualOf(b.cleoLine)}`,
    ],
    names: () => 'is in EUR, but its account is in USD',
  },
  {
    wrong: 'a kept balance is a cent too high',
    breaks: 'kept-balances',
    plant: (b) => [sql.unsafe`update ledger_account set credits = credits + 1 where partner_id = ${b.cleo.id}`],
    names: (b) => `partner:payable:${b.cleo.id}:USD`,
  },
  {
    wrong: 'a line is in two payouts',
    breaks: 'lines-paid-once',
    plant: (b) => [
      sql.unsafe`drop index earning_line_paid_once`,
      sql.unsafe`
        insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
        select ${b.bobPayout}, id, partner_id, currency, amount_minor from earning_line where id = ${b.annLine}`,
    ],
    names: (b) => `line ${b.annLine} `,
  },
  {
    wrong: 'a paid line is split',
    breaks: 'split-lines-not-paid',
    plant: (b) => [partOf(b.annLine, 400), partOf(b.annLine, 600)],
    names: (b) => `line ${b.annLine} `,
  },
  {
    wrong: 'a payout pays more than its lines',
    breaks: 'payouts-are-their-lines',
    plant: (b) => [setPayout(b.bobPayout, sql.fragment`gross_minor = gross_minor + 1, net_minor = net_minor + 1`)],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a cancelled payout keeps its lines',
    breaks: 'payouts-are-their-lines',
    plant: (b) => [setPayout(b.bobPayout, sql.fragment`status = 'cancelled'`)],
    names: (b) => b.bobPayout,
  },
  {
    wrong: "a payout pays somebody else's line",
    breaks: 'payouts-pay-own-lines',
    plant: (b) => [sql.unsafe`update earning_line set partner_id = ${b.cleo.id} where id = ${b.bobLine}`],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a payout pays a line that is still held',
    breaks: 'payouts-pay-own-lines',
    plant: (b) => [sql.unsafe`update earning_line set available_on = '2026-02-01' where id = ${b.bobLine}`],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a line counts an earning that is not there',
    breaks: 'lines-are-their-earnings',
    plant: (b) => [sql.unsafe`update earning_line set earning_count = 2 where id = ${b.cleoLine}`],
    names: (b) => `line ${b.cleoLine} `,
  },
  {
    wrong: 'a part of a split line is lost',
    breaks: 'parts-make-the-whole',
    plant: (b) => [partOf(b.cleoLine, 1)],
    names: (b) => `line ${b.cleoLine} `,
  },
  {
    wrong: 'an earning is in no line',
    breaks: 'earnings-have-one-line',
    plant: (b) => [sql.unsafe`update earning set earning_line_id = null where earning_line_id = ${b.cleoLine}`],
    names: (b) => `partner ${b.cleo.id} `,
  },
  {
    wrong: 'an earning was converted at a rate that nobody recorded',
    breaks: 'earnings-keep-published-rates',
    plant: (b) => [
      sql.unsafe`
        update earning set rate = '{"source": "ECB", "from": "EUR", "to": "USD", "day": "2026-03-06", "fromRate": null, "toRate": "9.9"}'
        where earning_line_id = ${b.cleoLine}`,
    ],
    names: () => 'names a rate that nobody recorded',
  },
  {
    wrong: 'an earning belongs to another partner than its event',
    breaks: 'earnings-fit-line-and-event',
    plant: (b) => [
      sql.unsafe`
        update event set partner_id = ${b.ann.id} from earning where earning.event_id = event.id and earning_line_id = ${b.cleoLine}`,
    ],
    names: () => 'commission does not match',
  },
  {
    wrong: 'an earning names a partner below, of whom nobody knows',
    breaks: 'earnings-fit-line-and-event',
    plant: (b) => [sql.unsafe`update earning set child_id = ${b.ann.id} where earning_line_id = ${b.cleoLine}`],
    names: () => 'commission does not match',
  },
  {
    wrong: 'less than nothing waits for a payment',
    breaks: 'uncollected-is-not-negative',
    plant: (b) => [sql.unsafe`update earning set uncollected_minor = -1 where earning_line_id = ${b.cleoLine}`],
    names: () => 'waits for -1 of payments',
  },
  {
    wrong: 'an event is due again',
    breaks: 'due-events-earned-nothing',
    plant: (b) => [
      sql.unsafe`
        insert into event_due(event_id, partner_id, program_id, shard, source)
        select event_id, partner_id, program_id, 0, ${SOURCE} from earning where earning_line_id = ${b.cleoLine}`,
    ],
    names: () => 'is due, but has an earning',
  },
  {
    wrong: 'an event is lost before it was counted',
    breaks: 'events-counted-once',
    plant: (b) => [
      sql.unsafe`
        insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, occurred_at, payload_hash)
        values (${SOURCE}, 'lost', ${b.cleo.id}, ${b.company.programId}, 'sale', 'USD', 10000, '2026-01-10', '')`,
    ],
    names: (b) => `program ${b.company.programId} `,
  },
  {
    wrong: 'a refund takes back more than was earned',
    breaks: 'refunds-within-sale',
    plant: (b) => [
      sql.unsafe`
        insert into earning(event_id, n, partner_id, program_id, origin_id, incentive_id, plan_version_id, terms_since, batch_id, currency,
          amount_minor, volume, of_amount, available_on)
        select event_id + 1000000, 1, partner_id, program_id, origin_id, incentive_id, plan_version_id, terms_since, batch_id, currency,
          -3001, 0, 0, available_on from earning where earning_line_id = ${b.cleoLine}`,
    ],
    names: () => 'earned -1 for partner',
  },
  {
    wrong: 'a corrected event still counts for the partner who lost it',
    breaks: 'corrected-events-moved',
    plant: (b) => [
      sql.unsafe`
        insert into event(source, source_id, revision, partner_id, program_id, kind, currency, amount_minor, occurred_at, payload_hash)
        select source, source_id, 2, ${b.ann.id}, event.program_id, kind, event.currency, event.amount_minor, occurred_at, 'moved'
        from event join earning on earning.event_id = event.id where earning_line_id = ${b.cleoLine}`,
    ],
    names: (b) => `still counts for partner ${b.cleo.id}`,
  },
  {
    wrong: 'a scope says that it earned more than it did',
    breaks: 'kept-totals',
    plant: (b) => [
      sql.unsafe`
        insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
          earned_minor)
        select ${b.cleo.id}, ${b.company.programId}, 'volume', 'USD', 'month', '2026-01-01', 'amount', '', 100`,
    ],
    names: () => 'has earned 0 and lacks 0, but says 100 and 0',
  },
  {
    wrong: 'the kept sum of a day is more than its earnings',
    breaks: 'kept-incentive-days',
    plant: (b) => [
      sql.unsafe`
        insert into incentive_day(program_id, booked_on, incentive_id, unit, cost_minor, moved_exact, event_count)
        values (${b.company.programId}, '2026-01-01', 'commission', 'USD', 100, 0, 1)`,
    ],
    names: () => 'incentive commission earned 0 USD by 0 events, but its days say 100 by 1',
  },
  {
    wrong: 'a scope measured more than its events',
    breaks: 'kept-totals',
    plant: (b) => [
      sql.unsafe`
        insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
          earned_minor)
        select ${b.cleo.id}, ${b.company.programId}, 'volume', 'USD', 'month', '2026-01-01', 'amount', '', 0`,
      sql.unsafe`
        insert into scope_total(scope_id, terms_since, plan_version_id, volume, of_amount, base)
        select max(id), '2026-01-01', ${b.company.planVersionId}, 100, 0, 0 from earning_scope`,
    ],
    names: () => 'but says 100',
  },
  {
    wrong: 'the parts of a pool do not add up to it',
    breaks: 'pools-are-divided-whole',
    plant: (b) => [...addPool(b), sql.unsafe`update pool_part set amount_minor = 99`],
    names: () => 'divides 100, but its parts add up to 99',
  },
  {
    wrong: 'a part of a pool was not booked',
    breaks: 'pools-are-divided-whole',
    plant: (b) => addPool(b),
    names: () => 'but has earned 0',
  },
  {
    wrong: 'a partner has a part of a pool for what others reached',
    breaks: 'pools-are-divided-whole',
    plant: (b) => [...addPool(b), sql.unsafe`update pool_division set total = 5`],
    names: () => 'reached 0 of 5, but has the part 100 of 100',
  },
  {
    wrong: 'a scope is compared with a quota that nobody recorded',
    breaks: 'kept-quotas',
    plant: (b) => [
      sql.unsafe`
        insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
          earned_minor, quota)
        select ${b.cleo.id}, ${b.company.programId}, 'new', 'USD', 'month', '2026-01-01', 'amount against quota standard', '', 0, 500`,
    ],
    names: () => 'is compared with the quota 500, but none is in force',
  },
  {
    wrong: 'a scope counts a customer whom no event names',
    breaks: 'kept-customers',
    plant: (b) => [
      sql.unsafe`
        insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
          earned_minor)
        select ${b.cleo.id}, ${b.company.programId}, 'new', 'USD', 'month', '2026-01-01', 'customers', '', 0`,
      sql.unsafe`
        insert into scope_customer(scope_id, customer, terms_since, plan_version_id, events, base)
        select max(id), 'kim', '2026-01-01', ${b.company.planVersionId}, 1, 0 from earning_scope`,
    ],
    names: () => 'customer kim has',
  },
  {
    wrong: 'two attempts can pay one payout',
    breaks: 'one-live-attempt',
    plant: (b) => [
      sql.unsafe`drop index one_live_attempt`,
      sql.unsafe`
        insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash)
        select payout_id, 2, gateway, provider_key || '-2', currency, amount_minor, '', '' from payout_attempt where id = ${b.bobAttempt}`,
    ],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'an attempt asks for another amount',
    breaks: 'attempts-pay-the-net',
    plant: (b) => [setAttempt(b.bobAttempt, sql.fragment`amount_minor = amount_minor + 1`)],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'a provider was asked for more than was owed',
    breaks: 'submissions-within-owed',
    plant: (b) => [setAttempt(b.bobAttempt, sql.fragment`owed_minor = amount_minor - 1`)],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'a provider was asked for a payout that a person had taken out',
    breaks: 'taken-out-is-not-asked',
    plant: (b) => [setPayout(b.bobPayout, sql.fragment`cut_reason = 'in dispute'`)],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a batch has another total than its payments',
    breaks: 'batches-are-their-attempts',
    plant: (b) => [sql.unsafe`update provider_batch set total_minor = total_minor + 1 where id = ${b.batch.id}`],
    names: (b) => b.batch.id,
  },
  {
    wrong: 'a payment of a batch was left out of the request',
    breaks: 'batches-are-asked-whole',
    plant: (b) => [
      setAttempt(b.batch.attemptIds[0] ?? '', sql.fragment`state = 'prepared', submitted_at = null, owed_minor = null`),
    ],
    names: (b) => b.batch.attemptIds[0] ?? '',
  },
  {
    wrong: 'a batch is forgotten',
    breaks: 'nothing-is-forgotten',
    plant: (b) => [sql.unsafe`update provider_batch set due_at = now() - interval '1 hour' where id = ${b.batch.id}`],
    names: (b) => b.batch.id,
  },
  {
    wrong: 'a payout is settled, but its attempt is not',
    breaks: 'payouts-are-their-attempts',
    plant: (b) => [setPayout(b.bobPayout, sql.fragment`status = 'settled'`)],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'money came back that the provider never took',
    breaks: 'only-taken-money-settles',
    plant: (b) => [setAttempt(b.bobAttempt, sql.fragment`returned_minor = 5`)],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'an attempt moved without a trace',
    breaks: 'attempt-history-is-whole',
    plant: (b) => [setAttempt(b.bobAttempt, sql.fragment`state = 'accepted'`)],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'an attempt went backwards',
    breaks: 'attempt-history-is-whole',
    plant: (b) => [
      sql.unsafe`
        insert into attempt_history(attempt_id, from_state, to_state, evidence) values (${b.annAttempt}, 'settled', 'prepared', '{}'),
          (${b.annAttempt}, 'prepared', 'settled', '{}')`,
    ],
    names: (b) => b.annAttempt,
  },
  {
    wrong: 'money that a provider took was not booked',
    breaks: 'movements-booked-once',
    plant: (b) => forget('debit', b.annAttempt),
    names: (b) => `debit of attempt ${b.annAttempt}`,
  },
  {
    wrong: 'a movement was booked for an attempt that does not exist',
    breaks: 'movements-booked-once',
    plant: (b) => [
      journal(`stray-${b.runId}`),
      entry(`stray-${b.runId}`, 1, 'program:expense', 7),
      entry(`stray-${b.runId}`, 2, 'payout:in_transit', -7),
      sql.unsafe`update ledger_journal set kind = 'return' where idempotency_key = ${`stray-${b.runId}`}`,
    ],
    names: (b) => `return of attempt stray-${b.runId}`,
  },
  {
    wrong: 'an earning line was not booked',
    breaks: 'lines-booked-once',
    plant: (b) => forget('accrual', accrualOf(b.cleoLine)),
    names: () => 'should have 3000, but has 0',
  },
  {
    wrong: 'a balanced journal takes from a partner',
    breaks: 'partners-are-owed-the-rest',
    plant: (b) => [
      journal(b.runId),
      entry(b.runId, 1, `partner:payable:${b.cleo.id}:`, 100),
      entry(b.runId, 2, 'program:expense', -100),
    ],
    names: (b) => `partner ${b.cleo.id} `,
  },
  {
    wrong: 'two people credited a partner, but there is no line',
    breaks: 'returned-funds-decided',
    plant: (b) => [credited(b)],
    names: (b) => b.runId,
  },
  {
    wrong: 'an unknown outcome was settled because of its age',
    breaks: 'silence-ends-nothing',
    plant: (b) => [
      sql.unsafe`
        insert into attempt_history(attempt_id, from_state, to_state, word, evidence, said_by)
        values (${b.bobAttempt}, 'unknown', 'submitted', 'late', '{}', 'us')`,
    ],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'one person alone decided that a payment was paid',
    breaks: 'silence-ends-nothing',
    plant: (b) => [
      sql.unsafe`alter table resolution drop constraint resolution_check`,
      credited(b, sql.fragment`${b.company.preparer}`),
      sql.unsafe`
        insert into attempt_history(attempt_id, from_state, to_state, word, evidence, said_by, resolution_id)
        values (${b.bobAttempt}, 'unknown', 'submitted', 'paid', '{}', 'people', ${b.runId})`,
    ],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'a decided part is still in suspense',
    breaks: 'decided-parts-booked-once',
    plant: (b) => [credited(b)],
    names: (b) => `resolution ${b.runId}: account suspense:USD`,
  },
  {
    wrong: 'two people confirmed a correction, but there is no line',
    breaks: 'corrections-booked-once',
    plant: (b) => corrected(b),
    names: (b) => `item 1 of correction ${b.runId}`,
  },
  {
    wrong: 'two people confirmed a correction, but it is not in the ledger',
    breaks: 'corrections-in-the-ledger',
    plant: (b) => corrected(b),
    names: (b) => `correction ${b.runId}: account program:adjustments:${b.company.programId}:USD should have 5`,
  },
  {
    wrong: 'a transfer makes money',
    breaks: 'transfers-make-nothing',
    plant: (b) => corrected(b, { kind: 'transfer', minors: [-5, 6] }),
    names: (b) => `correction ${b.runId}`,
  },
  {
    wrong: 'one person alone corrects a balance',
    breaks: 'corrections-need-two',
    plant: (b) => corrected(b, { decidedBy: b.company.preparer }),
    names: (b) => `correction ${b.runId} is confirmed`,
  },
  {
    wrong: 'more is claimed from a fund than it has',
    breaks: 'claims-within-funds',
    plant: (b) => [
      sql.unsafe`
        insert into fund(id, request_id, program_id, partner_id, currency, amount_minor, starts_on, ends_on)
        values (${b.runId}, ${b.runId}, ${b.company.programId}, ${b.ann.id}, 'USD', 5, '2026-01-01', '2027-01-01')`,
      sql.unsafe`
        insert into fund_claim(program_id, partner_id, fund_id, currency, amount_minor, wish, proof, proof_sha256, claimed_by, due_at)
        values (${b.company.programId}, ${b.ann.id}, ${b.runId}, 'USD', 6, 'a stand', 'invoice', sha256('x'), ${b.company.preparer}, now())`,
    ],
    names: (b) => `fund ${b.runId} has 5, but 6 was claimed`,
  },
  {
    wrong: 'a claim is granted without a credit',
    breaks: 'claims-within-funds',
    plant: (b) => [
      sql.unsafe`
        insert into fund_claim(id, program_id, partner_id, currency, amount_minor, wish, proof, proof_sha256, claimed_by, status,
          correction_id, ended_at)
        values (${b.runId}, ${b.company.programId}, ${b.ann.id}, 'USD', 6, 'a stand', 'invoice', sha256('x'), ${b.company.preparer},
          'granted', ${b.runId}, now())`,
    ],
    names: (b) => `claim ${b.runId} of 6 was granted`,
  },
  {
    wrong: 'a budget says that it paid what nobody earned',
    breaks: 'budgets-are-not-overdrawn',
    plant: (b) => budget(b, { used: 5 }),
    names: () => 'budget spring has paid 0 of 9, but says 5',
  },
  {
    wrong: 'an earning is paid by a budget that its terms do not name, and more than it has',
    breaks: 'budgets-are-not-overdrawn',
    plant: (b) => [
      ...budget(b, { used: 9 }),
      sql.unsafe`
        update earning set budget_id = budget.id, unfunded_minor = 0 from budget
        where budget.program_id = ${b.company.programId} and earning_line_id = ${b.cleoLine}`,
    ],
    names: () => 'but the terms name none',
  },
  {
    wrong: 'a window lacks what its budget paid',
    breaks: 'kept-totals',
    plant: (b) => [
      sql.unsafe`
        insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
          earned_minor, unfunded_minor)
        values (${b.ann.id}, ${b.company.programId}, 'commission', 'USD', 'month', '2026-01-01', 'amount', '', 0, 5)`,
    ],
    names: () => 'has earned 0 and lacks 0, but says 0 and 5',
  },
  {
    wrong: 'a re-rating says that it is booked, but earned nothing',
    breaks: 're-ratings-booked-as-confirmed',
    plant: (b) => [
      sql.unsafe`
        insert into re_rating(id, program_id, from_day, reason, proposed_by, status, decided_by, decided_at)
        values (${b.runId}, ${b.company.programId}, '2026-01-01', 'a gift', ${b.company.preparer}, 'confirmed', ${b.company.approver}, now())`,
      sql.unsafe`
        insert into re_rating_item(re_rating_id, partner_id, currency, events, before_minor, after_minor, status)
        values (${b.runId}, ${b.ann.id}, 'USD', 1, 0, 5, 'booked')`,
    ],
    names: (b) => `re-rating ${b.runId} earned 0`,
  },
  {
    wrong: 'the person who wrote the terms confirms a re-rating',
    breaks: 're-ratings-booked-as-confirmed',
    plant: (b) => [
      sql.unsafe`
        insert into re_rating(id, program_id, from_day, reason, proposed_by, status, decided_by, decided_at, made_by)
        values (${b.runId}, ${b.company.programId}, '2026-01-01', 'a gift', ${b.company.preparer}, 'confirmed', ${b.company.approver}, now(),
          array[${b.company.approver}]::uuid[])`,
    ],
    names: (b) => `re-rating ${b.runId} is confirmed`,
  },
  {
    wrong: 'a partner is merged without a decision',
    breaks: 'merged-partners-decided',
    plant: (b) => [sql.unsafe`update partner set merged_into = ${b.bob.id} where id = ${b.ann.id}`],
    names: (b) => `partner ${b.ann.id} is merged into ${b.bob.id}`,
  },
  {
    wrong: 'nobody is asked about a proposed correction',
    breaks: 'proposals-ask-somebody',
    plant: (b) => [
      sql.unsafe`insert into correction(id, kind, reason, proposed_by) values (${b.runId}, 'credit', 'a gift', ${b.company.preparer})`,
    ],
    names: (b) => `correction/${b.runId} waits for a decision, but nobody is asked`,
  },
  {
    wrong: 'a journal of money has an entry in an account of points',
    breaks: 'points-stay-apart',
    plant: (b) => [
      ...points(b),
      sql.unsafe`
        insert into ledger_account(code, currency, partner_id, cached)
        values (${`points:partner:${b.ann.id}:points-${b.runId}`}, ${`points-${b.runId}`}, ${b.ann.id}, true)`,
      journal(b.runId),
      entry(b.runId, 1, 'points:partner', 5),
      entry(b.runId, 2, 'program:expense', -5),
    ],
    names: (b) => `journal ${b.runId} (suspense) in USD has an entry in account points:partner:`,
  },
  {
    wrong: 'a lot of points has more than it got',
    breaks: 'lots-are-their-entries',
    plant: (b) => points(b, { left: 5 }),
    names: () => 'has 5 left and 0 expired, but its entries say 0 and 0',
  },
  {
    wrong: 'a partner has points that the ledger does not know',
    breaks: 'points-are-in-lots',
    plant: (b) => points(b, { left: 5 }),
    names: (b) => `partner ${b.ann.id} has 5 points-${b.runId} in lots, but the ledger says 0`,
  },
  {
    wrong: 'a movement of points is not booked',
    breaks: 'points-booked-once',
    plant: (b) => [...points(b), ...pointsMoved(b, { entry: -5 })],
    names: (b) => `partner ${b.ann.id} should have 5, but has 0`,
  },
  {
    wrong: 'points expire out of no lot',
    breaks: 'points-booked-once',
    plant: (b) => [...points(b), ...pointsMoved(b)],
    names: () => '(expired) of -5 took 0 from lots',
  },
  {
    wrong: 'a merge makes points',
    breaks: 'merged-points-make-none',
    plant: (b) => [
      ...points(b),
      sql.unsafe`insert into correction(id, kind, reason, proposed_by) values (${b.runId}, 'credit', 'a gift', ${b.company.preparer})`,
      sql.unsafe`
        insert into points_movement(partner_id, unit, kind, amount_minor, correction_id, moved_on)
        values (${b.ann.id}, ${`points-${b.runId}`}, 'transferred', 5, ${b.runId}, '2026-01-01')`,
    ],
    names: (b) => `merge ${b.runId} moves points-${b.runId}, but adds up to 5`,
  },
  {
    wrong: 'points are earned without an event',
    breaks: 'points-are-their-earnings',
    plant: (b) => [...points(b), ...pointsMoved(b, { kind: 'earned', minor: 5, batch: true })],
    names: (b) => `partner ${b.ann.id} earned 0 points-${b.runId}`,
  },
  {
    wrong: 'a redemption uses no points',
    breaks: 'points-used-as-recorded',
    plant: (b) => [
      ...points(b),
      sql.unsafe`
        insert into redemption(id, partner_id, unit, amount_minor, purpose, redeemed_by)
        values (${b.runId}, ${b.ann.id}, ${`points-${b.runId}`}, 5, 'a drill', ${b.company.preparer})`,
    ],
    names: (b) => `redemption ${b.runId} of 5`,
  },
  {
    wrong: 'a conversion is confirmed, but nothing moved',
    breaks: 'points-used-as-recorded',
    plant: (b) => [...points(b), ...converted(b, 'confirmed', b.company.approver)],
    names: (b) => `conversion ${b.runId} is confirmed with 5 points and 5 USD, but took 0`,
  },
  {
    wrong: 'one person alone converts points of a partner',
    breaks: 'conversions-need-two',
    plant: (b) => [...points(b), ...converted(b, 'confirmed', b.company.preparer)],
    names: (b) => `conversion ${b.runId} is confirmed, but was proposed by`,
  },
  {
    wrong: 'nobody is asked about a proposed conversion',
    breaks: 'proposals-ask-somebody',
    plant: (b) => [...points(b), ...converted(b, 'proposed', null)],
    names: (b) => `conversion/${b.runId} waits for a decision, but nobody is asked`,
  },
  {
    wrong: 'nobody is asked about a re-rating, a policy that pays alone, a role and a quarantined event',
    breaks: 'proposals-ask-somebody',
    plant: (b) => [
      sql.unsafe`
        insert into re_rating(id, program_id, from_day, reason, proposed_by, status)
        values (${b.runId}, ${b.company.programId}, '2026-01-01', 'a gift', ${b.company.preparer}, 'proposed')`,
      sql.unsafe`
        insert into policy_version(program_id, subject, version, policy, needs_confirmation, created_by)
        values (${b.company.programId}, 'claim', 1, '{}', true, ${b.company.preparer})`,
      sql.unsafe`
        insert into event_quarantine(source, source_id, revision, payload, payload_hash)
        values ('till', 'untold', 1, '{}', sha256('untold'))`,
      sql.unsafe`
        insert into role_grant(id, actor_id, role, status, proposed_by)
        values (${b.runId}, ${b.company.preparer}, 'auditor', 'proposed', ${b.company.approver})`,
    ],
    names: (b) =>
      `grant/${b.runId} waits for a decision, but nobody is asked\npolicy/${b.company.code}/claim/1 waits for a decision, but nobody is asked\nquarantine/till waits for a decision, but nobody is asked\nre-rating/${b.runId} waits`,
  },
  {
    wrong: 'a task asks about a correction that nobody proposed',
    breaks: 'proposals-ask-somebody',
    plant: (b) => [
      sql.unsafe`insert into task(kind, subject, detail) values ('correction_proposed', ${`correction/${b.runId}`}, 'nothing')`,
    ],
    names: (b) => `correction_proposed asks about correction/${b.runId}`,
  },
  {
    wrong: 'a settled payout is replaced',
    breaks: 'replacements-after-proof',
    plant: (b) => [setPayout(b.bobPayout, sql.fragment`replaces_id = ${b.annPayout}`)],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'nobody was told of an unknown outcome',
    breaks: 'unknown-outcomes-told',
    plant: (b) => [setAttempt(b.bobAttempt, sql.fragment`state_at = now() - interval '25 hours'`)],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'finance was not told of a break',
    breaks: 'incidents-are-told',
    plant: () => [
      sql.unsafe`insert into recon_break(gateway, kind, subject) values ('wise', 'paid_twice', 'attempt/untold')`,
    ],
    names: () => 'attempt/untold',
  },
  {
    wrong: 'a payout is forgotten',
    breaks: 'nothing-is-forgotten',
    plant: (b) => [setPayout(b.bobPayout, sql.fragment`due_at = now() - interval '11 minutes'`)],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a run ended, but its payout did not',
    breaks: 'runs-fit-their-payouts',
    plant: (b) => [sql.unsafe`update payout_run set status = 'disbursed' where id = ${b.runId}`],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a run has no outcome for a partner',
    breaks: 'outcomes-for-every-partner',
    plant: (b) => [sql.unsafe`delete from run_outcome where run_id = ${b.runId} and partner_id = ${b.cleo.id}`],
    names: (b) => `partner ${b.cleo.id}`,
  },
  {
    wrong: 'an outcome has another amount than its payout',
    breaks: 'outcomes-fit-payouts',
    plant: (b) => [sql.unsafe`update run_outcome set payable_minor = 1 where payout_id = ${b.bobPayout}`],
    names: (b) => b.bobPayout,
  },
  {
    wrong: 'a run is paid without its approval',
    breaks: 'runs-approved-by-enough',
    plant: (b) => [sql.unsafe`delete from approval where run_id = ${b.runId}`],
    names: (b) => b.runId,
  },
  {
    wrong: 'somebody approved a run that they had changed',
    breaks: 'nobody-approves-their-own',
    plant: (b) => [
      sql.unsafe`
        insert into run_edit(run_id, payout_id, actor_id, reason, at)
        values (${b.runId}, ${b.bobPayout}, ${b.company.approver}, 'odd', '2026-01-01')`,
    ],
    names: (b) => b.runId,
  },
  {
    wrong: 'somebody approved a run that pays to details that they had added',
    breaks: 'nobody-approves-their-own',
    plant: (b) => [
      sql.unsafe`update instrument_version set created_by = ${b.company.approver} where id = ${b.bob.instrumentId}`,
    ],
    names: (b) => b.runId,
  },
  {
    wrong: 'the content of a run does not match its hash',
    breaks: 'content-is-what-was-approved',
    plant: (b) => [
      sql.unsafe`update payout set instrument_version_id = ${b.ann.instrumentId} where id = ${b.bobPayout}`,
    ],
    names: (b) => b.runId,
  },
  {
    wrong: 'a check number is lost',
    breaks: 'check-numbers-explained',
    plant: (b) => [account(b, 'gap', 7, 9), register(b, 'gap', 7, { because: 'torn' })],
    names: () => 'check 8 of account',
  },
  {
    wrong: 'a check number has two explanations',
    breaks: 'check-numbers-explained',
    plant: (b) => [
      account(b, 'both', 1, 2),
      sql.unsafe`alter table check_register drop constraint explained_once`,
      register(b, 'both', 1, { because: 'torn', attemptId: b.annAttempt }),
    ],
    names: () => 'check 1 of account',
  },
  {
    wrong: 'a check has another number than its attempt',
    breaks: 'checks-are-in-the-register',
    plant: (b) => [account(b, 'strange', 3, 4), register(b, 'strange', 3, { attemptId: b.bobAttempt })],
    names: (b) => `of attempt ${b.bobAttempt}`,
  },
  {
    wrong: 'a check is not in the register',
    breaks: 'checks-are-in-the-register',
    plant: (b) => [asCheck(b.bobAttempt, sql.fragment`state = state`)],
    names: (b) => `check 55 of attempt ${b.bobAttempt} is not in the register`,
  },
  ...['failed', 'returned'].map((state) => ({
    wrong: `a check is ${state} without a confirmation of the bank`,
    breaks: 'dead-checks-are-proved',
    plant: (b: Books) => [
      asCheck(b.bobAttempt, sql.fragment`state = ${state}, step = '{"acknowledgedAt":"2026-02-02T00:00:00Z"}'`),
    ],
    names: (b: Books) => b.bobAttempt,
  })),
  {
    wrong: 'a check was mailed before the bank acknowledged it',
    breaks: 'checks-acknowledged-first',
    plant: (b) => [
      asCheck(b.bobAttempt, sql.fragment`step = '{"acknowledgedAt":null}'`),
      sql.unsafe`
        insert into attempt_history(attempt_id, from_state, to_state, evidence) values (${b.bobAttempt}, 'submitted', 'accepted', '{}')`,
    ],
    names: (b) => b.bobAttempt,
  },
  {
    wrong: 'an audit entry was altered',
    breaks: 'audit-log-is-a-chain',
    plant: (b) => [
      sql.unsafe`update audit_log set actor_id = ${b.company.preparer} where subject = ${`run/${b.runId}`}`,
    ],
    names: () => 'was altered',
  },
];

describe('given books in which everybody got exactly their own', () => {
  it('then every invariant holds', async () => {
    await keepBooks(fixture.app);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('then there is a violation for every rule', async () => {
    const names = (await listInvariants()).map(({ name }) => name);
    expect(names.toSorted()).toEqual([...new Set(PLANTS.map(({ breaks }) => breaks))].toSorted());
  });

  it.each(PLANTS)('when $wrong then the checker names it', async ({ breaks, plant: statements, names }) => {
    const books = await keepBooks(fixture.app);
    const before = new Set(await culpritsOf(breaks));
    await plant(statements(books));
    const added = (await culpritsOf(breaks)).filter((culprit) => !before.has(culprit));
    expect(added.join('\n')).toContain(names(books));
  });
});

describe("given the providers' own books", () => {
  let own: Fixture;
  let books: Books;

  beforeAll(async () => {
    own = await openFixture();
    books = await keepBooks(own.app);
  });
  afterAll(() => own.close());

  const key = (attemptId: string): Promise<string> =>
    own.app.oneFirst(sql.type(z.object({ key: z.string() }))`
      select provider_key as key from payout_attempt where id = ${attemptId}`);

  type Movement = { key: string; kind: 'paid' | 'returned' | 'fee'; amount: string };

  /** The checker's answer to rule 9 when the provider has these books. */
  async function breaksOf9(movements: readonly Movement[]): Promise<string> {
    const entries = movements.map((movement, index) => ({
      n: index + 1,
      provider: 'wise',
      currency: 'USD',
      ...movement,
    }));
    const server = createServer((_request, response) => response.end(JSON.stringify({ entries, next: null })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const broken = await checkInvariants(own.app, { books: [`http://127.0.0.1:${port}`] });
      return broken.flatMap(({ name, culprits }) => [name, ...culprits]).join('\n');
    } finally {
      server.close();
    }
  }

  const annPaid = async (): Promise<Movement[]> => [
    { key: await key(books.annAttempt), kind: 'paid', amount: '10.00' },
    { key: await key(books.annAttempt), kind: 'fee', amount: '0.31' },
  ];

  it('when they agree with ours then no rule is broken', async () => {
    expect(await breaksOf9(await annPaid())).toBe('');
  });
  it('when the provider took money that we have not heard of yet then no rule is broken', async () => {
    const news: Movement = { key: await key(books.bobAttempt), kind: 'paid', amount: '20.00' };
    expect(await breaksOf9([...(await annPaid()), news])).toBe('');
  });
  it('when one key was paid twice then the rule is broken', async () => {
    const [paid] = await annPaid();
    expect(await breaksOf9([...(await annPaid()), ...(paid ? [paid] : [])])).toContain('was paid 2 times');
  });
  it('when they contain a payment that is not ours then the rule is broken', async () => {
    const stranger: Movement = { key: 'stranger', kind: 'paid', amount: '10.00' };
    expect(await breaksOf9([...(await annPaid()), stranger])).toContain('stranger, which is not ours');
  });
  it('when they lack a payment that we booked then the rule is broken', async () => {
    expect(await breaksOf9([])).toContain(`attempt ${books.annAttempt} (settled)`);
  });
  it('when the fee differs then the rule is broken, unless a person was told', async () => {
    const [paid] = await annPaid();
    const dearer: Movement[] = [
      ...(paid ? [paid] : []),
      { key: await key(books.annAttempt), kind: 'fee', amount: '0.32' },
    ];
    expect(await breaksOf9(dearer)).toContain('32 of fees');
    await own.app.query(sql.unsafe`
      insert into recon_break(gateway, kind, subject, attempt_id)
      values ('wise', 'fee_differs', ${`attempt/${books.annAttempt}`}, ${books.annAttempt})`);
    expect(await breaksOf9(dearer)).toBe('');
  });
});
