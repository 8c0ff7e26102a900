import { sql } from 'slonik';
import { z } from 'zod';

import { RE_RATING_ITEM_STATUSES, RE_RATING_STATUSES } from '../../domain/earnings/re-rating.ts';
import { Failure } from '../../domain/errors.ts';
import { RE_RATING } from '../../domain/event.ts';
import { Count, Instant, LocalDate, Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** Re-ratings, each with what it changes for partners. */

const ReRatingRow = z.strictObject({
  id: z.string(),
  program: z.string(),
  programId: z.number(),
  /** The only partner whom it is about. Null for all. */
  partner: z.string().nullable(),
  partnerId: z.bigint().nullable(),
  from: LocalDate,
  until: LocalDate.nullable(),
  reason: z.string(),
  proposedById: z.string(),
  proposedBy: z.string(),
  proposedAt: Instant,
  status: z.enum(RE_RATING_STATUSES),
  preparedTo: z.bigint(),
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  note: z.string().nullable(),
  doneAt: Instant.nullable(),
});
export type ReRating = z.infer<typeof ReRatingRow>;

const selectReRating = sql.fragment`
  select re_rating.id, program.code as program, re_rating.program_id as "programId", partner.code as partner,
    re_rating.partner_id as "partnerId", from_day as "from", until_day as until, re_rating.reason, proposed_by as "proposedById",
    proposer.code as "proposedBy", proposed_at as "proposedAt", re_rating.status, prepared_to as "preparedTo",
    decider.code as "decidedBy", decided_at as "decidedAt", note, done_at as "doneAt"
  from re_rating join program on program.id = re_rating.program_id
  join actor proposer on proposer.id = proposed_by left join actor decider on decider.id = decided_by
  left join partner on partner.id = re_rating.partner_id`;

export type NewReRating = {
  programId: number;
  partnerId: bigint | null;
  from: string;
  until: string | null;
  reason: string;
  proposedBy: string;
  signatureId?: string | undefined;
};

/** Returns the id, or null where another one of the program is open. */
export const insertReRating = (
  db: Database,
  { programId, partnerId, from, until, reason, proposedBy, signatureId }: NewReRating,
) =>
  db.maybeOneFirst(sql.type(z.strictObject({ id: z.string() }))`
    insert into re_rating(program_id, partner_id, from_day, until_day, reason, proposed_by, proposal_signature_id)
    values (${programId}, ${partnerId}, ${from}, ${until}, ${reason}, ${proposedBy}, ${signatureId ?? null})
    on conflict do nothing returning id`);

/** Throws Failure `not_found`. */
export async function getReRating(db: Database, id: string): Promise<ReRating> {
  const found = await db.maybeOne(sql.type(ReRatingRow)`${selectReRating} where re_rating.id = ${id}`);
  if (!found) throw new Failure('not_found', `There is no re-rating ${id}.`);
  return found;
}

/** Locks a re-rating until the transaction ends. Throws Failure `not_found`. */
export async function lockReRating(db: Database, id: string): Promise<ReRating> {
  await db.query(sql.unsafe`select from re_rating where id = ${id} for no key update`);
  return getReRating(db, id);
}

/** The re-ratings of a program, or of all, the newest first, before one of them. */
export const listReRatings = (
  db: Database,
  program: string | null,
  before: string | null,
  limit: number,
): Promise<readonly ReRating[]> =>
  db.any(sql.type(ReRatingRow)`
    ${selectReRating} where (${program}::text is null or program.code = ${program}) and (${before}::uuid is null or re_rating.id < ${before}::uuid)
    order by re_rating.id desc limit ${limit}`);

/** The re-ratings whose worker has something to do. */
export const listOpenReRatings = (db: Database): Promise<readonly { id: string; program: string }[]> =>
  db.any(sql.type(z.strictObject({ id: z.string(), program: z.string() }))`
    select re_rating.id, program.code as program from re_rating join program on program.id = re_rating.program_id
    where re_rating.status in ('preparing', 'confirmed')`);

const PartnerIdRow = z.strictObject({ partnerId: z.bigint() });

/** The partners of a program who may have earned in it, after one of them. */
export const listPartnersToRate = (
  db: Database,
  { programId, partnerId, preparedTo }: Pick<ReRating, 'programId' | 'partnerId' | 'preparedTo'>,
  limit: number,
) => {
  const next = (table: string) => sql.fragment`
    (select distinct partner_id from ${sql.identifier([table])}
     where program_id = ${programId} and partner_id > ${preparedTo} and (${partnerId}::bigint is null or partner_id = ${partnerId})
     order by partner_id limit ${limit})`;
  return db.any(sql.type(PartnerIdRow)`
    select partner_id as "partnerId" from (${next('agreement_term')} union ${next('earning_line')}) known
    order by partner_id limit ${limit}`);
};

const ItemRow = z.strictObject({
  partnerId: z.bigint(),
  partner: z.string(),
  currency: Unit,
  events: z.number(),
  before: z.bigint(),
  after: z.bigint(),
  status: z.enum(RE_RATING_ITEM_STATUSES),
});
export type ReRatingItem = z.infer<typeof ItemRow>;

const selectItem = sql.fragment`
  select item.partner_id as "partnerId", partner.code as partner, item.currency, item.events, item.before_minor as before,
    item.after_minor as after, item.status
  from re_rating_item item join partner on partner.id = item.partner_id`;

export type ItemKey = { readonly partnerId: bigint; readonly currency: string };

/** The items of a re-rating by partner and currency, after one of them. */
export const listReRatingItems = (
  db: Database,
  id: string,
  after: ItemKey,
  limit: number,
): Promise<readonly ReRatingItem[]> =>
  db.any(sql.type(ItemRow)`
    ${selectItem} where item.re_rating_id = ${id} and (item.partner_id, item.currency) > (${after.partnerId}, ${after.currency})
    order by item.partner_id, item.currency limit ${limit}`);

/** The items of the next partner that are not booked yet. */
export const listNextItems = (db: Database, id: string): Promise<readonly ReRatingItem[]> =>
  db.any(sql.type(ItemRow)`
    ${selectItem} where item.re_rating_id = ${id} and item.status = 'proposed'
      and item.partner_id = (select min(partner_id) from re_rating_item where re_rating_id = ${id} and status = 'proposed')
    order by item.currency`);

const TotalRow = z.strictObject({
  currency: Unit,
  partners: Count,
  before: z.bigint(),
  after: z.bigint(),
  overtaken: Count,
});

/** The sums of a re-rating by currency. */
export const sumReRating = (db: Database, id: string): Promise<readonly z.infer<typeof TotalRow>[]> =>
  db.any(sql.type(TotalRow)`
    select currency, count(*) as partners, sum(before_minor)::bigint as before, sum(after_minor)::bigint as after,
      count(*) filter (where status = 'overtaken') as overtaken
    from re_rating_item where re_rating_id = ${id} group by currency order by currency`);

export type NewReRatingItem = Pick<ReRatingItem, 'partnerId' | 'currency' | 'events' | 'before' | 'after'>;

export async function insertReRatingItems(db: Database, id: string, items: readonly NewReRatingItem[]): Promise<void> {
  if (items.length === 0) return;
  await db.query(sql.unsafe`
    insert into re_rating_item(re_rating_id, partner_id, currency, events, before_minor, after_minor)
    select ${id}, * from ${unnestColumns(
      ['int8', 'text', 'int4', 'int8', 'int8'],
      items.map(({ partnerId, currency, events, before, after }) => [partnerId, currency, events, before, after]),
    )}`);
}

/** Notes how far a preview is, and the people who wrote its terms. Without a partner it is ready. */
export const notePrepared = (db: Database, id: string, to: bigint | null, authors: readonly string[]) =>
  db.query(sql.unsafe`
    update re_rating set prepared_to = coalesce(${to}::bigint, prepared_to), status = case when ${to}::bigint is null then 'proposed' else status end,
      made_by = (select coalesce(array_agg(distinct person), '{}') from unnest(made_by || ${sql.array([...authors], 'uuid')}) person)
    where id = ${id}`);

/** Ends a re-rating that cannot be previewed, and says why. */
export const refusePreview = async (db: Database, id: string, why: string): Promise<void> => {
  await db.query(sql.unsafe`update re_rating set status = 'refused', note = ${why} where id = ${id}`);
};

/** The people who recorded agreements of a partner with a program. */
export const listAgreementAuthors = (db: Database, programId: number, partnerId: bigint): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.strictObject({ by: z.string() }))`
    select distinct recorded_by as by from agreement_term
    where program_id = ${programId} and partner_id = ${partnerId} and recorded_by is not null`);

export type ReRatingVerdict = {
  status: 'confirmed' | 'declined';
  by: string;
  note: string | null;
  signatureId: string | null;
};

export const recordReRatingVerdict = (db: Database, id: string, { status, by, note, signatureId }: ReRatingVerdict) =>
  db.query(sql.unsafe`
    update re_rating set status = ${status}, decided_by = ${by}, decided_at = now(), note = ${note},
      decision_signature_id = ${signatureId} where id = ${id}`);

export const setItemsStatus = (db: Database, id: string, partnerId: bigint, status: 'booked' | 'overtaken') =>
  db.query(sql.unsafe`
    update re_rating_item set status = ${status} where re_rating_id = ${id} and partner_id = ${partnerId} and status = 'proposed'`);

export const finishReRating = (db: Database, id: string) =>
  db.query(sql.unsafe`update re_rating set status = 'done', done_at = now() where id = ${id} and status = 'confirmed'`);

const DeciderRow = z.strictObject({
  isAuthor: z.boolean(),
  hasRoleFromProposer: z.boolean(),
  isPayee: z.boolean(),
  isProposerPayee: z.boolean(),
});

/** How a person who wants to decide stands to a re-rating. */
export const readReRatingDecider = (db: Database, id: string, actorId: string) => {
  const pays = (person: ReturnType<typeof sql.fragment>) => sql.fragment`
    exists (select from partners_of(${person}) own join re_rating_item item
      on item.re_rating_id = re_rating.id and item.partner_id = own.partner_id)`;
  return db.one(sql.type(DeciderRow)`
    select ${actorId} = any(made_by) as "isAuthor", gave_role(proposed_by, ${actorId}, 'approver') as "hasRoleFromProposer",
      ${pays(sql.fragment`${actorId}`)} as "isPayee", ${pays(sql.fragment`proposed_by`)} as "isProposerPayee"
    from re_rating where id = ${id}`);
};

const BookedRow = z.strictObject({ id: z.string(), from: LocalDate, until: LocalDate.nullable() });

/** The days of the re-ratings that were booked for some partners. */
export const listBookedDays = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly z.infer<typeof BookedRow>[]> =>
  db.any(sql.type(BookedRow)`
    select id, from_day as "from", until_day as until from re_rating
    where program_id = ${programId} and exists (
      select from re_rating_item item
      where item.re_rating_id = re_rating.id and item.partner_id = any(${sql.array(partnerIds.map(String), 'int8')}) and item.status = 'booked')`);

/** The name of an event of ours by which a re-rating earns. */
export const reRatingEventId = (id: string, partnerId: bigint, no: number): string =>
  `${RE_RATING}/${id}/${partnerId}/${no}`;

/** Reads the name of an event of ours by which a re-rating earns. */
export function readReRatingEventId(eventId: string): { id: string; no: number } {
  const [, id = '', , no] = eventId.split('/');
  return { id, no: Number(no) };
}
