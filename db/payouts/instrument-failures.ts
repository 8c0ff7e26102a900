import { sql } from 'slonik';

import type { Objection } from '../../domain/partners/form-field.ts';

import { changesRow, type Database } from '../database.ts';

/** A payout that ended unpaid because of the details of its instrument. */
export type InstrumentFailure = {
  payoutId: string;
  instrumentId: string;
  /** The provider's code, or our own. */
  reason: string;
  /** One sentence to the partner that says what to fix. */
  advice: string;
  /** The objections to the details, by the names of their fields. Empty if no field was named. */
  objections?: readonly Objection[];
};

/** Writes that an instrument failed. A payout says it once. */
export const insertInstrumentFailure = (
  db: Database,
  { payoutId, instrumentId, reason, advice, objections = [] }: InstrumentFailure,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into instrument_failure(payout_id, instrument_id, reason, advice, objections)
    values (${payoutId}, ${instrumentId}, ${reason}, ${advice}, ${sql.jsonb([...objections])}) on conflict (payout_id) do nothing`,
  );

/** Clears the open failures of an instrument. Returns whether there was one. */
export const clearInstrumentFailures = (
  db: Database,
  instrumentId: string,
  { by, reason }: { by: string; reason: string },
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update instrument_failure set cleared_at = now(), cleared_by = ${by}, clear_reason = ${reason}
    where instrument_id = ${instrumentId} and cleared_at is null`,
  );
