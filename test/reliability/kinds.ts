import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

/** The file of the kinds of faults: what was wrong, what is right, and the test that keeps it right. */
export const KINDS_FILE = 'docs/reliability/kinds.json';

const Fault = z.strictObject({
  id: z.string().regex(/^[A-HP]\d+[a-z]?$/),
  /** The fault, in one sentence. */
  was: z.string().endsWith('.'),
  /** The behaviour now, in one sentence. */
  is: z.string().endsWith('.'),
  /** The file of the test, from the root of the repository, and a title in it. */
  test: z.tuple([z.string(), z.string()]),
});
const Kind = z.strictObject({ kind: z.string().regex(/^[A-HP]$/), name: z.string(), faults: z.array(Fault).min(1) });
export type Kind = z.infer<typeof Kind>;

export const readKinds = async (): Promise<Kind[]> =>
  z
    .array(Kind)
    .parse(JSON.parse(await readFile(fileURLToPath(new URL(`../../${KINDS_FILE}`, import.meta.url)), 'utf8')));
