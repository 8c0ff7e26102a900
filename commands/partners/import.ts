import type { Database } from '../../db/database.ts';
import { listPartnersNamed, lockPartnersByCode } from '../../db/partners/partners.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { isFactColumn, NEEDED_FACT_COLUMNS, readFactLine } from '../../domain/partners/fact-line.ts';
import { isPartnerColumn, NEEDED_PARTNER_COLUMNS, readPartnerLine } from '../../domain/partners/partner-line.ts';
import { readTable, type TableResult, takeTable } from '../table.ts';
import { recordFacts } from './facts.ts';
import { addPartner, type JoinPolicy } from './partners.ts';

/** A file as it was received. */
export type TableFile = { readonly path: string; readonly fileName: string };

const FILE_NAME_CHARS_MAX = 200;
const referenceOf = ({ fileName }: TableFile): string => fileName.slice(0, FILE_NAME_CHARS_MAX) || 'unnamed';

const wrongLine = (details: readonly FailureDetail[]): Failure =>
  new Failure('invalid_input', 'A line cannot be read. Nothing of it was written.', { details });

/**
 * Adds the partners of a CSV file, each with agreements and facts. A line is taken in as a whole or refused. A preview writes nothing.
 * Throws Failure `invalid_input` where the file cannot be read.
 */
export async function importPartners(
  db: Database,
  vault: VaultKeys,
  file: TableFile,
  { preview, ...policy }: JoinPolicy & { preview: boolean },
): Promise<TableResult> {
  const table = await readTable(file.path, { needed: NEEDED_PARTNER_COLUMNS, isKnown: isPartnerColumn });
  const from = { ...policy, source: 'csv', reference: referenceOf(file) } as const;
  return takeTable(db, table, { preview }, async (tx, { cells }) => {
    const read = readPartnerLine(cells);
    if ('problems' in read) throw wrongLine(read.problems);
    const { code, name, kind, country, email = null } = read.partner;
    const { agreements, facts } = read;
    await addPartner(tx, vault, { code, name, kind, country, email, agreements, facts, destination: null }, from);
  });
}

/**
 * Records the facts of a CSV file. A line is taken in or refused. A preview writes nothing. Throws Failure `invalid_input` where the file
 * cannot be read.
 */
export async function importFacts(
  db: Database,
  file: TableFile,
  { preview, by }: { preview: boolean; by: string },
): Promise<TableResult> {
  const table = await readTable(file.path, { needed: NEEDED_FACT_COLUMNS, isKnown: isFactColumn });
  const codes = [...new Set(table.lines.flatMap(({ cells: { partner } }) => partner ?? []))];
  return db.transaction(async (tx) => {
    await lockPartnersByCode(tx, codes);
    const named = await listPartnersNamed(tx, codes);
    const goesOn = new Map(named.map(({ code, mergedInto }) => [code, mergedInto ?? code]));
    await lockPartnersByCode(tx, [...goesOn.values()]);
    const reference = referenceOf(file);
    return takeTable(tx, table, { preview }, async (inner, { cells }) => {
      const read = readFactLine(cells);
      if ('problems' in read) throw wrongLine(read.problems);
      const partner = goesOn.get(read.fact.partner);
      if (partner === undefined) throw wrongLine([{ field: 'partner', reason: `${read.fact.partner} is not known` }]);
      await recordFacts(inner, [{ ...read.fact, partner, reference }], { source: 'csv', by });
    });
  });
}
