import type { Database } from '../../db/database.ts';
import type { DueEvent } from '../../db/earnings/accrual.ts';
import { listQuotaEvents, listQuotasInForce, type QuotaKey } from '../../db/earnings/quotas.ts';
import type { Booked } from '../../db/earnings/replays.ts';
import type { ScopeOfPartner } from '../../db/earnings/scopes.ts';
import type { Scope } from '../../domain/earnings/scope-state.ts';
import type { ScopeName } from '../../domain/earnings/target.ts';
import { quotaCurrencyOf, quotaNameOf } from '../../domain/earnings/quota.ts';
import { QUOTA } from '../../domain/event.ts';

export type Quotas = {
  /** The quota in force of a window, in units of its measure. Null where none is set. */
  readonly inForce: (scope: ScopeOfPartner & Pick<Scope, 'quota'>) => bigint | null;
  /** The person who recorded it, which is a hand in what the window earns. */
  readonly recordedBy: (scope: ScopeOfPartner) => string | undefined;
  /** The quotas that events of ours changed, by the ids of these events. */
  readonly changed: ReadonlyMap<bigint, QuotaKey>;
};

/** Says of which quota a window is. Null where it is compared with none. */
export const quotaKeyOf = (scope: ScopeOfPartner): string | null => {
  const name = quotaNameOf(scope);
  return name === undefined ? null : textOf({ ...scope, name });
};
export const textOf = ({ partnerId, name, window, start }: QuotaKey): string =>
  `${partnerId}|${name}|${window}|${start}`;

/**
 * The quotas of a replay. An earning in the books keeps the one with which its window was compared then, and other windows keep theirs. One
 * that the books do not know has the quota that is in force now.
 */
export const bookedQuotas = (quotas: Quotas, booked: () => readonly Booked[]): Quotas => ({
  ...quotas,
  inForce(scope) {
    const { incentiveId, currency, quota = quotas.inForce(scope) } = scope;
    const isOf = (one: Booked) => one.incentiveId === incentiveId && one.currency === currency;
    const known = booked().find((one) => isOf(one) && windowName(one.scope) === windowName(scope));
    return known ? known.quota : quota;
  },
});

/** Names a window of a partner and an incentive. */
const windowName = (scope: Pick<ScopeName, 'window' | 'start' | 'measure' | 'group'> | null): string =>
  scope ? [scope.window, scope.start, scope.measure, scope.group].join('|') : '';

/** Reads the quotas of the windows in which a page may count, and of those that its events of ours are about. */
export async function readQuotas(
  tx: Database,
  programId: number,
  due: readonly DueEvent[],
  names: readonly ScopeOfPartner[],
): Promise<Quotas> {
  const eventIds = due.filter(({ kind }) => kind === QUOTA).map(({ eventId }) => eventId);
  const events = eventIds.length > 0 ? await listQuotaEvents(tx, eventIds) : [];
  const asked = names.flatMap((scope) => {
    const name = quotaNameOf(scope);
    return name === undefined ? [] : [{ ...scope, name }];
  });
  const keys = [...new Map([...asked, ...events].map((key): [string, QuotaKey] => [textOf(key), key])).values()];
  const rows = keys.length > 0 ? await listQuotasInForce(tx, programId, keys) : [];
  const found = new Map(rows.map((row) => [`${textOf(row)}|${row.currency ?? ''}`, row]));
  const of = (scope: ScopeOfPartner) => found.get(`${quotaKeyOf(scope)}|${quotaCurrencyOf(scope) ?? ''}`);
  return {
    inForce: (scope) => of(scope)?.value ?? null,
    recordedBy: (scope) => of(scope)?.recordedBy,
    changed: new Map(events.map(({ eventId, ...key }) => [eventId, key])),
  };
}
