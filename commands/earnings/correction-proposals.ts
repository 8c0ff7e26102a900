import type { Database } from '../../db/database.ts';
import {
  type Correction,
  type CorrectionPlace,
  getCorrection,
  insertCorrection,
  insertCorrectionItems,
  listCorrectionPlaces,
  type NewCorrection,
  paysPerson,
} from '../../db/earnings/corrections.ts';
import { listPartnerPayability } from '../../db/payouts/payability.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { localDate } from '../../domain/calendar.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import {
  type CorrectionItem,
  type OpenBalance,
  whyNotProposeCorrection,
  whyNotWriteOff,
} from '../../domain/earnings/correction.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { money } from '../../domain/money.ts';
import { askToDecide } from '../open-task.ts';

/** The most items of one correction. Their entries are one journal for each currency. */
export const ITEMS_MAX = 1000;

/** An item as a person asks for it. Without a day it counts from today on. */
export type WishedItem = {
  partner: string;
  program: string;
  currency: CurrencyCode;
  minor: bigint;
  availableOn: string | null;
  reason: string | null;
};

/** An item with the schedule whose runs pay it. */
export type PlacedItem = CorrectionItem & { readonly scheduleId: number };
export type ItemRefusal = { index: number; field: 'partner' | 'program'; reason: string };

/** Finds the partners and programs of items, and names the items that cannot be. */
export async function placeItems(
  db: Database,
  wished: readonly WishedItem[],
): Promise<{ items: PlacedItem[]; refusals: ItemRefusal[] }> {
  const found = await listCorrectionPlaces(db, wished);
  const places = new Map(found.map((place) => [placeKey(place), place]));
  const items: PlacedItem[] = [];
  const refusals: ItemRefusal[] = [];
  for (const [index, wish] of wished.entries()) {
    const placed = placeItem(wish, places.get(placeKey(wish)));
    if ('field' in placed) refusals.push({ index, ...placed });
    else items.push(placed);
  }
  return { items, refusals };
}

const placeKey = ({ partner, program }: { partner: string; program: string }): string => `${partner} ${program}`;

function placeItem(
  { partner, program, currency, minor, availableOn, reason }: WishedItem,
  place: CorrectionPlace | undefined,
): PlacedItem | Omit<ItemRefusal, 'index'> {
  const { partnerId = null, programId = null, scheduleId = null, zone = null } = place ?? {};
  if (partnerId === null) return { field: 'partner', reason: `${partner} is not known` };
  if (programId === null || scheduleId === null || zone === null)
    return { field: 'program', reason: `${program} is not known` };
  if (!place?.isAgreed) return { field: 'program', reason: `${program} has no agreement with ${partner}` };
  return {
    partnerId,
    programId,
    scheduleId,
    currency,
    minor,
    availableOn: availableOn ?? localDate(Date.now(), zone),
    reason,
  };
}

type Proposal = Omit<NewCorrection, 'merge'> & { items: readonly WishedItem[] };

/**
 * Records a credit, a deduction or a transfer. Nothing counts before another person confirms it. The two items of a transfer are the one
 * who gives and the one who gets.
 */
export const proposeCorrection = (db: Database, { items: wished, ...wish }: Proposal): Promise<Correction> =>
  db.transaction(async (tx) => {
    const { items, refusals } = await placeItems(tx, wished);
    const [first] = refusals;
    if (first) throw refused(fieldOf(wish.kind, first), first.reason);
    if (wish.kind === 'transfer' && items[0]?.partnerId === items[1]?.partnerId)
      throw refused('to', 'is the partner who gives');
    return recordProposal(tx, { ...wish, merge: null }, items);
  });

const fieldOf = (kind: Correction['kind'], { index, field }: ItemRefusal): string =>
  kind === 'transfer' && field === 'partner' ? (index === 0 ? 'from' : 'to') : field;

export type WriteOffWish = Omit<WishedItem, 'minor' | 'reason'> & {
  /** The size of the part to give up. Null gives up the whole balance. */
  size: bigint | null;
};

/** Records that a balance is to be given up: one that a partner owes, or one that is too small to be paid. */
export const proposeWriteOff = (
  db: Database,
  { size, ...wished }: WriteOffWish,
  wish: Omit<NewCorrection, 'merge' | 'kind'>,
): Promise<Correction> =>
  db.transaction(async (tx) => {
    const { items, refusals } = await placeItems(tx, [{ ...wished, minor: 0n, reason: null }]);
    const [first] = refusals;
    if (first) throw refused(first.field, first.reason);
    const [item] = items;
    if (!item) throw new Error('An item without a refusal has its place.');
    const open = await readOpenBalance(tx, item);
    const { minor: owed } = open.balance;
    const minor = owed < 0n ? (size ?? -owed) : -(size ?? owed);
    const reason = whyNotWriteOff(open, minor);
    if (reason) throw refused('amount', reason);
    return recordProposal(tx, { ...wish, kind: 'write_off', merge: null }, [{ ...item, minor }]);
  });

/** The balance of a partner under the schedule of a program that is in no payout: what is free and what is still held. */
export async function readOpenBalance(
  tx: Database,
  {
    partnerId,
    scheduleId,
    currency,
    availableOn,
  }: Pick<PlacedItem, 'partnerId' | 'scheduleId' | 'currency' | 'availableOn'>,
): Promise<OpenBalance> {
  const standing = (
    await listPartnerPayability(tx, scheduleId, { start: availableOn, end: availableOn }, partnerId)
  ).find((row) => row.currency === currency);
  return {
    balance: money(standing ? standing.payableMinor + standing.heldMinor - standing.debtLeftMinor : 0n, currency),
    minimum: money(standing?.minimumMinor ?? 0n, currency),
  };
}

/** Writes a proposal with its items, and asks another person to decide. */
export async function recordProposal(
  tx: Database,
  wish: NewCorrection,
  items: readonly CorrectionItem[],
): Promise<Correction> {
  const partnerIds = [...items.map(({ partnerId }) => partnerId), ...(wish.merge ? Object.values(wish.merge) : [])];
  const refusal = whyNotProposeCorrection({ isPayee: await paysPerson(tx, wish.proposedBy, partnerIds) });
  if (refusal) throw new Failure(refusal.code, refusal.message);
  const id = await insertCorrection(tx, wish);
  if (id === null) throw refused('code', 'is a partner who is merged already, or about whom a merge is proposed');
  await insertCorrectionItems(tx, id, 0, items);
  await askToDecide(tx, {
    kind: 'correction_proposed',
    subject: subjectOf(id),
    detail: `A correction (${wish.kind}) waits for another person and counts for nothing until then. Read it, then confirm or refuse it.`,
  });
  await addAuditEntry(tx, {
    actorId: wish.proposedBy,
    action: 'correction.propose',
    subject: subjectOf(id),
    detail: { kind: wish.kind, ...signedBy(wish.signatureId) },
  });
  return getCorrection(tx, id);
}

export const subjectOf = (id: string): string => `correction/${id}`;
