import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import {
  REQUEST_KINDS,
  REQUEST_STATUSES,
  type RequestKind,
  type RequestStatus,
} from '../../domain/earnings/request.ts';
import { Failure } from '../../domain/errors.ts';
import { Currency, Id, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The requests of partners. */

const RequestRow = z.strictObject({
  id: z.string(),
  programId: z.number(),
  program: z.string(),
  partnerId: z.bigint(),
  partner: z.string(),
  kind: z.enum(REQUEST_KINDS),
  wish: z.string(),
  plan: z.string().nullable(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  startsOn: LocalDate,
  endsOn: LocalDate,
  requestedAt: Instant,
  status: z.enum(REQUEST_STATUSES),
  dueAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  reason: z.string().nullable(),
});
export type PartnerRequest = z.infer<typeof RequestRow>;

const selectRequest = sql.fragment`
  select request.id, request.program_id as "programId", program.code as program, request.partner_id as "partnerId",
    partner.code as partner, request.kind, request.wish, plan.code as plan, request.currency, request.amount_minor as minor,
    request.starts_on as "startsOn", request.ends_on as "endsOn", request.requested_at as "requestedAt", request.status,
    request.due_at as "dueAt", request.ended_at as "endedAt", request.reason
  from partner_request request join program on program.id = request.program_id join partner on partner.id = request.partner_id
  left join plan on plan.id = request.plan_id`;

export async function getRequest(db: Database, id: string): Promise<PartnerRequest> {
  const request = await db.maybeOne(sql.type(RequestRow)`${selectRequest} where request.id = ${id}`);
  if (!request) throw new Failure('not_found', `There is no request ${id}.`);
  return request;
}

/** Reads a request and locks it for this transaction. */
export async function lockRequest(db: Database, id: string): Promise<PartnerRequest> {
  await db.query(sql.unsafe`select from partner_request where id = ${id} for update`);
  return getRequest(db, id);
}

export type RequestFilter = { partnerId?: bigint | undefined; status?: RequestStatus | undefined };

/** Requests before a cursor, newest first. Those of a partner include the requests of partners who were merged into that one. */
export const listRequests = (
  db: Database,
  { partnerId, status }: RequestFilter,
  before: string | null,
  limit: number,
): Promise<readonly PartnerRequest[]> => {
  const owner = partnerId === undefined ? null : String(partnerId);
  return db.any(sql.type(RequestRow)`
    ${selectRequest}
    where (${owner}::bigint is null or request.partner_id in (
        select known.id from partner known where ${owner}::bigint in (known.id, known.merged_into)))
      and (${status ?? null}::text is null or request.status = ${status ?? null})
      and (${before}::uuid is null or request.id < ${before}::uuid)
    order by request.id desc limit ${limit}`);
};

export type NewRequest = {
  programId: number;
  partnerId: bigint;
  kind: RequestKind;
  wish: string;
  plan: string | null;
  currency: CurrencyCode | null;
  minor: bigint | null;
  startsOn: string;
  endsOn: string;
  requestedBy: string;
};

/** Writes a request that is in review. Its plan exists. */
export const insertRequest = (db: Database, wish: NewRequest): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into partner_request(program_id, partner_id, kind, wish, plan_id, currency, amount_minor, starts_on, ends_on, requested_by, due_at)
    values (${wish.programId}, ${String(wish.partnerId)}::bigint, ${wish.kind}, ${wish.wish},
      (select id from plan where program_id = ${wish.programId} and code = ${wish.plan}), ${wish.currency},
      ${wish.minor === null ? null : String(wish.minor)}::bigint, ${wish.startsOn}, ${wish.endsOn}, ${wish.requestedBy}, now())
    returning id`);

export type RequestChange = Pick<PartnerRequest, 'status' | 'plan' | 'dueAt' | 'reason'> & { endedBy: string | null };

export const updateRequest = (db: Database, id: string, { status, plan, dueAt, reason, endedBy }: RequestChange) =>
  db.query(sql.unsafe`
    update partner_request request set status = ${status}, due_at = ${dueAt?.toISOString() ?? null}, reason = ${reason},
      plan_id = (select plan.id from plan where plan.program_id = request.program_id and plan.code = ${plan}),
      ended_by = ${endedBy}, ended_at = case when ${status} = 'review' then null else now() end
    where id = ${id}`);
