import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';
import type { UnitCode } from '../../domain/unit.ts';
import { Count, Id, Instant, LocalDate, Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import { changesRow, type Database } from '../database.ts';

export const BACK_TEST_STATES = ['running', 'done', 'failed'] as const;

const BackTestRow = z.strictObject({
  id: z.string(),
  program: z.string(),
  programId: z.number(),
  plan: z.string(),
  planId: z.number(),
  zone: z.string(),
  terms: PlanTerms,
  from: LocalDate,
  until: LocalDate,
  tierKey: z.string().nullable(),
  state: z.enum(BACK_TEST_STATES),
  /** The last partner whose events were replayed. */
  doneThrough: z.bigint(),
  askedBy: z.string(),
  askedAt: Instant,
  endedAt: Instant.nullable(),
});
export type BackTest = z.infer<typeof BackTestRow>;

export async function getBackTest(db: Database, id: string): Promise<BackTest> {
  const found = await db.maybeOne(sql.type(BackTestRow)`
    select back_test.id, program.code as program, back_test.program_id as "programId", plan.code as plan, back_test.plan_id as "planId",
      schedule.zone, back_test.terms, starts_on as "from", ends_on as until, tier_key as "tierKey", back_test.state,
      done_through as "doneThrough", actor.code as "askedBy", asked_at as "askedAt", ended_at as "endedAt"
    from back_test join program on program.id = back_test.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    join plan on plan.id = back_test.plan_id join actor on actor.id = back_test.asked_by
    where back_test.id = ${id}`);
  if (!found) throw new Failure('not_found', `There is no back-test ${id}.`);
  return found;
}

export type NewBackTest = {
  programId: number;
  plan: string;
  terms: PlanTerms;
  from: string;
  until: string;
  tierKey: string | null;
  askedBy: string;
};

export const insertBackTest = (db: Database, given: NewBackTest): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into back_test(program_id, plan_id, terms, starts_on, ends_on, tier_key, asked_by)
    select program_id, id, ${sql.jsonb(given.terms)}, ${given.from}, ${given.until}, ${given.tierKey}, ${given.askedBy}
    from plan where program_id = ${given.programId} and code = ${given.plan} returning id`);

/** The back-tests that are still to be worked out. */
export const listRunningBackTests = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`select id from back_test where state = 'running' order by id`);

const SpanRow = z.strictObject({
  partnerId: z.bigint(),
  value: z.string(),
  from: LocalDate,
  until: LocalDate.nullable(),
});

/** The values of a fact about partners, each with its days. */
export const listFactSpans = (
  db: Database,
  key: string,
  partnerIds: readonly bigint[],
): Promise<readonly z.infer<typeof SpanRow>[]> =>
  db.any(sql.type(SpanRow)`
    select asked.partner_id as "partnerId", fact.value, fact.starts_on as "from", fact.ends_on as until
    from unnest(${sql.array(partnerIds.map(String), 'int8')}) asked(partner_id)
    cross join lateral partner_facts(asked.partner_id) fact
    where fact.key = ${key} order by asked.partner_id, fact.value, fact.starts_on`);

export type BackTestSum = {
  readonly partnerId: bigint;
  /** The first day of the month in which the events happened. */
  readonly month: string;
  readonly tier: string;
  readonly unit: UnitCode;
  readonly eventCount: number;
  readonly oldMinor: bigint;
  readonly newMinor: bigint;
  readonly stoppedCount: number;
};
export type StoppedEvent = {
  readonly partnerId: bigint;
  readonly eventId: bigint;
  readonly unit: UnitCode;
  readonly oldMinor: bigint;
  readonly reason: string;
};
export type BackTestPage = {
  readonly id: string;
  /** The last partner of the page before, and that of this one. */
  readonly after: bigint;
  readonly through: bigint;
  readonly sums: readonly BackTestSum[];
  readonly stopped: readonly StoppedEvent[];
};

/** Writes the sums of some partners. Returns whether nobody had written them before. Called in a transaction. */
export async function saveBackTestPage(
  db: Database,
  { id, after, through, sums, stopped }: BackTestPage,
): Promise<boolean> {
  const isNext = await changesRow(
    db,
    sql.unsafe`
      update back_test set done_through = ${through} where id = ${id} and done_through = ${after} and state = 'running'`,
  );
  if (!isNext) return false;
  const given = unnestColumns(
    ['int8', 'date', 'text', 'text', 'int8', 'int8', 'int8', 'int8'],
    sums.map((sum) => [
      sum.partnerId,
      sum.month,
      sum.tier,
      sum.unit,
      sum.eventCount,
      sum.oldMinor,
      sum.newMinor,
      sum.stoppedCount,
    ]),
  );
  const columns = sql.fragment`(partner_id, month, tier, unit, event_count, old_minor, new_minor, stopped_count)`;
  await db.query(sql.unsafe`
    insert into back_test_partner(back_test_id, partner_id, unit, event_count, old_minor, new_minor, stopped_count)
    select ${id}::uuid, partner_id, unit, sum(event_count), sum(old_minor), sum(new_minor), sum(stopped_count)
    from ${given} as given${columns} group by partner_id, unit`);
  await db.query(sql.unsafe`
    insert into back_test_group(back_test_id, month, tier, unit, event_count, old_minor, new_minor)
    select ${id}::uuid, month, tier, unit, sum(event_count), sum(old_minor), sum(new_minor)
    from ${given} as given${columns} group by month, tier, unit
    on conflict (back_test_id, month, tier, unit) do update set event_count = back_test_group.event_count + excluded.event_count,
      old_minor = back_test_group.old_minor + excluded.old_minor, new_minor = back_test_group.new_minor + excluded.new_minor`);
  await db.query(sql.unsafe`
    insert into back_test_event(back_test_id, partner_id, event_id, unit, old_minor, reason)
    select ${id}::uuid, given.* from ${unnestColumns(
      ['int8', 'int8', 'text', 'int8', 'text'],
      stopped.map(({ partnerId, eventId, unit, oldMinor, reason }) => [partnerId, eventId, unit, oldMinor, reason]),
    )} as given
    on conflict do nothing`);
  return true;
}

export const endBackTest = (db: Database, id: string, state: 'done' | 'failed'): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update back_test set state = ${state}, ended_at = now() where id = ${id} and state = 'running'`,
  );

const TotalRow = z.strictObject({
  unit: Unit,
  partners: Count,
  eventCount: z.bigint().transform(Number),
  oldMinor: z.bigint(),
  newMinor: z.bigint(),
  winners: Count,
  gainMinor: z.bigint(),
  losers: Count,
  lossMinor: z.bigint(),
  firstTime: Count,
  noLonger: Count,
  stoppedCount: z.bigint().transform(Number),
});
export type BackTestTotal = z.infer<typeof TotalRow>;

/** The totals of a back-test by unit. Units are never added. */
export const listBackTestTotals = (db: Database, id: string): Promise<readonly BackTestTotal[]> =>
  db.any(sql.type(TotalRow)`
    select unit, count(*) as partners, sum(event_count)::bigint as "eventCount", sum(old_minor)::bigint as "oldMinor",
      sum(new_minor)::bigint as "newMinor", count(*) filter (where new_minor > old_minor) as winners,
      coalesce(sum(new_minor - old_minor) filter (where new_minor > old_minor), 0)::bigint as "gainMinor",
      count(*) filter (where new_minor < old_minor) as losers,
      coalesce(sum(new_minor - old_minor) filter (where new_minor < old_minor), 0)::bigint as "lossMinor",
      count(*) filter (where old_minor = 0 and new_minor <> 0) as "firstTime",
      count(*) filter (where old_minor <> 0 and new_minor = 0) as "noLonger", sum(stopped_count)::bigint as "stoppedCount"
    from back_test_partner where back_test_id = ${id} group by unit order by unit`);

const GroupRow = z.strictObject({
  name: z.string(),
  unit: Unit,
  eventCount: z.bigint().transform(Number),
  oldMinor: z.bigint(),
  newMinor: z.bigint(),
});
export type BackTestGroup = z.infer<typeof GroupRow>;

/** The sums of a back-test by month or tier, and by unit. */
export const listBackTestGroups = (
  db: Database,
  id: string,
  by: 'month' | 'tier',
): Promise<readonly BackTestGroup[]> => {
  const name = by === 'month' ? sql.fragment`to_char(month, 'YYYY-MM')` : sql.fragment`tier`;
  return db.any(sql.type(GroupRow)`
    select ${name} as name, unit, sum(event_count)::bigint as "eventCount", sum(old_minor)::bigint as "oldMinor",
      sum(new_minor)::bigint as "newMinor"
    from back_test_group where back_test_id = ${id} group by 1, unit order by 1, unit`);
};

const PartnerRow = z.strictObject({
  partnerId: z.bigint(),
  partner: z.string(),
  unit: Unit,
  eventCount: z.bigint().transform(Number),
  oldMinor: z.bigint(),
  newMinor: z.bigint(),
  stoppedCount: z.bigint().transform(Number),
});
export type BackTestPartner = z.infer<typeof PartnerRow>;
export type BackTestPartnerKey = { partnerId: bigint; unit: string };

const partnerColumns = sql.fragment`
  sums.partner_id as "partnerId", partner.code as partner, unit, event_count as "eventCount", old_minor as "oldMinor",
  new_minor as "newMinor", stopped_count as "stoppedCount"`;

/** Each partner's sums by unit, in the order of the partners' numbers. */
export const listBackTestPartners = (
  db: Database,
  id: string,
  after: BackTestPartnerKey | null,
  limit: number,
): Promise<readonly BackTestPartner[]> => {
  const { partnerId, unit } = after ?? { partnerId: 0n, unit: '' };
  return db.any(sql.type(PartnerRow)`
    select ${partnerColumns}
    from (
      select * from back_test_partner
      where back_test_id = ${id} and (partner_id, unit) > (${String(partnerId)}::int8, ${unit})
      order by partner_id, unit limit ${limit}
    ) sums join partner on partner.id = sums.partner_id order by sums.partner_id, unit`);
};

/** The partners with the largest gains, or the largest losses, by unit. */
export const listLargestDifferences = (
  db: Database,
  id: string,
  which: 'gains' | 'losses',
  limit: number,
): Promise<readonly BackTestPartner[]> => {
  const gain = which === 'gains' ? sql.fragment`new_minor - old_minor` : sql.fragment`old_minor - new_minor`;
  return db.any(sql.type(PartnerRow)`
    select ${partnerColumns}
    from (
      select *, row_number() over (partition by unit order by ${gain} desc, partner_id) as place
      from back_test_partner where back_test_id = ${id} and ${gain} > 0
    ) sums join partner on partner.id = sums.partner_id
    where place <= ${limit} order by unit, place`);
};

const StoppedRow = z.strictObject({
  partnerId: z.bigint(),
  eventId: z.bigint(),
  unit: Unit,
  partner: z.string(),
  source: z.string(),
  id: z.string(),
  kind: z.string(),
  occurredAt: Instant,
  oldMinor: z.bigint(),
  reason: z.string(),
});
export type StoppedRow = z.infer<typeof StoppedRow>;
export type StoppedKey = { partnerId: bigint; eventId: bigint; unit: string };

/** The events that would newly earn nothing, the first ones of each partner. */
export const listStoppedEvents = (
  db: Database,
  id: string,
  after: StoppedKey | null,
  limit: number,
): Promise<readonly StoppedRow[]> => {
  const { partnerId, eventId, unit } = after ?? { partnerId: 0n, eventId: 0n, unit: '' };
  return db.any(sql.type(StoppedRow)`
    select stopped.partner_id as "partnerId", stopped.event_id as "eventId", stopped.unit, partner.code as partner, event.source,
      event.source_id as id, event.kind, event.occurred_at as "occurredAt", stopped.old_minor as "oldMinor", stopped.reason
    from (
      select * from back_test_event
      where back_test_id = ${id} and (partner_id, event_id, unit) > (${String(partnerId)}::int8, ${String(eventId)}::int8, ${unit})
      order by partner_id, event_id, unit limit ${limit}
    ) stopped join partner on partner.id = stopped.partner_id join event on event.id = stopped.event_id
    order by stopped.partner_id, stopped.event_id, stopped.unit`);
};
