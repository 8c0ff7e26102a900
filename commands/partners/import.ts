import type { Database } from '../../db/database.ts';
import type { NewFact } from '../../db/partners/facts.ts';
import { listPartnersNamed, lockPartnersByCode } from '../../db/partners/partners.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { isFactColumn, NEEDED_FACT_COLUMNS, readFactLine } from '../../domain/partners/fact-line.ts';
import { isPartnerColumn, NEEDED_PARTNER_COLUMNS, readPartnerLine } from '../../domain/partners/partner-line.ts';
import { orRefuse, readTable, type TableResult, takeTable, wrongLine } from '../table.ts';
import { recordFacts } from './facts.ts';
import { addPartners, type JoinPolicy, type Newcomer } from './partners.ts';

/** A file as it was received. */
export type TableFile = { readonly path: string; readonly fileName: string };

const FILE_NAME_CHARS_MAX = 200;
const referenceOf = ({ fileName }: TableFile): string => fileName.slice(0, FILE_NAME_CHARS_MAX) || 'unnamed';

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
  return takeTable(
    db,
    table,
    { preview },
    {
      read: ({ cells }): Newcomer => {
        const { partner, ...line } = orRefuse(readPartnerLine(cells));
        return { ...partner, email: partner.email ?? null, ...line, destination: null };
      },
      take: (tx, newcomers) => addPartners(tx, vault, newcomers, from),
    },
  );
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
    const goesOn = await lockWhoGoesOn(tx, codes);
    const reference = referenceOf(file);
    return takeTable(
      tx,
      table,
      { preview },
      {
        read: ({ cells }): NewFact => {
          const fact = orRefuse(readFactLine(cells));
          const partner = goesOn.get(fact.partner);
          if (partner === undefined) throw wrongLine('partner', `${fact.partner} is not known`);
          return { ...fact, partner, reference };
        },
        take: (inner, facts) => recordFacts(inner, facts, { source: 'csv', by }),
      },
    );
  });
}

/** Locks the partners with these codes. Returns the code of the one who goes on for each: most do so themselves. */
export async function lockWhoGoesOn(tx: Database, codes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await lockPartnersByCode(tx, codes);
  const named = await listPartnersNamed(tx, codes);
  const goesOn = new Map(named.map(({ code, mergedInto }) => [code, mergedInto ?? code]));
  await lockPartnersByCode(tx, [...goesOn.values()]);
  return goesOn;
}
