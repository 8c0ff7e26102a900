import { giveSignInToken } from '../../commands/people/first-operator.ts';
import type { Database } from '../../db/database.ts';
import type { VaultKeys } from '../../db/vault.ts';
import type { Role } from '../../domain/people/role.ts';
import type { Environment } from '../stack/environment.ts';
import type { Deployment } from './deployment.ts';
import { addPerson } from './people.ts';

type Guest = { code: string; role: Role; does: string };

/** The people who can sign in, with the work of each. */
const COLLEAGUES: readonly Guest[] = [
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
export async function signInLines(
  db: Database,
  environment: Environment,
  partners: readonly Guest[] = [],
): Promise<string[]> {
  const { PUBLIC_URL: url } = environment;
  const lines: string[] = [];
  for (const { code, role, does } of [...COLLEAGUES, ...partners])
    lines.push(`  ${does}\n    ${url}/invitations/${await giveSignInToken(db, vaultOf(environment), code, role)}`);
  return lines;
}

/** Gives Paul the portal of a partner who has much to see: of one whose payment came back, or else of one who was paid. */
export async function letPartnerIn({ people: { operator, auditor } }: Deployment): Promise<Guest[]> {
  const find = (query: { status?: 'returned' }) =>
    auditor.api.get('/v1/payouts', { params: { query: { ...query, limit: 1 } } });
  const [payout] = [...(await find({ status: 'returned' })).items, ...(await find({})).items];
  if (!payout) return [];
  await addPerson(operator, 'paul', 'Paul Partner');
  await operator.api.post('/v1/actors/{code}/grants', {
    params: { path: { code: 'paul' } },
    body: { role: 'partner', partner: payout.partner },
  });
  return [{ code: 'paul', role: 'partner', does: `Paul, partner, works for ${payout.partner}` }];
}
