import { giveSignInToken } from '../../commands/people/first-operator.ts';
import type { Database } from '../../db/database.ts';
import type { VaultKeys } from '../../db/vault.ts';
import type { Role } from '../../domain/people/role.ts';
import type { Environment } from '../stack/environment.ts';

/** The people who can sign in, with the work of each. */
const PEOPLE: readonly { code: string; role: Role; does: string }[] = [
  { code: 'otto', role: 'operator', does: 'Otto, operator, does the daily work' },
  { code: 'petra', role: 'preparer', does: 'Petra, preparer, requests runs' },
  { code: 'anna', role: 'approver', does: 'Anna, approver, decides them' },
  { code: 'adam', role: 'auditor', does: 'Adam, auditor, reads everything' },
];

const KEY_ID = '1';
const vaultOf = ({ VAULT_KEY_ID = KEY_ID, VAULT_KEY = '', VAULT_FINGERPRINT_KEY = '' }: Environment): VaultKeys => ({
  keyId: VAULT_KEY_ID,
  kek: Buffer.from(VAULT_KEY, 'hex'),
  fingerprintKey: Buffer.from(VAULT_FINGERPRINT_KEY, 'hex'),
});

/** Lines with a link for each role. A link lets one person in, once. */
export async function signInLines(db: Database, environment: Environment): Promise<string[]> {
  const { PUBLIC_URL: url } = environment;
  const lines: string[] = [];
  for (const { code, role, does } of PEOPLE)
    lines.push(`  ${does}\n    ${url}/invitations/${await giveSignInToken(db, vaultOf(environment), code, role)}`);
  return lines;
}
