import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import type { Before } from '../../domain/earnings/change.ts';
import { explain } from '../../domain/earnings/explanation.ts';
import type { Segment } from '../../domain/earnings/scope.ts';
import { remainingOf } from '../../domain/earnings/refund.ts';
import { atPar } from '../../domain/earnings/conversion.ts';
import { targetsOf } from '../../domain/earnings/target.ts';
import { CLOSING, DIVISION, OUR_SOURCE, RE_RATING } from '../../domain/event.ts';
import { levelOf } from '../../domain/programs/incentives/index.ts';
import { incentiveOf } from '../../domain/programs/plan.ts';
import { ConversionColumn } from '../programs/exchange-rates.ts';
import { Amounts, Currency, LocalDate, MinorText, ReadingColumn, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';
import { chooses } from '../../domain/programs/stacking.ts';
import { readTerms } from '../programs/terms.ts';
import { ThenColumn, thenJson } from './partners-then.ts';

/** The stored calculation of an earning, which is put into words when somebody reads it. */

const segmentsJson = (segments: readonly Segment[]) =>
  segments.map(({ versionId, sinceMs, measures: { volume, of, base } }) => [
    versionId,
    sinceMs,
    String(volume),
    String(of),
    ...(base === 0n ? [] : [String(base)]),
  ]);

/** Writes what was there before as JSON: minor units are text, and a segment is a list. */
export const beforeJson = ({ minor, unfunded, segments, after, counted, reading, quota, collected }: Before): string =>
  JSON.stringify({
    minor: String(minor),
    ...(unfunded === undefined ? {} : { unfunded: String(unfunded) }),
    segments: segmentsJson(segments),
    ...(after === undefined ? {} : { after: segmentsJson(after) }),
    ...(counted === undefined ? {} : { counted }),
    ...(reading === undefined ? {} : { reading: reading === null ? null : String(reading) }),
    ...(quota === undefined ? {} : { quota: quota === null ? null : String(quota) }),
    ...(collected === undefined
      ? {}
      : { collected: [String(collected.minor), String(collected.of), collected.currency] }),
  });

const SegmentColumn = z
  .tuple([z.number(), z.number(), MinorText, MinorText], MinorText)
  .transform(([versionId, sinceMs, volume, of, base = 0n]) => ({
    versionId,
    sinceMs,
    measures: { volume, of, base },
  }));
const BeforeColumn = z
  .object({
    minor: MinorText,
    unfunded: MinorText.optional(),
    segments: SegmentColumn.array(),
    after: SegmentColumn.array().optional(),
    counted: z.number().optional(),
    reading: MinorText.nullable().optional(),
    quota: MinorText.nullable().optional(),
    collected: z
      .tuple([MinorText, MinorText, Currency])
      .transform(([minor, of, currency]) => ({ minor, of, currency }))
      .optional(),
  })
  .transform(({ unfunded, after, counted, reading, quota, collected, ...before }): Before => ({
    ...before,
    ...(unfunded === undefined ? {} : { unfunded }),
    ...(after === undefined ? {} : { after }),
    ...(counted === undefined ? {} : { counted }),
    ...(reading === undefined ? {} : { reading }),
    ...(quota === undefined ? {} : { quota }),
    ...(collected === undefined ? {} : { collected }),
  }));

/** The stored calculation of an earning. Null for money that no event earned, such as money that came back. */
export const Calculation = z
  .object({
    kind: z.string(),
    revision: z.number(),
    incentiveId: z.string(),
    versionId: z.number(),
    sinceMs: z.number(),
    currency: Unit,
    minor: MinorText,
    unfunded: MinorText.nullable(),
    budgetDays: z.object({ from: LocalDate.nullable(), until: LocalDate.nullable() }).nullable(),
    volume: MinorText,
    of: MinorText,
    base: MinorText,
    before: BeforeColumn.nullable(),
    rate: ConversionColumn.nullable(),
    availableOn: LocalDate,
    lateFor: z.string().nullable(),
    /** The code of the partner below by whose part it is earned. Null for the own part. */
    child: z.string().nullable(),
    scope: z
      .object({ window: z.string(), start: LocalDate, group: z.string(), closesOn: LocalDate.nullable() })
      .nullable(),
    part: z.object({ volume: MinorText, total: MinorText, poolMinor: MinorText }).nullable(),
    zone: z.string(),
    again: z.object({ event: z.string(), by: z.string(), because: z.string() }).nullable(),
    partner: ThenColumn.nullable(),
    event: z.object({
      occurredAtMs: z.number(),
      minor: MinorText.nullable(),
      exact: MinorText.nullable(),
      otherAmounts: Amounts,
      currency: Currency.nullable(),
      quantity: z.number().nullable(),
      attributes: z.record(z.string(), z.string()),
      reading: ReadingColumn,
    }),
  })
  .nullable();
type Calculation = z.infer<typeof Calculation>;

/** The column of a calculation, in a query that names the tables `earning`, `event`, `scope` (outer joined) and `schedule`. */
export const calculationColumn: FragmentSqlToken = sql.fragment`
  jsonb_build_object('kind', event.kind, 'revision', event.revision, 'incentiveId', earning.incentive_id,
    'versionId', earning.plan_version_id, 'sinceMs', (extract(epoch from earning.terms_since) * 1000)::bigint,
    'currency', earning.currency, 'minor', earning.amount_minor::text, 'unfunded', earning.unfunded_minor::text,
    'budgetDays', case when earning.budget_id is not null then (
      select jsonb_build_object('from', starts_on, 'until', ends_on) from budget where budget.id = earning.budget_id) end, 'volume', earning.volume::text, 'of', earning.of_amount::text,
    'base', earning.base::text, 'child', partner_below(earning.child_id),
    'before', earning.before, 'rate', earning.rate, 'availableOn', earning.available_on, 'lateFor', earning.late_for, 'zone', schedule.zone,
    'partner', (select ${thenJson} from event_partner kept where kept.event_id = earning.event_id and kept.partner_id = coalesce(earning.child_id, earning.partner_id)),
    'again', case when event.kind = ${RE_RATING} and event.source = ${OUR_SOURCE} then (
      select jsonb_build_object('event', origin.source || '/' || origin.source_id, 'by', proposer.code, 'because', re_rating.reason)
      from re_rating join actor proposer on proposer.id = re_rating.proposed_by, event origin
      where re_rating.id = split_part(event.source_id, '/', 2)::uuid and origin.id = earning.origin_id) end,
    'part', case when event.source = ${OUR_SOURCE} and event.kind in (${CLOSING}, ${DIVISION}) then (
      select jsonb_build_object('volume', part.volume::text, 'total', division.total::text, 'poolMinor', division.pool_minor::text)
      from pool_part part join pool_division division using (pool_id, revision) where part.event_id = event.id) end,
    'scope', case when scope.id is not null then jsonb_build_object('window', scope.time_window, 'start', scope.window_start,
      'group', scope.group_value, 'closesOn', scope.closes_on) end,
    'event', jsonb_build_object('occurredAtMs', (extract(epoch from event.occurred_at) * 1000)::bigint,
      'minor', event.amount_minor::text, 'exact', event.exact_amount::text, 'otherAmounts', event.other_amounts, 'currency', event.currency,
      'quantity', event.quantity, 'attributes', event.attributes, 'reading', event.reading))`;

type WithCalculation = {
  readonly calculation: Calculation;
  readonly facts: Readonly<Record<string, unknown>> | null;
};

type Words = {
  readonly explanation: Record<string, unknown>;
  /** The change of what the budget did not pay. Null where it has no budget. */
  readonly unfundedMinor: bigint | null;
};

/** Puts calculations into words. A row without a calculation keeps its facts. */
export async function withExplanations<Row extends WithCalculation>(
  db: Database,
  rows: readonly Row[],
): Promise<(Omit<Row, 'calculation' | 'facts'> & Words)[]> {
  const versionIds = rows.flatMap(({ calculation }) =>
    calculation
      ? [calculation.versionId, ...(calculation.before?.segments ?? []).map(({ versionId }) => versionId)]
      : [],
  );
  const termsOf = await readTerms(db, versionIds);
  return rows.map(({ calculation, facts, ...row }) => {
    if (!calculation) return { ...row, explanation: facts ?? {}, unfundedMinor: null };
    const { volume, of, base, event, zone, partner, rate: converted, ...stored } = calculation;
    const isSeen = stored.before !== null || volume !== 0n || base !== 0n;
    const content = {
      ...event,
      kind: stored.kind,
      source: '',
      id: '',
      program: '',
      partner: '',
      about: null,
      revision: 1,
      shares: [],
    };
    const terms = termsOf(stored.versionId);
    const level = levelOf(incentiveOf(terms, stored.incentiveId));
    const isAsked = !isSeen || (stored.revision > 1 && chooses(terms));
    const target = isAsked
      ? targetsOf(remainingOf(content, []), terms, { zone, level, partner }, atPar).find(
          ({ terms: { id } }) => id === stored.incentiveId,
        )
      : undefined;
    const { insteadOf = null } = target ?? {};
    const earning = {
      ...stored,
      converted,
      measures: { volume, of, base },
      lacks: isSeen ? null : (target?.lacks ?? null),
      insteadOf,
      partner: level > 0 ? null : partner,
    };
    return { ...row, explanation: explain(earning, termsOf), unfundedMinor: stored.unfunded };
  });
}
