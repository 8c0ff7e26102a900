import { sql } from 'slonik';
import { z } from 'zod';

import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const NegativeRow = z.strictObject({
  partner: z.string(),
  name: z.string(),
  currency: Currency,
  /** Below zero. */
  minor: z.bigint(),
  since: Instant,
});
export type NegativeBalance = z.infer<typeof NegativeRow>;

export type NegativeKey = { partner: string; currency: string };

/**
 * The partners who owe us money in the ledger, by code and currency, after a cursor. `since` is when the balance fell below zero and stayed
 * there, or when the oldest debt was booked that a run left for later ones.
 */
export const listNegativeBalances = (
  db: Database,
  after: NegativeKey | null,
  limit: number,
): Promise<readonly NegativeBalance[]> =>
  db.any(sql.type(NegativeRow)`
    with negative as materialized (
      select account.id, account.partner_id, partner.code, partner.name, account.currency, account.credits - account.debits as minor
      from ledger_account account join partner on partner.id = account.partner_id
      where account.cached and not is_points(account.currency) and account.debits > account.credits
        and (${after?.partner ?? null}::text is null
          or (partner.code, account.currency) > (${after?.partner ?? null}, ${after?.currency ?? null}))
      order by partner.code, account.currency limit ${limit}
    ), moved as (
      select negative.id, journal.recorded_at, journal.id as journal_id, -sum(entry.amount_minor) as minor
      from negative join ledger_entry entry on entry.account_id = negative.id join ledger_journal journal on journal.id = entry.journal_id
      group by negative.id, journal.id
    ), balance as (
      select id, recorded_at, sum(minor) over moves as minor, row_number() over moves as no
      from moved window moves as (partition by id order by recorded_at, journal_id)
    ), begun as (
      select balance.id, min(balance.recorded_at) as since
      from balance join (select id, coalesce(max(no) filter (where minor >= 0), 0) as no from balance group by id) last_owed using (id)
      where balance.no > last_owed.no group by balance.id
    )
    select negative.code as partner, negative.name, negative.currency, negative.minor, least(begun.since, waiting.since) as since
    from negative join begun using (id)
    cross join lateral (
      with recursive part as (
        select line.split_from, line.booked_at from earning_line line
        where (line.partner_id, line.currency) = (negative.partner_id, negative.currency)
          and line.carried_from is not null and line.amount_minor < 0
          and not exists (select from earning_line part where part.split_from = line.id)
          and not exists (select from payout_line paid where paid.earning_line_id = line.id and paid.taken)
        union all
        select whole.split_from, whole.booked_at from part join earning_line whole on whole.id = part.split_from
      )
      select min(booked_at) as since from part
    ) waiting
    order by negative.code, negative.currency`);
