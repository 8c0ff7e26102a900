import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import {
  CORRECTION_KINDS,
  CORRECTION_STATUSES,
  type CorrectionItem,
  type CorrectionKind,
  type CorrectionStatus,
} from '../../domain/earnings/correction.ts';
import { Failure } from '../../domain/errors.ts';
import { Count, Currency, Id, Instant, LocalDate } from '../column-types.ts';
import { isKnown, joinPayout } from '../as-of.ts';
import type { Database } from '../database.ts';
import type { AsOf } from '../../domain/as-of.ts';

/** Corrections by people of what partners are owed, and the lines that book them. */

const CorrectionRow = z.strictObject({
  id: z.string(),
  kind: z.enum(CORRECTION_KINDS),
  reason: z.string(),
  reference: z.string().nullable(),
  mergedId: z.bigint().nullable(),
  intoId: z.bigint().nullable(),
  /** The codes of the two partners of a merge. */
  merged: z.string().nullable(),
  into: z.string().nullable(),
  proposedById: z.string(),
  /** Codes of people. */
  proposedBy: z.string(),
  proposedAt: Instant,
  status: z.enum(CORRECTION_STATUSES),
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  note: z.string().nullable(),
  itemCount: Count,
});
export type Correction = z.infer<typeof CorrectionRow>;

const selectCorrection = sql.fragment`
  select correction.id, correction.kind, correction.reason, correction.reference, correction.merged_id as "mergedId",
    correction.into_id as "intoId", merged.code as merged, survivor.code as into, correction.proposed_by as "proposedById",
    proposer.code as "proposedBy", correction.proposed_at as "proposedAt", correction.status, decider.code as "decidedBy",
    correction.decided_at as "decidedAt", correction.note,
    (select count(*) from correction_item item where item.correction_id = correction.id) as "itemCount"
  from correction
  join actor proposer on proposer.id = correction.proposed_by
  left join actor decider on decider.id = correction.decided_by
  left join partner merged on merged.id = correction.merged_id
  left join partner survivor on survivor.id = correction.into_id`;

export async function getCorrection(db: Database, id: string): Promise<Correction> {
  const correction = await db.maybeOne(sql.type(CorrectionRow)`${selectCorrection} where correction.id = ${id}`);
  if (!correction) throw new Failure('not_found', `There is no correction ${id}.`);
  return correction;
}

/** Reads a correction and locks it for this transaction, so that two people cannot both decide it. */
export async function lockCorrection(db: Database, id: string): Promise<Correction> {
  await db.query(sql.unsafe`select from correction where id = ${id} for update`);
  return getCorrection(db, id);
}

export type CorrectionFilter = {
  status?: CorrectionStatus | undefined;
  kind?: CorrectionKind | undefined;
  partnerId?: bigint | undefined;
};

/** Corrections before a cursor, newest first. Those of a partner have an item about them, or merge them. */
export const listCorrections = (
  db: Database,
  { status, kind, partnerId }: CorrectionFilter,
  before: string | null,
  limit: number,
): Promise<readonly Correction[]> => {
  const partner = partnerId === undefined ? null : String(partnerId);
  return db.any(sql.type(CorrectionRow)`
    ${selectCorrection}
    where (${status ?? null}::text is null or correction.status = ${status ?? null})
      and (${kind ?? null}::text is null or correction.kind = ${kind ?? null})
      and (${partner}::bigint is null or ${partner}::bigint in (correction.merged_id, correction.into_id)
        or exists (select from correction_item item join partner on partner.id = item.partner_id
          where item.correction_id = correction.id and ${partner}::bigint in (partner.id, partner.merged_into)))
      and (${before}::uuid is null or correction.id < ${before}::uuid)
    order by correction.id desc limit ${limit}`);
};

const ItemRow = z.strictObject({
  no: z.number(),
  partnerId: z.bigint(),
  partner: z.string(),
  programId: z.number(),
  program: z.string(),
  scheduleId: z.number(),
  currency: Currency,
  minor: z.bigint(),
  availableOn: LocalDate,
  reason: z.string().nullable(),
});
export type CorrectionItemRow = z.infer<typeof ItemRow>;

/** The items of a correction after a number, in their order. */
export const listCorrectionItems = (
  db: Database,
  id: string,
  after: number,
  limit: number,
): Promise<readonly CorrectionItemRow[]> =>
  db.any(sql.type(ItemRow)`
    select item.item_no as no, item.partner_id as "partnerId", partner.code as partner, item.program_id as "programId",
      program.code as program, program.schedule_id as "scheduleId", item.currency, item.amount_minor as minor, item.available_on as "availableOn", item.reason
    from correction_item item join partner on partner.id = item.partner_id join program on program.id = item.program_id
    where item.correction_id = ${id} and item.item_no > ${after} order by item.item_no limit ${limit}`);

const TotalRow = z.strictObject({ currency: Currency, minor: z.bigint(), count: Count });
export type CorrectionTotal = z.infer<typeof TotalRow>;

/** The sums and counts of the items of a correction by currency. */
export const listCorrectionTotals = (db: Database, id: string): Promise<readonly CorrectionTotal[]> =>
  db.any(sql.type(TotalRow)`
    select currency, sum(amount_minor)::bigint as minor, count(*) as count
    from correction_item where correction_id = ${id} group by currency order by currency`);

export type NewCorrection = {
  kind: CorrectionKind;
  reason: string;
  reference: string | null;
  /** The partner to merge, and the one who goes on. Null where nobody is merged. */
  merge: { mergedId: bigint; intoId: bigint } | null;
  proposedBy: string;
  /** The people besides the proposer who had a hand in it. */
  hands?: readonly string[];
  /** The proposer's signature. Without it, they used a key of the API. */
  signatureId?: string | null;
};

/** Writes a proposal and returns its id, or null if the partner is merged already, or is to be. */
export const insertCorrection = (db: Database, wish: NewCorrection): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    insert into correction(kind, reason, reference, merged_id, into_id, proposed_by, hands,
      proposal_signature_id)
    values (${wish.kind}, ${wish.reason}, ${wish.reference}, ${wish.merge && String(wish.merge.mergedId)}::bigint,
      ${wish.merge && String(wish.merge.intoId)}::bigint, ${wish.proposedBy}, ${sql.array([...(wish.hands ?? [])], 'uuid')},
      ${wish.signatureId ?? null})
    on conflict do nothing returning id`);

/** Writes items with the numbers after those that the correction has. */
export async function insertCorrectionItems(
  db: Database,
  id: string,
  after: number,
  items: readonly CorrectionItem[],
): Promise<void> {
  const rows = items.map(({ partnerId, programId, currency, minor, availableOn, reason }, index) => [
    after + index + 1,
    String(partnerId),
    programId,
    currency,
    String(minor),
    availableOn,
    reason,
  ]);
  await db.query(sql.unsafe`
    insert into correction_item(correction_id, item_no, partner_id, program_id, currency, amount_minor, available_on, reason)
    select ${id}::uuid, item_no, partner_id, program_id, currency, amount_minor, available_on, reason
    from ${sql.unnest(rows, ['int4', 'int8', 'int4', 'text', 'int8', 'date', 'text'])}
      as given(item_no, partner_id, program_id, currency, amount_minor, available_on, reason)`);
}

export type CorrectionVerdict = {
  status: 'confirmed' | 'refused';
  by: string;
  note: string | null;
  signatureId?: string | null;
};

export const recordCorrectionVerdict = (
  db: Database,
  id: string,
  { status, by, note, signatureId = null }: CorrectionVerdict,
) =>
  db.query(sql.unsafe`
    update correction set status = ${status}, decided_by = ${by}, decided_at = now(), note = ${note},
      decision_signature_id = ${signatureId} where id = ${id}`);

const DeciderRow = z.strictObject({
  isPayee: z.boolean(),
  isProposerPayee: z.boolean(),
  hasRoleFromProposer: z.boolean(),
});

const isPaidBy = (actorId: FragmentSqlToken) => sql.fragment`
  exists (select from partners_of(${actorId}) own
    where own.partner_id in (correction.merged_id, correction.into_id)
      or own.partner_id in (select item.partner_id from correction_item item where item.correction_id = correction.id))`;

/** How a person who wants to decide stands to a correction. */
export const readCorrectionDecider = (db: Database, id: string, actorId: string): Promise<z.infer<typeof DeciderRow>> =>
  db.one(sql.type(DeciderRow)`
    select gave_role(correction.proposed_by, ${actorId}, 'approver') as "hasRoleFromProposer",
      ${isPaidBy(sql.fragment`${actorId}`)} as "isPayee", ${isPaidBy(sql.fragment`correction.proposed_by`)} as "isProposerPayee"
    from correction where correction.id = ${id}`);

/** Whether one of these partners may pay a person. */
export const paysPerson = (db: Database, actorId: string, partnerIds: readonly bigint[]): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ pays: z.boolean() }))`
    select exists (select from partners_of(${actorId}) own
      where own.partner_id = any(${sql.array(partnerIds.map(String), 'int8')})) as pays`);

const PlaceRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  partnerId: z.bigint().nullable(),
  programId: z.number().nullable(),
  scheduleId: z.number().nullable(),
  zone: z.string().nullable(),
  isAgreed: z.boolean(),
});
/** The rows to which a correction of a partner in a program belongs. The columns of a missing row are null. */
export type CorrectionPlace = z.infer<typeof PlaceRow>;

/** Finds partners and programs by their codes. The code of a merged partner stands for the one who goes on. */
export const listCorrectionPlaces = (
  db: Database,
  wanted: readonly { partner: string; program: string }[],
): Promise<readonly CorrectionPlace[]> =>
  db.any(sql.type(PlaceRow)`
    select asked.partner, asked.program, coalesce(partner.merged_into, partner.id) as "partnerId", program.id as "programId",
      program.schedule_id as "scheduleId", schedule.zone,
      coalesce(agreed_in(coalesce(partner.merged_into, partner.id), program.id), false) as "isAgreed"
    from (
      select distinct partner, program
      from ${sql.unnest(
        wanted.map(({ partner, program }) => [partner, program]),
        ['text', 'text'],
      )} as given(partner, program)
    ) asked
    left join partner on partner.code = asked.partner
    left join program on program.code = asked.program
    left join pay_schedule schedule on schedule.id = program.schedule_id`);

/** Keeps what a partner is owed in a currency as it is until the transaction ends. */
export const lockBalance = (db: Database, partnerId: bigint, currency: string) =>
  db.query(sql.unsafe`select lock_owed(array[${String(partnerId)}::bigint], ${currency})`);

/** The reasons of a correction's line, for its explanation. A merge names the code from which, or to which, the money moved. */
export const correctionFacts = sql.fragment`
  jsonb_strip_nulls(jsonb_build_object('correction', correction.id, 'kind', correction.kind,
    'reason', coalesce(item.reason, correction.reason), 'reference', correction.reference,
    'from', (select gone.code from partner gone where gone.id = correction.merged_id and item.partner_id = correction.into_id),
    'to', (select heir.code from partner heir where heir.id = correction.into_id and item.partner_id = correction.merged_id)))`;

/** The corrections of a partner in the form of `listPartnerEarnings`: what was booked, and why. The caller adds further conditions. */
export const selectCorrectedLines = (partnerId: bigint, asOf: AsOf | null) => sql.fragment`
  select 'correction', correction.id || '/' || item.item_no, 'correction/' || correction.id || '/' || item.item_no, 0, line.kind,
    correction.decided_at, program.code, null, null, line.kind, line.currency, line.amount_minor, line.available_on, payout.id,
    payout.status, null, ${correctionFacts}
  from correction_item item join correction on correction.id = item.correction_id
  join earning_line line on line.correction_id = item.correction_id and line.correction_item = item.item_no and line.split_from is null
  join program on program.id = line.program_id join pay_schedule schedule on schedule.id = program.schedule_id
  ${joinPayout(sql.fragment`line.id`, asOf)}
  where item.partner_id = ${partnerId} and ${isKnown(asOf, sql.fragment`line.booked_at`)}`;
