import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { drawChecks, type PrintedCheck } from './check-pdf.ts';

/** Only the user who prints may read a check. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Writes a check to the print directory, completely or not at all, and only once for each name. */
export async function printCheck(directory: string, name: string, check: PrintedCheck): Promise<void> {
  const path = join(directory, `${name}.pdf`);
  if (await exists(path)) return;
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  const draft = join(directory, `.${name}-${randomUUID()}`);
  const file = await open(draft, 'wx', FILE_MODE);
  try {
    await file.writeFile(await drawChecks([check]));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
