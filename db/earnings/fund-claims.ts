import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { REQUEST_STATUSES, type RequestStatus } from '../../domain/earnings/request.ts';
import { Failure } from '../../domain/errors.ts';
import { Currency, Hex, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The claims of partners for money. */

const ClaimRow = z.strictObject({
  id: z.string(),
  programId: z.number(),
  program: z.string(),
  partnerId: z.bigint(),
  partner: z.string(),
  fundId: z.string().nullable(),
  currency: Currency,
  minor: z.bigint(),
  wish: z.string(),
  proof: z.string(),
  /** The SHA-256 of the document, in hex. */
  proofSha256: Hex,
  claimedById: z.string(),
  claimedAt: Instant,
  status: z.enum(REQUEST_STATUSES),
  correctionId: z.string().nullable(),
  dueAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  reason: z.string().nullable(),
});
export type FundClaim = z.infer<typeof ClaimRow>;

const selectClaim = sql.fragment`
  select claim.id, claim.program_id as "programId", program.code as program, claim.partner_id as "partnerId", partner.code as partner,
    claim.fund_id as "fundId", claim.currency, claim.amount_minor as minor, claim.wish, claim.proof, claim.proof_sha256 as "proofSha256",
    claim.claimed_by as "claimedById", claim.claimed_at as "claimedAt", claim.status, claim.correction_id as "correctionId",
    claim.due_at as "dueAt", claim.ended_at as "endedAt", claim.reason
  from fund_claim claim join program on program.id = claim.program_id join partner on partner.id = claim.partner_id`;

export async function getClaim(db: Database, id: string): Promise<FundClaim> {
  const claim = await db.maybeOne(sql.type(ClaimRow)`${selectClaim} where claim.id = ${id}`);
  if (!claim) throw new Failure('not_found', `There is no claim ${id}.`);
  return claim;
}

/** Reads a claim and locks it for this transaction. */
export async function lockClaim(db: Database, id: string): Promise<FundClaim> {
  await db.query(sql.unsafe`select from fund_claim where id = ${id} for update`);
  return getClaim(db, id);
}

export type ClaimFilter = {
  partnerId?: bigint | undefined;
  fundId?: string | undefined;
  status?: RequestStatus | undefined;
};

/** Claims before a cursor, newest first. Those of a partner include the claims of partners who were merged into that one. */
export const listFundClaims = (
  db: Database,
  { partnerId, fundId, status }: ClaimFilter,
  before: string | null,
  limit: number,
): Promise<readonly FundClaim[]> => {
  const owner = partnerId === undefined ? null : String(partnerId);
  return db.any(sql.type(ClaimRow)`
    ${selectClaim}
    where (${owner}::bigint is null or claim.partner_id in (
        select known.id from partner known where ${owner}::bigint in (known.id, known.merged_into)))
      and (${fundId ?? null}::uuid is null or claim.fund_id = ${fundId ?? null}::uuid)
      and (${status ?? null}::text is null or claim.status = ${status ?? null})
      and (${before}::uuid is null or claim.id < ${before}::uuid)
    order by claim.id desc limit ${limit}`);
};

export type NewFundClaim = {
  programId: number;
  partnerId: bigint;
  fundId: string | null;
  currency: CurrencyCode;
  minor: bigint;
  wish: string;
  proof: string;
  /** In hex. */
  proofSha256: string;
  claimedBy: string;
};

/** Writes a claim that is in review. */
export const insertFundClaim = (db: Database, claim: NewFundClaim): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into fund_claim(program_id, partner_id, fund_id, currency, amount_minor, wish, proof, proof_sha256, claimed_by, due_at)
    values (${claim.programId}, ${String(claim.partnerId)}::bigint, ${claim.fundId}, ${claim.currency}, ${String(claim.minor)}::bigint,
      ${claim.wish}, ${claim.proof}, ${sql.binary(Buffer.from(claim.proofSha256, 'hex'))}, ${claim.claimedBy}, now())
    returning id`);

export type FundClaimChange = Pick<FundClaim, 'status' | 'correctionId' | 'dueAt' | 'reason'> & {
  endedBy: string | null;
};

export const updateFundClaim = (
  db: Database,
  id: string,
  { status, correctionId, dueAt, reason, endedBy }: FundClaimChange,
) =>
  db.query(sql.unsafe`
    update fund_claim set status = ${status}, correction_id = ${correctionId}, due_at = ${dueAt?.toISOString() ?? null},
      reason = ${reason}, ended_by = ${endedBy}, ended_at = case when ${status} = 'review' then null else now() end
    where id = ${id}`);
