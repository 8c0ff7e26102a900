import type { Database } from '../../db/database.ts';
import { lockNewIncidents, type NewIncident, setIncidentNotices, type ToldIn } from '../../db/books/incidents.ts';
import { addNotification, isNotificationSent } from '../../db/tasks/notifications.ts';
import { isToldAtOnce, nextDigest } from '../../domain/books/incident.ts';
import { addDays } from '../../domain/calendar.ts';

const INCIDENTS_PER_CALL = 500;
/** Finance decides what to do about money. Operators see early that a provider or a rule is at fault. */
const AUDIENCES = ['finance', 'operators'] as const;

/**
 * Puts the incidents that are in no notice yet into the next digest of their run, and those that cannot wait into one notice that is sent
 * at once. Returns whether there may be more.
 */
export const gatherIncidents = (db: Database, nowMs: number): Promise<boolean> =>
  db.transaction(async (tx) => {
    const found = await lockNewIncidents(tx, INCIDENTS_PER_CALL);
    const told: ToldIn[] = [];
    for (const [scope, incidents] of Map.groupBy(found, scopeOf)) {
      const [first] = incidents;
      if (!first) continue;
      const facts = factsOf(first);
      const digest = await openDigest(tx, scope, facts, nowMs, first.zone);
      const urgent = incidents.filter((incident) => isToldAtOnce(incident, incident.fromMinor));
      const atOnce = urgent[0] ? `incidents/${scope}/${urgent[0].id}` : null;
      if (atOnce) await notify(tx, 'incidents_now', atOnce, facts, 0);
      told.push(...incidents.map((one) => ({ id: one.id, digest, atOnce: urgent.includes(one) ? atOnce : null })));
    }
    if (told.length > 0) await setIncidentNotices(tx, told);
    return found.length === INCIDENTS_PER_CALL;
  });

const scopeOf = ({ runId, gateway }: NewIncident): string => (runId === null ? `gateway/${gateway}` : `run/${runId}`);

type Facts = { run: string; schedule: string; periodEnd: string; gateway: string };

const factsOf = ({ runId, schedule, periodEnd, gateway }: NewIncident): Facts => ({
  run: runId ?? '',
  schedule: schedule ?? '',
  periodEnd: periodEnd ?? '',
  gateway,
});

/** Writes the next digest of a run or gateway, once, and returns its key. If the digest of a day was sent early, the next day has its own. */
async function openDigest(tx: Database, scope: string, facts: Facts, nowMs: number, zone: string): Promise<string> {
  let { day, atMs } = nextDigest(nowMs, zone);
  while (await isNotificationSent(tx, keyOf(digestKey(scope, day), AUDIENCES[0]))) {
    day = addDays(day, 1);
    ({ atMs } = nextDigest(atMs, zone));
  }
  const key = digestKey(scope, day);
  await notify(tx, 'incidents_digest', key, { ...facts, day }, atMs - nowMs);
  return key;
}

const digestKey = (scope: string, day: string): string => `digest/${scope}/${day}`;
const keyOf = (incidents: string, audience: string): string => `${incidents}/${audience}`;

async function notify(
  tx: Database,
  kind: 'incidents_now' | 'incidents_digest',
  incidents: string,
  facts: Facts & { day?: string },
  waitMs: number,
): Promise<void> {
  for (const audience of AUDIENCES)
    await addNotification(tx, {
      kind,
      dedupeKey: keyOf(incidents, audience),
      audience,
      partnerId: null,
      body: { ...facts, incidents },
      waitMs,
    });
}
