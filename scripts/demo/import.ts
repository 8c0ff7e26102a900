import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';

import { listShardsWithDueEvents } from '../../db/earnings/accrual.ts';
import type { Shard } from '../../domain/earnings/shard.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import type { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import type { Import } from '../api-types/api.d.ts';
import type { ApiClient } from '../client.ts';
import type { Deployment } from './deployment.ts';
import { until } from './until.ts';

/** Sends a file and the file that is joined to it, streamed from disk like a user's upload. */
export async function importFile(
  api: ApiClient,
  { mapping, file, joined }: { mapping: ImportMapping; file: string; joined?: string | undefined },
): Promise<Import> {
  const form = new FormData();
  form.append('mapping', JSON.stringify(mapping));
  if (joined) form.append(basename(joined, '.csv'), await openAsBlob(joined), basename(joined));
  form.append('file', await openAsBlob(file), basename(file));
  return api.postForm('/v1/imports', form);
}

const REJECTIONS_SHOWN = 5;

/** Prints the result of an import, and its first bad rows by line, column and reason. */
export async function sayImport(api: ApiClient, done: Import, say: (line: string) => void): Promise<void> {
  const { rows, accepted, replayed, quarantined, rejected } = done;
  say(
    `Imported: ${rows} rows, ${accepted} accepted, ${replayed} already known, ${quarantined} quarantined, ${rejected} rejected.`,
  );
  if (rejected === 0 && done.status === 'finished') return;
  const { items } = await api.get('/v1/imports/{id}/rejections', {
    params: { path: { id: done.id }, query: { limit: REJECTIONS_SHOWN } },
  });
  for (const { line, column, reason } of items) say(`  line ${line}: ${column} ${reason}`);
  if (rejected > items.length) say(`  For all of them: GET /v1/imports/${done.id}/rejections`);
}

const ACCRUED_WITHIN_MS = 10 * MINUTE_MS;

/** Waits until no event lacks its earnings. It does not wait for a refund whose sale has not arrived. */
export const untilAccrued = ({ db }: Pick<Deployment, 'db'>): Promise<readonly Shard[]> =>
  until(
    () => listShardsWithDueEvents(db),
    (shards) => shards.length === 0,
    {
      what: 'the earnings of every event',
      withinMs: ACCRUED_WITHIN_MS,
    },
  );
