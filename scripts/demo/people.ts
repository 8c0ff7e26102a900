import type { Role } from '../../domain/people/role.ts';
import type { Database } from '../../db/database.ts';
import { bootstrap } from '../../deploy/bootstrap.ts';
import { type ApiClient, createApiClient } from '../client.ts';

/** A person in one role, with the key and a client of the API that uses it. */
export type Person = { code: string; role: Role; key: string; api: ApiClient };

export type People = Awaited<ReturnType<typeof welcomePeople>>;

/**
 * A command on the server adds the first operator, and the API adds everybody else. Paula requests runs and also holds an approver's
 * key. That key must not let Paula approve her own run.
 */
export async function welcomePeople(db: Database, url: string) {
  const { key } = await bootstrap(db, { code: 'olga', name: 'Olga Operator', email: 'olga@example.com' });
  const operator: Person = { code: 'olga', role: 'operator', key, api: createApiClient(url, key) };
  await addPerson(operator, 'paula', 'Paula Preparer');
  await addPerson(operator, 'anna', 'Anna Approver');
  await addPerson(operator, 'adam', 'Adam Auditor');
  return {
    operator,
    preparer: await giveKey(operator, 'paula', 'preparer'),
    preparerAsApprover: await giveKey(operator, 'paula', 'approver'),
    approver: await giveKey(operator, 'anna', 'approver'),
    auditor: await giveKey(operator, 'adam', 'auditor'),
  };
}

const addPerson = ({ api }: Person, code: string, name: string) =>
  api.post('/v1/actors', { body: { code, name, email: `${code}@example.com` } });

/** Issues a key to a person. A key with the role partner reads that partner's data only. */
export async function giveKey({ api }: Person, code: string, role: Role, partner?: string): Promise<Person> {
  const { key } = await api.post('/v1/actors/{code}/keys', {
    params: { path: { code } },
    body: { role, ...(partner && { partner }) },
  });
  return { code, role, key, api: createApiClient(api.url, key) };
}
