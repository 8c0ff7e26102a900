import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Funds: budgets for partners, against which they claim. */

const FundRow = z.strictObject({
  id: z.string(),
  requestId: z.string(),
  programId: z.number(),
  program: z.string(),
  partnerId: z.bigint(),
  partner: z.string(),
  currency: Currency,
  minor: z.bigint(),
  /** The sums of the claims that wait, and of those that were granted. */
  waitingMinor: z.bigint(),
  grantedMinor: z.bigint(),
  startsOn: LocalDate,
  endsOn: LocalDate,
  grantedAt: Instant,
});
export type Fund = z.infer<typeof FundRow>;

const selectFund = sql.fragment`
  select fund.id, fund.request_id as "requestId", fund.program_id as "programId", program.code as program,
    fund.partner_id as "partnerId", partner.code as partner, fund.currency, fund.amount_minor as minor,
    claimed.waiting as "waitingMinor", claimed.granted as "grantedMinor", fund.starts_on as "startsOn", fund.ends_on as "endsOn",
    fund.granted_at as "grantedAt"
  from fund join program on program.id = fund.program_id join partner on partner.id = fund.partner_id
  cross join lateral (
    select coalesce(sum(claim.amount_minor) filter (where claim.status = 'review'), 0)::bigint as waiting,
      coalesce(sum(claim.amount_minor) filter (where claim.status = 'granted'), 0)::bigint as granted
    from fund_claim claim where claim.fund_id = fund.id
  ) claimed`;

export async function getFund(db: Database, id: string): Promise<Fund> {
  const fund = await db.maybeOne(sql.type(FundRow)`${selectFund} where fund.id = ${id}`);
  if (!fund) throw new Failure('not_found', `There is no fund ${id}.`);
  return fund;
}

/** Reads a fund and locks it for this transaction, so that two claims see each other. */
export async function lockFund(db: Database, id: string): Promise<Fund> {
  await db.query(sql.unsafe`select from fund where id = ${id} for update`);
  return getFund(db, id);
}

/** Funds before a cursor, newest first. Those of a partner include the funds of partners who were merged into that one. */
export const listFunds = (
  db: Database,
  { partnerId }: { partnerId?: bigint | undefined },
  before: string | null,
  limit: number,
): Promise<readonly Fund[]> => {
  const owner = partnerId === undefined ? null : String(partnerId);
  return db.any(sql.type(FundRow)`
    ${selectFund}
    where (${owner}::bigint is null or fund.partner_id in (
        select known.id from partner known where ${owner}::bigint in (known.id, known.merged_into)))
      and (${before}::uuid is null or fund.id < ${before}::uuid)
    order by fund.id desc limit ${limit}`);
};

/** Makes the fund that a granted request asked for. */
export const insertFund = (db: Database, requestId: string) =>
  db.query(sql.unsafe`
    insert into fund(request_id, program_id, partner_id, currency, amount_minor, starts_on, ends_on)
    select id, program_id, partner_id, currency, amount_minor, starts_on, ends_on from partner_request where id = ${requestId}`);
