import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { latestOfEach, remainingOf, whyNotAbout } from '../../domain/earnings/refund.ts';
import { partOf } from '../../domain/earnings/share.ts';
import { EXACT_AMOUNT, EXACT_IN_MINOR } from '../../domain/exact-amount.ts';
import { isMoney, measureOf } from '../../domain/programs/incentives/measure.ts';
import type { LadderTerms } from '../../domain/programs/ladder.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import { type HistoryEvent, listHistory } from './accrual.ts';
import { eventsOf } from './stored-events.ts';

/** The volumes of partners in a window of a ladder: what their events measure, each in its highest revision and less its refunds. */

const AT_ONCE = 1000;

export type Counted = {
  readonly programId: number;
  readonly terms: LadderTerms;
  /** The instants from the first one until the last one, exclusive. */
  readonly from: Date;
  readonly until: Date;
};

function amountColumn(name: string): FragmentSqlToken {
  if (name === EXACT_AMOUNT) return sql.fragment`coalesce(event.exact_amount, event.amount_minor * ${EXACT_IN_MINOR})`;
  return name === 'amount' ? sql.fragment`event.amount_minor` : sql.fragment`(event.other_amounts ->> ${name})::int8`;
}

/** The measure of an event that nothing happened to, as `measureOf` works it out. */
function measureColumn(measure: string): FragmentSqlToken {
  if (measure === 'count') return sql.fragment`1`;
  if (measure === 'quantity') return sql.fragment`event.quantity`;
  const [first = '', ...subtracted] = measure.split(' - ');
  const rest = subtracted.map((name) => sql.fragment`- coalesce(${amountColumn(name)}, 0)`);
  return sql.fragment`greatest(${sql.join([amountColumn(first), ...rest], sql.fragment` `)}, 0)`;
}

/** The events that count, in a query that names the partner `asked`. */
function countedEvents({ programId, terms: { when, measure, currency }, from, until }: Counted): FragmentSqlToken {
  const kinds = sql.fragment`event.kind = any(${sql.array(when.kinds, 'text')})`;
  const attributes = Object.entries(when.event ?? {}).map(
    ([name, values]) => sql.fragment`event.attributes ->> ${name} = any(${sql.array(values, 'text')})`,
  );
  const money = isMoney(measure) ? [sql.fragment`event.currency = ${currency ?? ''}`] : [];
  return sql.fragment`
    select event.* from (${eventsOf(sql.fragment`asked.partner_id`)}) event
    where event.program_id = ${programId} and event.about is null
      and event.occurred_at >= ${from.toISOString()} and event.occurred_at < ${until.toISOString()}
      and ${sql.join([kinds, ...money, ...attributes], sql.fragment` and `)}
      and not exists (
        select from event later
        where later.source = event.source and later.source_id = event.source_id and later.revision > event.revision)`;
}

const isChanged = sql.fragment`
  event.share_count > 0 or exists (
    select from event change where change.source = event.source and change.about = event.source_id)`;

const asked = (partnerIds: readonly bigint[]) =>
  unnestColumns(
    ['int8'],
    partnerIds.map((id) => [id]),
  );

const SumRow = z.strictObject({ partnerId: z.bigint(), volume: z.bigint() });
const ChangedRow = z.strictObject({ partnerId: z.bigint(), source: z.string(), id: z.string() });

/**
 * The volumes of partners, by their ids. Events that nothing happened to are summed where they are. Those that are shared or refunded are
 * measured by the rules of accrual.
 */
export async function readLadderVolumes(
  db: Database,
  counted: Counted,
  partnerIds: readonly bigint[],
): Promise<ReadonlyMap<bigint, bigint>> {
  const sums = await listPlainVolumes(db, counted, partnerIds);
  const volumes = new Map(sums.map(({ partnerId, volume }) => [partnerId, volume]));
  const changed = await listChangedEvents(db, counted, partnerIds);
  for (let at = 0; at < changed.length; at += AT_ONCE) {
    const origins = changed.slice(at, at + AT_ONCE).map((origin) => ({ ...origin, childId: null }));
    const history = await listHistory(db, counted.programId, origins);
    const grouped = Map.groupBy(
      history,
      ({ forPartnerId, source, about, id }) => `${forPartnerId}\n${source}\n${about ?? id}`,
    );
    for (const { partnerId, source, id } of origins) {
      const events = grouped.get(`${partnerId}\n${source}\n${id}`) ?? [];
      volumes.set(partnerId, (volumes.get(partnerId) ?? 0n) + measureOfChanged(events, partnerId, counted.terms));
    }
  }
  return volumes;
}

export const listPlainVolumes = (db: Database, counted: Counted, partnerIds: readonly bigint[]) =>
  db.any(sql.type(SumRow)`
    select asked.partner_id as "partnerId", coalesce(sum(${measureColumn(counted.terms.measure)}), 0)::int8 as volume
    from ${asked(partnerIds)} as asked(partner_id)
    cross join lateral (${countedEvents(counted)}) event
    where not (${isChanged})
    group by asked.partner_id`);

export const listChangedEvents = (db: Database, counted: Counted, partnerIds: readonly bigint[]) =>
  db.any(sql.type(ChangedRow)`
    select asked.partner_id as "partnerId", event.source, event.source_id as id
    from ${asked(partnerIds)} as asked(partner_id)
    cross join lateral (${countedEvents(counted)}) event
    where ${isChanged}`);

function measureOfChanged(events: readonly HistoryEvent[], partnerId: bigint, { measure }: LadderTerms): bigint {
  const revisions = events
    .filter(({ about }) => about === null)
    .toSorted((one, other) => one.revision - other.revision);
  const content = revisions.at(-1);
  if (!content) return 0n;
  const changes = latestOfEach(events.filter(({ about }) => about !== null)).filter((change) =>
    revisions.some((sale) => whyNotAbout(change, sale) === undefined),
  );
  const part = partOf(remainingOf(content, changes), content, partnerId);
  return (part && measureOf(part, measure)) ?? 0n;
}
