import type { Database } from '../../db/database.ts';
import { listPartnersNamed } from '../../db/partners/partners.ts';
import { listProgramsNamed } from '../../db/programs/programs.ts';
import { isQuotaColumn, NEEDED_QUOTA_COLUMNS, readQuotaLine } from '../../domain/earnings/quota-line.ts';
import { distinctShards, type Shard } from '../../domain/earnings/shard.ts';
import { lockWhoGoesOn, type TableFile } from '../partners/import.ts';
import { orRefuse, readTable, refusalOf, type TableLine, type TableResult, takeTable, wrongLine } from '../table.ts';
import { keyOf, type PlacedQuota, recordQuotas } from './quotas.ts';

/**
 * Records the quotas of a CSV file, all or none. Quotas that are in force already stay as they are. A preview names the lines that would
 * be refused, and writes nothing. Throws Failure `invalid_input` where the file cannot be read, or with each line that cannot be accepted. Returns also the shares that have new work.
 */
export async function importQuotas(
  db: Database,
  file: TableFile,
  { preview, by }: { preview: boolean; by: string },
): Promise<TableResult & { shards: readonly Shard[] }> {
  const table = await readTable(file.path, { needed: NEEDED_QUOTA_COLUMNS, isKnown: isQuotaColumn });
  return db.transaction(async (tx) => {
    const read = await readerOf(tx, table.lines);
    const shards: Shard[] = [];
    const take = async (inner: Database, quotas: readonly PlacedQuota[]) => {
      shards.push(...(await recordQuotas(inner, quotas, by)));
    };
    const result = await takeTable(tx, table, { preview }, { read, take });
    if (!preview && result.refusals.length > 0) throw refusalOf(result.refusals);
    return { ...result, shards: preview ? [] : distinctShards(shards) };
  });
}

/** Reads lines of quotas, each of which names another quota. The partners stay locked. */
async function readerOf(tx: Database, lines: readonly TableLine[]): Promise<(line: TableLine) => PlacedQuota> {
  const named = (column: string) => [...new Set(lines.flatMap(({ cells }) => cells[column] ?? []))];
  const goesOn = await lockWhoGoesOn(tx, named('partner'));
  const partners = new Map((await listPartnersNamed(tx, [...goesOn.values()])).map(({ code, id }) => [code, id]));
  const programs = new Map((await listProgramsNamed(tx, named('program'))).map(({ code, id }) => [code, id]));
  const firstLines = new Map<string, number>();
  return ({ line, cells }) => {
    const quota = orRefuse(readQuotaLine(cells));
    const partner = goesOn.get(quota.partner) ?? quota.partner;
    const partnerId = partners.get(partner);
    if (partnerId === undefined) throw wrongLine('partner', `${quota.partner} is not known`);
    const programId = programs.get(quota.program);
    if (programId === undefined) throw wrongLine('program', `${quota.program} is not known`);
    const placed = { ...quota, partner, partnerId, programId };
    const first = firstLines.get(keyOf(placed));
    if (first !== undefined) throw wrongLine('(row)', `is the quota of line ${first} again: send it once`);
    firstLines.set(keyOf(placed), line);
    return placed;
  };
}
