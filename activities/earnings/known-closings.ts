import type { Database } from '../../db/database.ts';
import { listPartsOf } from '../../db/earnings/pools.ts';
import { type ClosingWindow, listClosingWindows } from '../../db/earnings/replays.ts';
import { closingsOf } from '../../domain/earnings/lateness.ts';
import { type Scope, scopeKey } from '../../domain/earnings/scope-state.ts';
import type { Closing } from './past.ts';

/** The windows of partners that are earned at their close, and how events of ours closed them. Parts of a pool are those that were booked. */
export async function readKnownClosings(tx: Database, programId: number, partnerIds: readonly bigint[]) {
  const windows = await listClosingWindows(tx, programId, partnerIds);
  const byId = new Map(windows.map((window) => [window.id, window]));
  const closed = new Map<bigint | null, { window: ClosingWindow; partMinor: bigint | null }>(
    windows.map((window) => [window.closingId, { window, partMinor: null }]),
  );
  for (const { eventId, scopeId, minor } of await listPartsOf(tx, programId, partnerIds)) {
    const window = byId.get(scopeId);
    if (window) closed.set(eventId, { window, partMinor: minor });
  }
  return {
    closings: closingsOf(windows),
    /** The keys of these windows. */
    keys: new Set(windows.map((window) => scopeKey(window.partnerId, window))),
    /** The window of a scope that an event of ours closes. Undefined for any other event. */
    closingOf(eventId: bigint, scopes: ReadonlyMap<string, Scope>): Closing | undefined {
      const found = closed.get(eventId);
      const scope = found && scopes.get(scopeKey(found.window.partnerId, found.window));
      return scope && { scope, partMinor: found.partMinor };
    },
  };
}
