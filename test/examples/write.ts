import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { recompute } from './recompute.ts';

/** `npm run golden` writes the golden results of every example that has its own events. */
export const EXAMPLES = join(import.meta.dirname, '../../examples');
export const INDUSTRIES = readdirSync(EXAMPLES).filter((name) => !['mappings', 'olist', 'rates'].includes(name));

if (import.meta.main)
  for (const name of INDUSTRIES) {
    const folder = join(EXAMPLES, name);
    const lines = recompute(folder).map((row) => `  ${JSON.stringify(row)}`);
    writeFileSync(join(folder, 'golden.json'), `[\n${lines.join(',\n')}\n]\n`);
    console.log(`Wrote the golden results of ${name}.`);
  }
