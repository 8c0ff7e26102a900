import type { Database } from '../../db/database.ts';
import { insertQuotaEvent } from '../../db/earnings/events.ts';
import { getQuota, insertQuota, listQuotasInForce, type RecordedQuota } from '../../db/earnings/quotas.ts';
import { getPartner, lockPartners } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getProgram } from '../../db/programs/programs.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { whyNotAmount } from '../../domain/fields.ts';
import { parseDecimal } from '../../domain/money.ts';
import { type Window, windowStart } from '../../domain/programs/incentives/window.ts';

/** A quota as a person says it. The value is a decimal string of the currency, or a whole number of units or events. */
export type QuotaWish = {
  partner: string;
  program: string;
  name: string;
  window: Window;
  start: string;
  currency: CurrencyCode | null;
  /** Null takes the quota back. */
  value: string | null;
  reason: string | null;
};

const WHOLE = /^\d{1,15}$/;

/** Everything that is wrong with the fields of a quota. */
export function whyNotQuota({ window, start, currency, value }: QuotaWish): FailureDetail[] {
  const first = windowStart(window, start);
  const reason =
    value === null
      ? undefined
      : currency === null
        ? WHOLE.test(value)
          ? undefined
          : 'is not a whole number of units or events: name the currency of an amount'
        : whyNotAmount(value, currency);
  const isZero = value !== null && !/[1-9]/.test(value);
  return [
    ...(first === start ? [] : [{ field: 'start', reason: `is not the first day of a ${window}: it is ${first}` }]),
    ...(reason === undefined ? [] : [{ field: 'value', reason }]),
    ...(reason === undefined && isZero
      ? [{ field: 'value', reason: 'is 0, of which nothing can be a part: send null to take a quota back' }]
      : []),
  ];
}

/**
 * Records a quota of a partner, which supersedes the earlier one of its program, name, window and currency. Its window is worked out again
 * by the difference. The same quota again changes nothing. Throws Failure `not_found`, or `invalid_input` with each wrong field.
 */
export const recordQuota = (db: Database, wish: QuotaWish, by: string): Promise<RecordedQuota> =>
  db.transaction(async (tx) => {
    const details = whyNotQuota(wish);
    if (details.length > 0)
      throw new Failure('invalid_input', 'The quota cannot be used. Nothing was recorded. Correct the named fields.', {
        details,
      });
    const { name, window, start, currency, reason } = wish;
    const partner = await getPartner(tx, wish.partner);
    const program = await getProgram(tx, wish.program);
    await lockPartners(tx, [partner.id]);
    const value =
      wish.value === null ? null : currency === null ? BigInt(wish.value) : parseDecimal(wish.value, currency).minor;
    const known = (await listQuotasInForce(tx, program.id, [{ partnerId: partner.id, name, window, start }])).find(
      (quota) => quota.currency === currency,
    );
    if (known ? known.value === value : value === null) {
      if (known) return getQuota(tx, known.id);
      throw new Failure('not_found', `Partner ${partner.code} has no such quota. Nothing was taken back.`);
    }
    const ids = { partnerId: partner.id, programId: program.id };
    const id = await insertQuota(
      tx,
      { ...ids, name, window, start, currency, value, reason },
      await insertQuotaEvent(tx, ids, by),
      by,
    );
    await addAuditEntry(tx, {
      actorId: by,
      action: 'quota.record',
      subject: `partner/${partner.code}`,
      detail: { program: program.code, name, window, start, currency, value: wish.value, reason },
    });
    return getQuota(tx, id);
  });
