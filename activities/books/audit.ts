import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { askMonthlyAudits, failAudit, finishAudit } from '../../commands/books/audits.ts';
import {
  type Audit,
  type AuditedPage,
  type AuditSum,
  getAudit,
  listRunningAudits,
  saveAuditedPage,
  sumAccrualPostings,
} from '../../db/books/audits.ts';
import { expectLongRead, listParticipants, type ReplayEvent } from '../../db/earnings/replays.ts';
import { createDifferences, EVENTS_NAMED, instantsOf, monthBefore, type OnFile } from '../../domain/books/audit.ts';
import { OUR_SOURCE, RE_RATING } from '../../domain/event.ts';
import { exactOf } from '../../domain/exact-amount.ts';
import { isPoints, type UnitCode } from '../../domain/unit.ts';
import { wakeAudit } from '../../temporal/starts.ts';
import { replay } from '../earnings/replay.ts';

export type AuditDeps = { db: DatabasePool; temporal: Client };

const PARTNERS_PER_PAGE = 200;

export const createAuditActivities = ({ db, temporal }: AuditDeps) => ({
  /**
   * Works a month out again and compares it with the books, some partners at a time, each page in one snapshot. It goes on where an earlier
   * try ended. Returns how many differences there are.
   */
  async auditMonth(id: string): Promise<number> {
    let audit = await getAudit(db, id);
    while (audit.state === 'running') {
      const partnerIds = await listParticipants(db, audit.programId, audit.doneThrough, PARTNERS_PER_PAGE);
      if (partnerIds.length === 0) return finishAudit(db, id);
      const page = await auditPage(db, audit, partnerIds);
      await db.transaction((tx) => saveAuditedPage(tx, page));
      audit = await getAudit(db, id);
    }
    return 0;
  },

  async giveUpAudit(id: string): Promise<void> {
    await failAudit(db, id);
  },

  /** Starts the audits of the month before a date (`2026-11-23`), one for each program. May be repeated. */
  async startMonthlyAudits(date: string): Promise<number> {
    await askMonthlyAudits(db, monthBefore(date));
    const running = await listRunningAudits(db);
    for (const id of running) await wakeAudit(temporal, id);
    return running.length;
  },
});

type Sums = Map<string, { -readonly [Field in keyof AuditSum]: AuditSum[Field] } & { events: string[] }>;

const auditPage = (db: DatabasePool, audit: Audit, partnerIds: readonly bigint[]): Promise<AuditedPage> =>
  db.transaction(async (tx) => {
    await expectLongRead(tx);
    const { programId, zone, month } = audit;
    const { fromMs, untilMs } = instantsOf(month, zone);
    const isWithin = (ms: number) => fromMs <= ms && ms < untilMs;
    const sums: Sums = new Map();
    const differences = createDifferences();
    const onFile = new Map<string, { -readonly [Field in keyof OnFile]: OnFile[Field] }>();
    let notWorkedOut = 0;
    const noteUndone = (event: ReplayEvent) => {
      if (!isWithin(event.occurredAtMs)) return;
      notWorkedOut += 1;
      countOnFile(onFile, event);
    };
    for await (const { event, earned } of replay(tx, { id: programId, zone }, partnerIds, { noteUndone })) {
      if (!event) continue;
      const { partnerId, booked } = event;
      const happened = isWithin(event.occurredAtMs);
      if (happened) countOnFile(onFile, event);
      for (const { currency, minor } of booked) {
        if (happened) sumOf(sums, partnerId, currency).bookedMinor += minor;
        if (isWithin(event.bookedAtMs) && !isPoints(currency)) sumOf(sums, partnerId, currency).postedMinor += minor;
      }
      if (happened && event.kind !== RE_RATING)
        for (const unit of new Set([...earned, ...booked].map(({ currency }) => currency)))
          sumOf(sums, partnerId, unit).eventCount += 1;
      differences.compare(partnerId, { earned, booked }, happened ? `${event.source}/${event.id}` : null);
    }
    for (const { partnerId, unit, bookedMinor } of sums.values())
      sumOf(sums, partnerId, unit).earnedMinor = bookedMinor;
    for (const { partnerId, unit, minor, events } of differences.found()) {
      const sum = sumOf(sums, partnerId, unit);
      sum.earnedMinor += minor;
      sum.events = [...new Set([...sum.events, ...events])].slice(0, EVENTS_NAMED);
    }
    const posted = { programId, partnerIds, from: new Date(fromMs), until: new Date(untilMs) };
    for (const { partnerId, unit, minor } of await sumAccrualPostings(tx, posted))
      sumOf(sums, partnerId, unit).ledgerMinor += minor;
    return {
      id: audit.id,
      after: audit.doneThrough,
      through: partnerIds.at(-1) ?? audit.doneThrough,
      notWorkedOut,
      sums: [...sums.values()].filter(isSomething),
      onFile: [...onFile.values()],
    };
  });

const isSomething = ({ eventCount, earnedMinor, bookedMinor, postedMinor, ledgerMinor, events }: AuditSum): boolean =>
  eventCount + events.length > 0 || [earnedMinor, bookedMinor, postedMinor, ledgerMinor].some((minor) => minor !== 0n);

function sumOf(sums: Sums, partnerId: bigint, unit: UnitCode) {
  const key = `${partnerId}|${unit}`;
  const none = { eventCount: 0, earnedMinor: 0n, bookedMinor: 0n, postedMinor: 0n, ledgerMinor: 0n };
  const sum = sums.get(key) ?? { partnerId, unit, ...none, events: [] };
  sums.set(key, sum);
  return sum;
}

/** Counts an event once, for its own partner, in its highest revision. Events of ours have no source that could state them. */
function countOnFile(onFile: Map<string, { -readonly [Field in keyof OnFile]: OnFile[Field] }>, event: ReplayEvent) {
  const { source, kind, isLatest, partnerId, childId, eventPartnerId } = event;
  if (!isLatest || partnerId !== eventPartnerId || childId !== null || source === OUR_SOURCE) return;
  const currency = event.currency ?? '';
  const key = `${source}|${kind}|${currency}`;
  const total = onFile.get(key) ?? { source, kind, currency, count: 0, exact: 0n };
  total.count += 1;
  total.exact += exactOf(event) ?? 0n;
  onFile.set(key, total);
}
