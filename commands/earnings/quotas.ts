import type { Database } from '../../db/database.ts';
import { insertQuotaEvents } from '../../db/earnings/events.ts';
import {
  getQuota,
  insertQuotas,
  listQuotasInForce,
  type QuotaInForce,
  type RecordedQuota,
} from '../../db/earnings/quotas.ts';
import { getPartner, lockPartners } from '../../db/partners/partners.ts';
import { addAuditEntries } from '../../db/people/audit.ts';
import { getProgram } from '../../db/programs/programs.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { distinctShards, type Shard, shardOf } from '../../domain/earnings/shard.ts';
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

/** A quota whose partner and program are known. */
export type PlacedQuota = QuotaWish & { readonly partnerId: bigint; readonly programId: number };

/**
 * Records a quota of a partner, which supersedes the earlier one of its program, name, window and currency. Its window is worked out again
 * by the difference. The same quota again changes nothing. Returns it with the shares that have new work. Throws Failure `not_found`, or `invalid_input` with each wrong field.
 */
export const recordQuota = (
  db: Database,
  wish: QuotaWish,
  by: string,
): Promise<{ quota: RecordedQuota; shards: readonly Shard[] }> =>
  db.transaction(async (tx) => {
    const partner = await getPartner(tx, wish.partner);
    const program = await getProgram(tx, wish.program);
    await lockPartners(tx, [partner.id]);
    const placed = { ...wish, partner: partner.code, partnerId: partner.id, programId: program.id };
    const shards = await recordQuotas(tx, [placed], by);
    const quota = await getQuota(tx, (await listKnown(tx, [placed])).get(keyOf(placed))?.id ?? 0n);
    return { quota, shards };
  });

/**
 * Records quotas, all or none, and nothing about those that are in force already. The partners are locked, and no two of the quotas have
 * the same program, partner, name, window and currency. Returns the shares that have new work. Throws Failure `invalid_input` with each wrong field, or
 * `not_found` where a quota is taken back that was never set.
 */
export async function recordQuotas(
  tx: Database,
  quotas: readonly PlacedQuota[],
  by: string,
): Promise<readonly Shard[]> {
  const details = quotas.flatMap(whyNotQuota);
  if (details.length > 0)
    throw new Failure('invalid_input', 'The quota cannot be used. Nothing was recorded. Correct the named fields.', {
      details,
    });
  const known = await listKnown(tx, quotas);
  const unset = quotas.find((quota) => quota.value === null && !known.has(keyOf(quota)));
  if (unset) throw new Failure('not_found', `Partner ${unset.partner} has no such quota. Nothing was taken back.`);
  const fresh = quotas.filter((quota) => (known.get(keyOf(quota))?.value ?? null) !== valueOf(quota));
  if (fresh.length === 0) return [];
  const events = await insertQuotaEvents(tx, fresh, by);
  const rows = fresh.map((quota, index) => ({ ...quota, value: valueOf(quota), eventId: events[index] ?? 0n }));
  await insertQuotas(tx, rows, by);
  await addAuditEntries(
    tx,
    fresh.map(({ partner, partnerId: _partnerId, programId: _programId, ...detail }) => ({
      actorId: by,
      action: 'quota.record',
      subject: `partner/${partner}`,
      detail,
    })),
  );
  return distinctShards(fresh.map(({ program, partnerId }) => ({ program, shard: shardOf(partnerId) })));
}

/** Minor units, units or events. Null for a quota that is taken back. */
const valueOf = ({ value, currency }: QuotaWish): bigint | null =>
  value === null ? null : currency === null ? BigInt(value) : parseDecimal(value, currency).minor;

type QuotaKey = Pick<QuotaInForce, 'partnerId' | 'name' | 'start' | 'currency'> & {
  readonly programId: number;
  readonly window: string;
};

/** Names a quota by all that a later record of it repeats. */
export const keyOf = ({ programId, partnerId, name, window, start, currency }: QuotaKey): string =>
  [programId, partnerId, name, window, start, currency].join('|');

/** The latest records of these quotas, by their keys. */
async function listKnown(tx: Database, quotas: readonly PlacedQuota[]): Promise<ReadonlyMap<string, QuotaInForce>> {
  const known = new Map<string, QuotaInForce>();
  for (const [programId, some] of Map.groupBy(quotas, (quota) => quota.programId))
    for (const row of await listQuotasInForce(tx, programId, some)) known.set(keyOf({ ...row, programId }), row);
  return known;
}
