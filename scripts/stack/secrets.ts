import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Secrets = { vaultKey: string; vaultFingerprintKey: string };

const KEY_BYTES = 32;

/** The keys of this folder's vault, created at the first start. Without them nobody can read its bank details again. */
export function readSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  if (!existsSync(file)) {
    const key = () => randomBytes(KEY_BYTES).toString('hex');
    const made: Secrets = { vaultKey: key(), vaultFingerprintKey: key() };
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
}
