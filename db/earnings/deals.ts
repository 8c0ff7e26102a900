import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { DEAL_STATUSES, type DealStatus } from '../../domain/earnings/deal.ts';
import { Failure } from '../../domain/errors.ts';
import { Currency, Id, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Deals, the customers that they hold, and the sales that close them. */

const DealRow = z.strictObject({
  id: z.string(),
  programId: z.number(),
  program: z.string(),
  partnerId: z.bigint(),
  partner: z.string(),
  customer: z.string(),
  domain: z.string().nullable(),
  registrationNumber: z.string().nullable(),
  country: z.string(),
  productLines: z.array(z.string()),
  currency: Currency,
  minor: z.bigint(),
  expectedClose: LocalDate,
  registeredById: z.string(),
  registeredAt: Instant,
  status: z.enum(DEAL_STATUSES),
  protectedUntil: LocalDate.nullable(),
  extensions: z.number(),
  dueAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  reason: z.string().nullable(),
});
export type Deal = z.infer<typeof DealRow>;

const selectDeal = sql.fragment`
  select deal.id, deal.program_id as "programId", program.code as program, deal.partner_id as "partnerId", partner.code as partner,
    deal.customer, deal.domain, deal.registration_number as "registrationNumber", deal.country, deal.product_lines as "productLines",
    deal.currency, deal.amount_minor as minor, deal.expected_close as "expectedClose", deal.registered_by as "registeredById",
    deal.registered_at as "registeredAt", deal.status, deal.protected_until as "protectedUntil", deal.extensions, deal.due_at as "dueAt",
    deal.ended_at as "endedAt", deal.reason
  from deal join program on program.id = deal.program_id join partner on partner.id = deal.partner_id`;

export async function getDeal(db: Database, id: string): Promise<Deal> {
  const deal = await db.maybeOne(sql.type(DealRow)`${selectDeal} where deal.id = ${id}`);
  if (!deal) throw new Failure('not_found', `There is no deal ${id}.`);
  return deal;
}

/** Reads a deal and locks it for this transaction. */
export async function lockDeal(db: Database, id: string): Promise<Deal> {
  await db.query(sql.unsafe`select from deal where id = ${id} for update`);
  return getDeal(db, id);
}

export type DealFilter = {
  partnerId?: bigint | undefined;
  programId?: number | undefined;
  status?: DealStatus | undefined;
};

/** Deals before a cursor, newest first. Those of a partner include the deals of partners who were merged into that one. */
export const listDeals = (
  db: Database,
  { partnerId, programId, status }: DealFilter,
  before: string | null,
  limit: number,
): Promise<readonly Deal[]> => {
  const owner = partnerId === undefined ? null : String(partnerId);
  return db.any(sql.type(DealRow)`
    ${selectDeal}
    where (${owner}::bigint is null or deal.partner_id in (
        select known.id from partner known where ${owner}::bigint in (known.id, known.merged_into)))
      and (${programId ?? null}::int is null or deal.program_id = ${programId ?? null})
      and (${status ?? null}::text is null or deal.status = ${status ?? null})
      and (${before}::uuid is null or deal.id < ${before}::uuid)
    order by deal.id desc limit ${limit}`);
};

export type NewDeal = {
  programId: number;
  partnerId: bigint;
  customer: string;
  domain: string | null;
  registrationNumber: string | null;
  country: string;
  productLines: readonly string[];
  currency: CurrencyCode;
  minor: bigint;
  expectedClose: string;
  registeredBy: string;
};

/** Writes a deal that is in review. */
export const insertDeal = (db: Database, deal: NewDeal): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into deal(program_id, partner_id, customer, domain, registration_number, country, product_lines, currency, amount_minor,
      expected_close, registered_by, due_at)
    values (${deal.programId}, ${String(deal.partnerId)}::bigint, ${deal.customer}, ${deal.domain}, ${deal.registrationNumber},
      ${deal.country}, ${sql.array([...deal.productLines], 'text')}, ${deal.currency}, ${String(deal.minor)}::bigint,
      ${deal.expectedClose}, ${deal.registeredBy}, now())
    returning id`);

/** A part of what a deal holds: each identifier of its customer with each product line. */
export type Holding = { identifier: string; productLine: string };

const unnestHoldings = (holdings: readonly Holding[]) =>
  sql.fragment`(select * from ${sql.unnest(
    holdings.map(({ identifier, productLine }) => [identifier, productLine]),
    ['text', 'text'],
  )} as given(identifier, product_line) order by identifier, product_line)`;

/** The deals that hold one of these now, in the order of their ids. */
export const listHolders = (
  db: Database,
  programId: number,
  holdings: readonly Holding[],
): Promise<readonly { id: string }[]> =>
  db.any(sql.type(Id)`
    select distinct held.deal_id as id
    from ${unnestHoldings(holdings)} asked
    join deal_customer held on held.program_id = ${programId} and held.identifier = asked.identifier
      and held.product_line = asked.product_line and held.is_held
    order by 1`);

/**
 * Takes what a deal wants to hold, as far as no other deal holds it, and returns how much that was. A registration that is being written
 * at the same moment is waited for.
 */
export async function takeHoldings(
  db: Database,
  dealId: string,
  programId: number,
  holdings: readonly Holding[],
): Promise<number> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into deal_customer(deal_id, program_id, identifier, product_line)
    select ${dealId}::uuid, ${programId}::int, identifier, product_line from ${unnestHoldings(holdings)} asked
    on conflict (program_id, identifier, product_line) where is_held do nothing`);
  return rowCount;
}

/** A deal that is over holds nothing. */
export const releaseHoldings = (db: Database, dealId: string) =>
  db.query(sql.unsafe`update deal_customer set is_held = false where deal_id = ${dealId} and is_held`);

export type DealChange = Pick<Deal, 'status' | 'protectedUntil' | 'extensions' | 'dueAt' | 'reason'> & {
  /** The person who ended it. Null where time or a policy did, or it goes on. */
  endedBy: string | null;
  isOver: boolean;
};

export const updateDeal = (db: Database, id: string, change: DealChange) =>
  db.query(sql.unsafe`
    update deal set status = ${change.status}, protected_until = ${change.protectedUntil}, extensions = ${change.extensions},
      due_at = ${change.dueAt?.toISOString() ?? null}, reason = ${change.reason}, ended_by = ${change.endedBy},
      ended_at = case when ${change.isOver} then now() end
    where id = ${id}`);

const ExtensionRow = z.strictObject({ reviewId: z.string(), until: LocalDate, reason: z.string() });
export type DealExtension = z.infer<typeof ExtensionRow>;

export const insertExtension = (db: Database, dealId: string, { reviewId, until, reason }: DealExtension) =>
  db.query(sql.unsafe`
    insert into deal_extension(review_id, deal_id, until, reason) values (${reviewId}, ${dealId}, ${until}, ${reason})`);

/** The extensions of a deal that were asked for, oldest first. */
export const listExtensions = (db: Database, dealId: string): Promise<readonly DealExtension[]> =>
  db.any(sql.type(ExtensionRow)`
    select review_id as "reviewId", until, reason from deal_extension where deal_id = ${dealId} order by review_id`);

const OwnerRow = z.strictObject({ deal: z.string(), partner: z.string(), program: z.string() });

/** The partners and programs of deals. An id that is not one is left out. */
export const listDealOwners = (db: Database, ids: readonly string[]): Promise<readonly z.infer<typeof OwnerRow>[]> =>
  db.any(sql.type(OwnerRow)`
    select deal.id as deal, coalesce(survivor.code, partner.code) as partner, program.code as program
    from deal join partner on partner.id = deal.partner_id left join partner survivor on survivor.id = partner.merged_into
    join program on program.id = deal.program_id
    where deal.id = any(${sql.array([...ids], 'text')}::uuid[])`);
