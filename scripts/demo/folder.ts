import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The default folder for the databases of a demo. It differs from the folder of `npm start`. */
export const DEMO_FOLDER = '.data/demo';

const MARK = 'demo.txt';
const MEANING = 'A demo keeps its databases here. The next demo in this folder deletes them first.\n';

/**
 * Marks a folder as a demo's folder. Each demo begins with an empty stack, so this refuses a folder with other content, such as
 * the `.data` folder of `npm start`.
 */
export function claimDemoFolder(folder: string): void {
  const isOthers =
    folder !== DEMO_FOLDER && existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, MARK));
  if (isOthers)
    throw new Error(
      `${folder} has content that does not come from a demo, and a demo would delete it. Choose another --folder. Nothing was started.`,
    );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, MARK), MEANING);
}
