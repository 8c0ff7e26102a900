import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { sql } from 'slonik';
import { z } from 'zod';

import { contentHash } from '../../domain/runs/content.ts';
import type { Database } from '../database.ts';
import { listRunContent } from '../runs/runs.ts';

/**
 * What must always be true of the books. Each rule is a query in `db/invariants/`, which begins with its number and its sentence and
 * can be run by psql as it is. It returns no row while the rule holds; otherwise each row is a sentence that names a culprit by its
 * ids. Rules of one number belong together. 9, the providers' own books, is asked by `npm run check-invariants`, which can read
 * those of the sandbox; 10 is kept for the partners' statements.
 */
export type Invariant = {
  /** Its file's name without the ending. */
  name: string;
  /** Its number and its sentence. */
  rule: string;
  find: (db: Database) => Promise<readonly string[]>;
};

/** What the books say to a rule: the first culprits, none where it holds. */
export type InvariantAnswer = Pick<Invariant, 'name' | 'rule'> & { culprits: readonly string[] };

export type InvariantOptions = {
  /** How long after its time what is under way may wait to be looked at, as an interval of PostgreSQL. */
  grace?: string;
  /** Rules of the caller's own, asked after the others. */
  more?: readonly Invariant[];
};

const FOLDER = new URL('../invariants/', import.meta.url);
const CULPRITS_MAX = 20;
const GRACE = '10 minutes';
/** A rule reads whole tables; on a large database that takes longer than any other query of ours may. */
const STATEMENT_TIMEOUT = '30min';

/** Asks every rule in one snapshot, so that a database at work may be asked too. Returns one answer for each, in the order of their numbers. */
export async function askInvariants(
  db: Database,
  { grace = GRACE, more = [] }: InvariantOptions = {},
): Promise<InvariantAnswer[]> {
  const invariants = [...(await listInvariants()), ...more];
  return db.transaction(async (tx) => {
    await tx.query(sql.unsafe`set transaction isolation level repeatable read, read only`);
    await tx.query(sql.unsafe`
      select set_config('bursar.grace', ${grace}, true), set_config('statement_timeout', ${STATEMENT_TIMEOUT}, true)`);
    const answers: InvariantAnswer[] = [];
    for (const { name, rule, find } of invariants) answers.push({ name, rule, culprits: await find(tx) });
    return answers;
  });
}

/** Every rule, in the order of their numbers. */
export async function listInvariants(): Promise<Invariant[]> {
  const files = (await readdir(FOLDER)).toSorted();
  const invariants = [...(await Promise.all(files.map(readInvariant))), CONTENT_INVARIANT];
  return invariants.toSorted((a, b) => Number.parseInt(a.rule, 10) - Number.parseInt(b.rule, 10));
}

const Culprit = z.strictObject({ culprit: z.string() });

async function readInvariant(file: string): Promise<Invariant> {
  const text = await readFile(new URL(file, FOLDER), 'utf8');
  const rule = /^-- (\d+\. .+)\.$/m.exec(text)?.[1];
  if (!rule) throw new Error(`db/invariants/${file} does not begin with the number and the sentence of its rule`);
  const query = text.trim().replace(/;$/, '');
  return {
    name: basename(file, '.sql'),
    rule,
    find: (db) => db.anyFirst(sql.type(Culprit)`${fragmentOf(query)} limit ${CULPRITS_MAX}`),
  };
}

/** slonik takes text from template literals alone, so that nobody builds a query; this one is a file of ours. */
const fragmentOf = (text: string) => sql.fragment(Object.assign([text], { raw: Object.freeze([text]) }));

/** The hash is computed in the domain, so it is computed again there. */
const CONTENT_INVARIANT: Invariant = {
  name: 'content-is-what-was-approved',
  rule: '15. A run is what its content hash says, also after it was approved',
  async find(db) {
    const runs = await db.any(sql.type(z.strictObject({ id: z.string(), hash: z.string().nullable() }))`
      select id, encode(content_hash, 'hex') as hash from payout_run
      where status in ('review', 'approved', 'disbursing', 'paused', 'disbursed') order by created_at, id`);
    const culprits: string[] = [];
    for (const { id, hash } of runs) {
      const current = contentHash(await listRunContent(db, id)).toString('hex');
      if (current !== hash) culprits.push(`run ${id} has the content ${current}, and was written down as ${hash}`);
    }
    return culprits;
  },
};
