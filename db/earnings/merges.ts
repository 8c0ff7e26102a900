import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Currency, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import type { EventKey } from './events.ts';

/** Partners who became one: where their events belong, and which money still has to follow. */

const FamilyRow = z.strictObject({ code: z.string(), survivor: z.string() });

/** The codes that belong to merged partners, with the code of the partner who goes on. Other partners are not listed. */
export const listMergeFamilies = (
  db: Database,
  codes: readonly string[],
): Promise<readonly z.infer<typeof FamilyRow>[]> =>
  db.any(sql.type(FamilyRow)`
    select partner.code, coalesce(survivor.code, partner.code) as survivor
    from partner left join partner survivor on survivor.id = partner.merged_into
    where partner.code = any(${sql.array(codes, 'text')})
      and (partner.merged_into is not null or exists (select from partner gone where gone.merged_into = partner.id))`);

const WaitingRow = z.strictObject({ source: z.string(), id: z.string(), partner: z.string() });

/** The partners of the refunds that came before these sales, by the source and the id of the sale. */
export const listEarlyRefunds = (
  db: Database,
  sales: readonly EventKey[],
): Promise<readonly z.infer<typeof WaitingRow>[]> =>
  db.any(sql.type(WaitingRow)`
    select event.source, event.about as id, partner.code as partner
    from ${sql.unnest(
      sales.map(({ source, id }) => [source, id]),
      ['text', 'text'],
    )} as asked(source, id)
    join event on event.source = asked.source and event.about = asked.id
    join partner on partner.id = event.partner_id`);

/**
 * The payout that pays a line, or has paid it. A draft or an approved payout of a merged partner never will, because `payability` refuses
 * it, so its lines count as free.
 */
const payingOf = (lineId: FragmentSqlToken) => sql.fragment`
  select from payout_line paid join payout on payout.id = paid.payout_id
  where paid.earning_line_id = ${lineId} and paid.taken and payout.status not in ('draft', 'approved')`;

const FreeRow = z.strictObject({
  programId: z.number(),
  currency: Currency,
  availableOn: LocalDate,
  minor: z.bigint(),
});

/** The sums that a partner is owed and no payout pays, by program, currency and day, without sums of 0. */
export const listFreeSums = (
  db: Database,
  partnerId: bigint,
  limit: number,
): Promise<readonly z.infer<typeof FreeRow>[]> =>
  db.any(sql.type(FreeRow)`
    select line.program_id as "programId", line.currency, line.available_on as "availableOn",
      sum(line.amount_minor)::bigint as minor
    from program join earning_line line on line.program_id = program.id and line.partner_id = ${partnerId}
    where not exists (select from earning_line part where part.split_from = line.id)
      and not exists (${payingOf(sql.fragment`line.id`)})
    group by line.program_id, line.currency, line.available_on having sum(line.amount_minor) <> 0
    order by line.program_id, line.currency, line.available_on limit ${limit}`);

/** The confirmed merges whose partner has money or points that did not follow yet, the oldest first. */
export const listUnfollowedMerges = (db: Database, limit: number): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ id: z.string() }))`
    select correction.id from correction
    where correction.kind = 'merge' and correction.status = 'confirmed' and (exists (
      select from unit join ledger_account account on account.code = 'points:partner:' || correction.merged_id || ':' || unit.code
      where is_points(unit.code) and account.debits <> account.credits
    ) or exists (
      select from program join earning_line line on line.program_id = program.id and line.partner_id = correction.merged_id
      where not exists (select from earning_line part where part.split_from = line.id)
        and not exists (${payingOf(sql.fragment`line.id`)})
      group by line.program_id, line.currency, line.available_on having sum(line.amount_minor) <> 0))
    order by correction.id limit ${limit}`);

const TermRow = z.strictObject({
  program: z.string(),
  plan: z.string().nullable(),
  from: LocalDate,
  until: LocalDate.nullable(),
});

/**
 * The terms of a merged partner on the days on which the other one is not in the program, oldest first in each program. If only the merged
 * partner was ever recorded there, and for no day in effect, a term without a plan lets runs judge the other one too.
 */
export const listTermsToTakeOver = (
  db: Database,
  { mergedId, intoId }: { mergedId: bigint; intoId: bigint },
): Promise<readonly z.infer<typeof TermRow>[]> =>
  db.any(sql.type(TermRow)`
    select program.code as program, plan.code as plan, lower(rest) as "from", upper(rest) as until
    from (select distinct program_id from agreement_term where partner_id = ${mergedId}) agreed
    join program on program.id = agreed.program_id
    cross join lateral agreement_terms(${mergedId}::bigint, agreed.program_id) term
    join plan on plan.id = term.plan_id
    cross join lateral unnest(datemultirange(daterange(term.starts_on, term.ends_on)) - coalesce(
      (select range_agg(daterange(own.starts_on, own.ends_on)) from agreement_terms(${intoId}::bigint, agreed.program_id) own), '{}')) rest
    union all
    select program.code, null, min(recorded.starts_on), null
    from agreement_term recorded join program on program.id = recorded.program_id
    where recorded.partner_id = ${mergedId} and not agreed_in(${intoId}::bigint, program.id)
      and not exists (select from agreement_terms(${mergedId}::bigint, program.id))
    group by program.code
    order by 1, 3`);
