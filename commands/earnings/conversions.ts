import { postJournals } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import { paysPerson } from '../../db/earnings/corrections.ts';
import {
  type Conversion,
  getConversion,
  insertConversion,
  lockConversion,
  readConversionDecider,
  recordConversionVerdict,
} from '../../db/earnings/conversions.ts';
import { insertConvertedLine } from '../../db/earnings/earnings.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { getUnit, readRate, type Unit } from '../../db/programs/units.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { conversionPosting } from '../../domain/books/postings.ts';
import { localDate } from '../../domain/calendar.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { convert, rateOf, whyNotDecideConversion } from '../../domain/earnings/points-conversion.ts';
import { use } from '../../domain/earnings/lots.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { formatMoney, money } from '../../domain/money.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { askToDecide } from '../open-task.ts';
import { lockWallet, postMovements } from './points.ts';
import { refuseMissing, refuseOnHold } from './redemptions.ts';

const subjectOf = (id: string): string => `conversion/${id}`;

export type ConversionWish = {
  partnerId: bigint;
  unit: PointsCode;
  minor: bigint;
  currency: CurrencyCode;
  reason: string | null;
  by: string;
  /** The signature of the person who proposes it in the console. */
  signatureId?: string;
};

/** Converts points of a partner to money at once, where their unit lets partners do that. */
export const convertPoints = (db: Database, wish: ConversionWish): Promise<Conversion> =>
  db.transaction(async (tx) => {
    const { unit, conversion } = await priced(tx, wish, 'by-partner');
    const id = await insertConversion(tx, { ...wish, ...conversion, status: 'confirmed' });
    await book(tx, unit, await getConversion(tx, id));
    await addAuditEntry(tx, { actorId: wish.by, action: 'conversion.convert', subject: subjectOf(id) });
    return getConversion(tx, id);
  });

/** Proposes to convert points of a partner to money. Nothing moves before another person confirms exactly these amounts. */
export const proposeConversion = (db: Database, wish: ConversionWish): Promise<Conversion> =>
  db.transaction(async (tx) => {
    if (await paysPerson(tx, wish.by, [wish.partnerId]))
      throw new Failure(
        'approver_is_payee',
        'You are paid through this partner. Nothing was recorded. Ask somebody else to propose it.',
      );
    const { conversion } = await priced(tx, wish, 'by-staff');
    const id = await insertConversion(tx, { ...wish, ...conversion, status: 'proposed' });
    await askToDecide(tx, {
      kind: 'conversion_proposed',
      subject: subjectOf(id),
      detail: `A conversion of points to money waits for another person and counts for nothing until then. Confirm or refuse it.`,
    });
    const detail = signedBy(wish.signatureId);
    await addAuditEntry(tx, { actorId: wish.by, action: 'conversion.propose', subject: subjectOf(id), detail });
    return getConversion(tx, id);
  });

export type ConversionDecision = {
  id: string;
  actorId: string;
  decision: 'confirm' | 'refuse';
  note: string | null;
  signatureId?: string | null;
};

/** Confirms or refuses what another person proposed. A confirmed conversion is in the books when this returns. */
export const decideConversion = (
  db: Database,
  { id, actorId, decision, note, signatureId = null }: ConversionDecision,
): Promise<Conversion> =>
  db.transaction(async (tx) => {
    const conversion = await lockConversion(tx, id);
    const decider = { id: actorId, ...(await readConversionDecider(tx, id, actorId)) };
    const refusal = whyNotDecideConversion(conversion, decider, decision);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    const status = decision === 'confirm' ? 'confirmed' : 'refused';
    if (decision === 'confirm') await refuseOnHold(tx, conversion.partnerId);
    await recordConversionVerdict(tx, id, { status, by: actorId, note, signatureId });
    if (decision === 'confirm') await book(tx, await getUnit(tx, conversion.unit), conversion);
    await closeTask(tx, { kind: 'conversion_proposed', subject: subjectOf(id) }, { actorId, resolution: status });
    const detail = signedBy(signatureId);
    await addAuditEntry(tx, { actorId, action: `conversion.${decision}`, subject: subjectOf(id), detail });
    return getConversion(tx, id);
  });

/** Works out a conversion at the rate of the day. Throws Failure where the unit, its rate or the partner's points do not allow it. */
async function priced(
  tx: Database,
  { partnerId, unit: code, minor: askedMinor, currency }: ConversionWish,
  way: 'by-partner' | 'by-staff',
) {
  await refuseOnHold(tx, partnerId);
  const unit = await getUnit(tx, code);
  if (unit.conversion !== way) throw notOffered(`${code} is converted ${WORDS[unit.conversion]}`);
  if (askedMinor < unit.leastConversionMinor)
    throw refused('amount', `is less than the least of ${formatMoney(money(unit.leastConversionMinor, code))}`);
  const today = localDate(Date.now(), unit.zone);
  const rate = await readRate(tx, code, currency, today);
  if (!rate) throw notOffered(`${code} has no rate to ${currency} on ${today}`);
  refuseMissing(await lockWallet(tx, { partnerId, unit: code }), code, askedMinor, today);
  const { points: pointsMinor, minor } = convert(askedMinor, rateOf(rate.rate, code, currency));
  if (minor === 0n) throw refused('amount', `is worth less than the smallest unit of ${currency}`);
  return { unit, conversion: { askedMinor, pointsMinor, minor, rateId: rate.id } };
}

const WORDS = { none: 'by nobody', 'by-partner': 'by the partner alone', 'by-staff': 'by two people of the staff' };

const notOffered = (why: string): Failure =>
  new Failure('conversion_not_offered', `${why}. Nothing was converted. Read the unit and its rates.`);

/** Two journals through the clearing accounts: the points go out, and the money comes in as a line of its own. */
async function book(tx: Database, unit: Unit, conversion: Conversion): Promise<void> {
  const { id, partnerId, pointsMinor, currency, minor } = conversion;
  const now = new Date();
  const today = localDate(now.getTime(), unit.zone);
  const wallet = await lockWallet(tx, { partnerId, unit: unit.code });
  refuseMissing(wallet, unit.code, pointsMinor, today);
  const entries = use(wallet, pointsMinor, today);
  const about = { partnerId, unit: unit.code, conversionId: id, movedOn: today };
  await postMovements(tx, [{ ...about, kind: 'converted', minor: -pointsMinor, entries }], now);
  await insertConvertedLine(tx, id, today);
  const { programId } = unit;
  await postJournals(tx, [conversionPosting({ conversionId: id, programId, partnerId, currency, minor }, now)]);
}
