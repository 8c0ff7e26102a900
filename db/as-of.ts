import { type FragmentSqlToken, sql } from 'slonik';

import type { AsOf } from '../domain/as-of.ts';

/** Fragments of queries that look back. Each query names the table `schedule`, in whose zone a day ends. */

/** The last instant of what was known. */
export const knownAt = ({ at, day }: AsOf): FragmentSqlToken =>
  day === null
    ? sql.fragment`${at}::timestamptz`
    : sql.fragment`((${day}::date + 1)::timestamp at time zone schedule.zone - interval '1 microsecond')`;

/** Whether something was known, by the column of when it was written. */
export const isKnown = (asOf: AsOf | null, column: FragmentSqlToken): FragmentSqlToken =>
  asOf === null ? sql.fragment`true` : sql.fragment`${column} <= ${knownAt(asOf)}`;

/** Joins `payout`, the payout that holds a line, with its `id` and its `status`. */
export const joinPayout = (lineId: FragmentSqlToken, asOf: AsOf | null): FragmentSqlToken =>
  asOf === null
    ? sql.fragment`
        left join payout_line paid on paid.earning_line_id = ${lineId} and paid.taken
        left join payout on payout.id = paid.payout_id`
    : sql.fragment`
        left join lateral (
          select paid.payout_id as id, past.status from payout_line paid
          cross join lateral (
            select status from payout_history past where past.payout_id = paid.payout_id and past.at <= ${knownAt(asOf)}
            order by past.id desc limit 1
          ) past
          where paid.earning_line_id = ${lineId} and paid.taken_at <= ${knownAt(asOf)}
            and (paid.released_at is null or paid.released_at > ${knownAt(asOf)})
          order by past.status = 'cancelled' limit 1
        ) payout on true`;
