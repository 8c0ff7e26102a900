import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { sql } from 'slonik';
import { z } from 'zod';

import { contentHash } from '../../domain/runs/content.ts';
import type { Database } from '../database.ts';
import { listRunContent } from '../runs/runs.ts';

/**
 * The rules that are always true of the books. Each rule is a query in `db/invariants/`, which begins with its number and its sentence
 * and runs in psql as it is. It returns no row while the rule holds. Otherwise each row is a sentence that names a culprit by its
 * ids. Rules of one number belong together. `npm run check-invariants` asks rule 9, about the providers' own books, because it can
 * read those of the sandbox. Number 10 is reserved for the partners' statements.
 */
export type Invariant = {
  /** Its file's name without the ending. */
  name: string;
  /** Its number and its sentence. */
  rule: string;
  find: (db: Database) => Promise<readonly string[]>;
};

/** The answer of the books to a rule: the first culprits, or none where the rule holds. */
export type InvariantAnswer = Pick<Invariant, 'name' | 'rule'> & {
  culprits: readonly string[];
  /** How long the books took to answer. */
  ms: number;
};

export type InvariantOptions = {
  /** The delay that is allowed after something falls due, as an interval of PostgreSQL. */
  grace?: string;
  /** More rules, which the caller brings. They are asked last. */
  more?: readonly Invariant[];
};

const FOLDER = new URL('../invariants/', import.meta.url);
const CULPRITS_MAX = 20;
const GRACE = '10 minutes';
/** A rule reads whole tables. On a large database that takes longer than any other query of ours may take. */
const STATEMENT_TIMEOUT = '30min';
/** Some rules compare sums of whole tables, which otherwise go through files several times. */
const WORK_MEM = '64MB';

/**
 * Asks every rule in one snapshot, so that the database may be in use meanwhile. Returns one answer for each rule, in the order of
 * their numbers.
 */
export async function askInvariants(
  db: Database,
  { grace = GRACE, more = [] }: InvariantOptions = {},
): Promise<InvariantAnswer[]> {
  const invariants = [...(await listInvariants()), ...more];
  return db.transaction(async (tx) => {
    await tx.query(sql.unsafe`set transaction isolation level repeatable read, read only`);
    await tx.query(sql.unsafe`
      select set_config('bursar.grace', ${grace}, true), set_config('statement_timeout', ${STATEMENT_TIMEOUT}, true),
        set_config('work_mem', ${WORK_MEM}, true)`);
    const answers: InvariantAnswer[] = [];
    for (const { name, rule, find } of invariants) {
      const start = performance.now();
      answers.push({ name, rule, culprits: await find(tx), ms: performance.now() - start });
    }
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

/**
 * PostgreSQL plans a rule by itself, for all rows. With a limit in sight it would join tables row by row to find the first culprits soon, and
 * a rule that holds has none.
 */
async function readInvariant(file: string): Promise<Invariant> {
  const text = await readFile(new URL(file, FOLDER), 'utf8');
  const rule = /^-- (\d+\. .+)\.$/m.exec(text)?.[1];
  if (!rule) throw new Error(`db/invariants/${file} does not begin with the number and the sentence of its rule.`);
  const query = text.trim().replace(/;$/, '');
  return {
    name: basename(file, '.sql'),
    rule,
    find: (db) =>
      db.anyFirst(sql.type(Culprit)`
        with broken as materialized (${fragmentOf(query)})
        select culprit from broken limit ${CULPRITS_MAX}`),
  };
}

/** slonik accepts text only from template literals, so that nobody builds a query from strings. This text is a file of ours. */
const fragmentOf = (text: string) => sql.fragment(Object.assign([text], { raw: Object.freeze([text]) }));

/** The domain computes this hash, so it computes the hash again here. */
const CONTENT_INVARIANT: Invariant = {
  name: 'content-is-what-was-approved',
  rule: '15. The content of a run matches its hash, also after the approval',
  async find(db) {
    const runs = await db.any(sql.type(z.strictObject({ id: z.string(), hash: z.string().nullable() }))`
      select id, encode(content_hash, 'hex') as hash from payout_run
      where status in ('review', 'approved', 'disbursing', 'paused', 'disbursed') order by created_at, id`);
    const culprits: string[] = [];
    for (const { id, hash } of runs) {
      const current = contentHash(await listRunContent(db, id)).toString('hex');
      if (current !== hash) culprits.push(`run ${id} has the content ${current}, but was recorded as ${hash}`);
    }
    return culprits;
  },
};
