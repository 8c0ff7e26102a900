import { sql } from 'slonik';
import { z } from 'zod';

import { PAYOUT_FLAGS } from '../../domain/runs/flag.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The payouts of a run that have flags. Each look-up uses an index: the last payout of the partner, and the owners of the account. */
const flagged = (runId: string) => sql.fragment`
  select payout.id, partner.code as partner, payout.currency, payout.net_minor, flag.name as flag, flag.others
  from payout
  join partner on partner.id = payout.partner_id
  join instrument_version instrument on instrument.id = payout.instrument_version_id
  left join lateral (
    select paid.fingerprint from payout earlier join instrument_version paid on paid.id = earlier.instrument_version_id
    where earlier.partner_id = payout.partner_id and earlier.run_id <> payout.run_id and earlier.status in ('sent', 'settled')
    order by earlier.created_at desc limit 1
  ) last on true
  cross join lateral (
    select array(
      select distinct owner.code from instrument_version other join partner owner on owner.id = other.partner_id
      where other.fingerprint = instrument.fingerprint and other.partner_id <> payout.partner_id
        and not exists (select from instrument_withdrawal gone where gone.instrument_id = other.id) order by owner.code limit 5
    ) as others
  ) shared
  cross join lateral (values
    ('first_payment', last.fingerprint is null, array[]::text[]),
    ('changed_details', last.fingerprint <> instrument.fingerprint, array[]::text[]),
    ('changed_contact', last.fingerprint is distinct from instrument.fingerprint
      and exists (select from earlier_addresses(payout.partner_id, instrument.created_at)), array[]::text[]),
    ('shared_account', cardinality(shared.others) > 0, shared.others)
  ) as flag(name, is_set, others)
  where payout.run_id = ${runId} and payout.status <> 'cancelled' and flag.is_set`;

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
    from (${flagged(runId)} and (${after}::uuid is null or payout.id > ${after}::uuid)) flagged
    group by id, partner, currency, net_minor order by id limit ${limit}`);
