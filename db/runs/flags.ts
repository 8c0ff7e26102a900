import { sql } from 'slonik';
import { z } from 'zod';

import { PAYOUT_FLAGS } from '../../domain/runs/flag.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Whether another partner gave the account of a draft too, and did not take it back. */
const ofAnother = sql.fragment`
  other.fingerprint = draft.fingerprint and other.partner_id <> draft.partner_id
    and not exists (select from instrument_withdrawal gone where gone.instrument_id = other.id)`;

/** The payouts of a run that have flags. The last payout of a partner is the one drafted before this one, so what a run shows stays. */
const flagged = (runId: string) => sql.fragment`
  with draft as materialized (
    select payout.id, payout.partner_id, payout.currency, payout.net_minor, payout.created_at, instrument.fingerprint,
      instrument.created_at as given_at
    from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
    where payout.run_id = ${runId} and payout.status <> 'cancelled'
  ), fresh as (
    select draft.*, paid.id is null as is_first
    from draft left join lateral (
      select earlier.instrument_version_id from payout earlier
      where earlier.partner_id = draft.partner_id and earlier.created_at < draft.created_at and earlier.status in ('sent', 'settled')
      order by earlier.created_at desc, earlier.id desc limit 1
    ) last on true
    left join instrument_version paid on paid.id = last.instrument_version_id
    where paid.fingerprint is distinct from draft.fingerprint
  ), flag as (
    select id, case when is_first then 'first_payment' else 'changed_details' end as flag, array[]::text[] as others from fresh
    union all
    select id, 'changed_contact', array[]::text[] from fresh where exists (select from earlier_addresses(partner_id, given_at))
    union all
    select id, 'shared_account', array(
      select distinct owner.code from instrument_version other join partner owner on owner.id = other.partner_id
      where ${ofAnother} order by owner.code limit 5)
    from draft where exists (select from instrument_version other where ${ofAnother})
  )
  select draft.id, partner.code as partner, draft.currency, draft.net_minor, flag.flag, flag.others
  from flag join draft using (id) join partner on partner.id = draft.partner_id`;

const CountRow = z.strictObject({ flag: z.enum(PAYOUT_FLAGS), count: Count });

/** How many payouts of a run have each flag. Cancelled payouts do not count. */
export const countFlags = (db: Database, runId: string): Promise<readonly z.infer<typeof CountRow>[]> =>
  db.any(sql.type(CountRow)`
    select flag, count(*) as count from (${flagged(runId)}) flagged group by flag order by flag`);

const FlagRow = z.strictObject({
  id: z.string(),
  partner: z.string(),
  currency: Currency,
  netMinor: z.bigint(),
  flags: z.array(z.enum(PAYOUT_FLAGS)),
  /** The codes of the other partners who gave the same account, at most five. */
  sharedWith: z.array(z.string()),
});
export type FlaggedPayout = z.infer<typeof FlagRow>;

/** The payouts of a run that have a flag, in the order of their ids, after a cursor. */
export const listFlagged = (db: Database, runId: string, after: string | null, limit: number) =>
  db.any(sql.type(FlagRow)`
    select id, partner, currency, net_minor as "netMinor", array_agg(flag order by flag) as flags,
      coalesce(max(others) filter (where flag = 'shared_account'), '{}') as "sharedWith"
    from (${flagged(runId)}) flagged where ${after}::uuid is null or id > ${after}::uuid
    group by id, partner, currency, net_minor order by id limit ${limit}`);
