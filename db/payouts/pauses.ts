import { type FragmentSqlToken, sql } from 'slonik';

/**
 * The parts of a statement that find whether the run or gateway of a payout or batch is paused: `paused` has a row if so. The locks let
 * a resume, which makes due what waited, happen either entirely before the statement or entirely after it.
 */
export const lockPauses = (row: FragmentSqlToken) => sql.fragment`
  waiting as (select run_id, gateway from ${row}),
  run as (select status from payout_run where id = (select run_id from waiting) for share),
  pause as (select gateway from gateway_pause where gateway = (select gateway from waiting) for share),
  paused as (select from pause union all select from run where status = 'paused')`;
