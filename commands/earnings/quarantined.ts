import type { Database } from '../../db/database.ts';
import { hasQuarantined, insertQuarantined, lockQuarantine } from '../../db/earnings/quarantine.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { askToDecide } from '../open-task.ts';

/** Operators are asked once for each source, as long as events of it are in quarantine. */

const subjectOf = (source: string): string => `quarantine/${source}`;

/** Keeps events aside that came again with other content, and asks for a decision. */
export async function quarantine(
  tx: Database,
  events: Parameters<typeof insertQuarantined>[1],
  sentBy: string,
): Promise<void> {
  for (const source of await insertQuarantined(tx, events, sentBy)) {
    await lockQuarantine(tx, source);
    await askToDecide(tx, {
      kind: 'events_quarantined',
      subject: subjectOf(source),
      detail: `Events of the source ${source} came again with other content. Their first content counts until somebody decides. Compare both, then accept or dismiss each of them.`,
      evidence: { role: 'operator' },
    });
  }
}

/** Asks no longer once nothing of a source waits. */
export async function closeQuarantine(tx: Database, source: string, actorId: string): Promise<void> {
  await lockQuarantine(tx, source);
  if (await hasQuarantined(tx, source)) return;
  await closeTask(tx, { kind: 'events_quarantined', subject: subjectOf(source) }, { actorId, resolution: 'decided' });
}
