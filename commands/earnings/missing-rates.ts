import type { Database } from '../../db/database.ts';
import { COUNTED_MAX, listMissingRates, listRateUse } from '../../db/earnings/waits.ts';
import { listRateSources } from '../../db/programs/exchange-rates.ts';
import { clearAlarmsBut } from '../../db/tasks/alarms.ts';
import { addDays, localDate } from '../../domain/calendar.ts';
import { publishingDays, readGapName } from '../../domain/programs/exchange-rate.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

const MISSING = 'rate_missing';
const STALE = 'rates_stale';
/** The rate of a day is missed once a whole publishing day has passed since. */
const MISSED_AFTER_DAYS = 1;
/** The rates of a source are stale where none came for so many publishing days. */
const STALE_AFTER_DAYS = 3;
/** A program needs rates as long as earnings that took one are released so recently. */
const USED_DAYS = 60;

/**
 * Raises one alarm for each rate that events wait for, by day and currency, however many they are. An event of today waits without an
 * alarm, because its rate is still to come. It clears the alarm when none waits.
 */
export async function tellOfMissingRates(tx: Database, nowMs: number): Promise<void> {
  const missing = await listMissingRates(tx);
  const sources = await sourcesOf(
    tx,
    missing.map(({ rate }) => readGapName(rate).source),
  );
  const missed = missing.filter(({ rate }) => {
    const gap = readGapName(rate);
    const source = sources.get(gap.source);
    const last = source && publishingDays(localDate(nowMs, 'UTC'), source)[MISSED_AFTER_DAYS];
    return last === undefined || gap.day < last;
  });
  for (const { rate, count, programs } of missed) {
    const { source, day, quote } = readGapName(rate);
    const base = sources.get(source)?.base ?? 'its base';
    const detail =
      `${source} has no rate of ${base} in ${quote} for ${day}. The number of events that wait for it is ${count < COUNTED_MAX ? '' : 'at least '}${count}, in ${programs.join(', ')}. ` +
      'They earn nothing until it is recorded. Nothing else waits.';
    await raiseAlarm(tx, 'rate_missing', subjectOf(rate), detail, rate);
  }
  await clearAlarmsBut(
    tx,
    MISSING,
    missed.map(({ rate }) => subjectOf(rate)),
  );
}

/** Raises an alarm for each source that programs need and of which no rates came for days, and clears it when they come. */
export async function tellOfStaleRates(tx: Database, nowMs: number): Promise<void> {
  const today = localDate(nowMs, 'UTC');
  const used = await listRateUse(tx, addDays(today, -USED_DAYS));
  const sources = await sourcesOf(
    tx,
    used.map(({ source }) => source),
  );
  const stale = used.filter(({ source: code, newest }) => {
    const source = sources.get(code);
    const last = source && publishingDays(today, source)[STALE_AFTER_DAYS];
    return last !== undefined && newest < last;
  });
  for (const { source, newest, programs } of stale) {
    const detail = `The last rates of ${source} are those for ${newest}. The programs ${programs.join(', ')} need them: later events in other currencies wait.`;
    await raiseAlarm(tx, 'rates_stale', `rates/${source}`, detail, newest);
  }
  await clearAlarmsBut(
    tx,
    STALE,
    stale.map(({ source }) => `rates/${source}`),
  );
}

const subjectOf = (rate: string): string => `rate/${rate}`;

async function sourcesOf(tx: Database, codes: readonly string[]) {
  const sources = await listRateSources(tx, [...new Set(codes)]);
  return new Map(sources.map((source) => [source.code, source]));
}
