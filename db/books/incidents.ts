import { sql } from 'slonik';
import { z } from 'zod';

import { INCIDENT_KINDS } from '../../domain/books/incident.ts';
import { METHODS } from '../../domain/rails.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

const NewRow = z.strictObject({
  id: z.bigint(),
  breakKind: z.string().nullable(),
  /** The run whose payout it is about. Null for a line of a statement that names no payout of ours. */
  runId: z.string().nullable(),
  schedule: z.string().nullable(),
  periodEnd: z.string().nullable(),
  zone: z.string(),
  gateway: z.string(),
  minor: z.bigint(),
  /** The amount from which the payer is told at once. For a line that names no payout, the smallest of all payers at the gateway. */
  fromMinor: z.bigint().nullable(),
});
export type NewIncident = z.infer<typeof NewRow>;

/** An incident with its payout, if it has one, and its break, if it is one. */
const incidents = sql.fragment`
  incident
  left join recon_break break on break.id = incident.break_id
  left join payout_attempt attempt on attempt.id = break.attempt_id
  left join payout on payout.id = coalesce(incident.payout_id, attempt.payout_id)`;

const minor = sql.fragment`
  case when break.id is null then payout.net_minor
  else abs(coalesce(break.found_minor, 0) - coalesce(break.expected_minor, 0)) end`;

/** The next incidents that are in no digest, locked against other workers until the transaction ends. */
export const lockNewIncidents = (db: Database, limit: number): Promise<readonly NewIncident[]> =>
  db.any(sql.type(NewRow)`
    select incident.id, break.kind as "breakKind", run.id as "runId", schedule.code as schedule,
      run.period_end::text as "periodEnd", coalesce(schedule.zone, 'UTC') as zone, coalesce(break.gateway, payout.gateway) as gateway,
      ${minor} as minor,
      (select min(amount_minor) from payer_alert_amount alert
       where alert.currency = coalesce(break.currency, payout.currency)
         and (alert.payer_id = schedule.payer_id or schedule.payer_id is null and alert.payer_id in (
           select payer_id from payer_gateway where gateway = break.gateway))) as "fromMinor"
    from ${incidents}
    left join payout_run run on run.id = payout.run_id
    left join pay_schedule schedule on schedule.id = run.schedule_id
    where incident.digest is null order by incident.id limit ${limit} for update of incident skip locked`);

export type ToldIn = { id: bigint; digest: string; atOnce: string | null };

/** Says which notices tell incidents. */
export const setIncidentNotices = (db: Database, told: readonly ToldIn[]) =>
  db.query(sql.unsafe`
    update incident set digest = told.digest, at_once = told.at_once
    from ${sql.unnest(
      told.map(({ id, digest, atOnce }) => [String(id), digest, atOnce]),
      ['int8', 'text', 'text'],
    )} as told(id, digest, at_once) where incident.id = told.id`);

const what = sql.fragment`coalesce(break.kind, replace(incident.kind, 'payout_', ''))`;

const toldBy = (key: string) => sql.fragment`(incident.digest = ${key} or incident.at_once = ${key})`;

const TotalRow = z.strictObject({
  kind: z.enum(INCIDENT_KINDS),
  /** The kind of the break, or what happened to the payout. */
  what: z.string(),
  method: z.enum(METHODS).nullable(),
  currency: Currency.nullable(),
  count: Count,
  minor: z.bigint(),
});

/** The incidents that a notice tells, counted and summed. */
export const sumIncidents = (db: Database, key: string): Promise<readonly z.infer<typeof TotalRow>[]> =>
  db.any(sql.type(TotalRow)`
    select incident.kind, ${what} as what, payout.method, coalesce(break.currency, payout.currency) as currency, count(*) as count,
      coalesce(sum(${minor}), 0)::bigint as minor
    from ${incidents} where ${toldBy(key)} group by 1, 2, 3, 4 order by 1, 2, 3, 4`);

const ReasonRow = z.strictObject({ what: z.string(), reason: z.string(), count: Count });

/** The reasons for the incidents that a notice tells, the most frequent first. */
export const countIncidentReasons = (db: Database, key: string, limit: number) =>
  db.any(sql.type(ReasonRow)`
    select ${what} as what, payout.status_reason as reason, count(*) as count
    from ${incidents} where ${toldBy(key)} and incident.break_id is null and payout.status_reason is not null
    group by 1, 2 order by 3 desc, 1, 2 limit ${limit}`);

const ItemRow = z.strictObject({
  what: z.string(),
  partner: z.string().nullable(),
  payoutId: z.string().nullable(),
  breakId: z.bigint().nullable(),
  subject: z.string().nullable(),
  currency: Currency.nullable(),
  minor: z.bigint(),
  /** Whether a later statement agreed. */
  isOver: z.boolean(),
});

/** The first incidents that a notice tells, the largest amounts first. */
export const listIncidents = (db: Database, key: string, limit: number): Promise<readonly z.infer<typeof ItemRow>[]> =>
  db.any(sql.type(ItemRow)`
    select ${what} as what, partner.code as partner, payout.id as "payoutId", break.id as "breakId", break.subject,
      coalesce(break.currency, payout.currency) as currency, ${minor} as minor, break.resolved_at is not null as "isOver"
    from ${incidents} left join partner on partner.id = payout.partner_id
    where ${toldBy(key)} order by ${minor} desc, incident.id limit ${limit}`);
