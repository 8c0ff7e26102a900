import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a demo keeps its databases unless it is told otherwise: never where `npm start` keeps its own. */
export const DEMO_FOLDER = '.data/demo';

const MARK = 'demo.txt';
const MEANING = 'A demo keeps its databases here. The next demo in this folder begins by removing them.\n';

/**
 * Makes a folder a demo's own. Each demo begins with an empty stack, so one that holds anything else, such as what `npm start`
 * keeps in `.data`, is refused.
 */
export function claimDemoFolder(folder: string): void {
  const isOthers =
    folder !== DEMO_FOLDER && existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, MARK));
  if (isOthers)
    throw new Error(
      `${folder} holds something that is no demo's, and a demo would remove it: name another --folder. Nothing was started.`,
    );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, MARK), MEANING);
}
