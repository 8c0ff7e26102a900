import { MINUTE_MS } from '../../domain/durations.ts';
import type { Role } from '../../domain/people/role.ts';
import { addFirstOperator } from '../../commands/people/first-operator.ts';
import type { Database } from '../../db/database.ts';
import { type ApiClient, createApiClient } from '../client.ts';
import { until } from './until.ts';

/** A person in one role, with the key and a client of the API that uses it. */
export type Person = { code: string; role: Role; key: string; api: ApiClient };

export type People = Awaited<ReturnType<typeof welcomePeople>>;

/** Where the people's mail arrives. */
export type Mailbox = {
  /** The address of the mail catcher. */
  url: string;
  /** Has waiting mail sent, where no sweep does so. */
  send?: () => Promise<unknown>;
};

const MAILED_WITHIN_MS = 2 * MINUTE_MS;
const TOKEN = /bsc_[A-Za-z0-9_-]{43}/;

/**
 * A command on the server adds Olga, who names Oscar as the second operator. Together they give everybody else a role, and do nothing
 * else: nobody may approve a run in which a person who gave them their role had a hand. Each person takes their key with the link in
 * their mail. Otto does the daily work. Petra requests runs and also holds an approver's key, which must not let her approve her own run.
 */
export async function welcomePeople(db: Database, url: string, mailbox: Mailbox) {
  const { key } = await addFirstOperator(db, { code: 'olga', name: 'Olga Operator', email: 'olga@example.com' });
  const olga: Person = { code: 'olga', role: 'operator', key, api: createApiClient(url, key) };
  await addPerson(olga, 'oscar', 'Oscar Operator');
  await propose(olga, 'oscar', 'operator');
  const oscar = await takeKey(url, mailbox, 'oscar', 'operator');
  const give = (code: string, role: Role) =>
    giveRole({ givesRoles: olga, confirmsRoles: oscar }, { url, mailbox }, code, role);
  await addPerson(olga, 'otto', 'Otto Operator');
  await addPerson(olga, 'petra', 'Petra Preparer');
  await addPerson(olga, 'anna', 'Anna Approver');
  await addPerson(olga, 'adam', 'Adam Auditor');
  return {
    givesRoles: olga,
    confirmsRoles: oscar,
    operator: await give('otto', 'operator'),
    preparer: await give('petra', 'preparer'),
    preparerAsApprover: await give('petra', 'approver'),
    approver: await give('anna', 'approver'),
    auditor: await give('adam', 'auditor'),
  };
}

/** Gives a person a role, with two pairs of hands, and takes its key. */
export async function giveRole(
  { givesRoles, confirmsRoles }: { givesRoles: Person; confirmsRoles: Person },
  { url, mailbox }: { url: string; mailbox: Mailbox },
  code: string,
  role: Role,
): Promise<Person> {
  const { id } = await propose(givesRoles, code, role);
  await confirmsRoles.api.post('/v1/grants/{id}/decision', { params: { path: { id } }, body: { decision: 'confirm' } });
  return takeKey(url, mailbox, code, role);
}

const addressOf = (code: string): string => `${code}@example.com`;

export const addPerson = ({ api }: Person, code: string, name: string) =>
  api.post('/v1/actors', { body: { code, name, email: addressOf(code) } });

const propose = ({ api }: Person, code: string, role: Role) =>
  api.post('/v1/actors/{code}/grants', { params: { path: { code } }, body: { role } });

/** Takes a key as its owner does, with the token in the mail. */
async function takeKey(url: string, mailbox: Mailbox, code: string, role: Role): Promise<Person> {
  const token = await until(
    async () => {
      await mailbox.send?.();
      return findToken(mailbox, code, role);
    },
    (found) => found !== undefined,
    { what: `the mail with the key of ${code}, ${role}`, withinMs: MAILED_WITHIN_MS },
  );
  const { key } = await createApiClient(url, 'none').post('/v1/keys/claim', { body: { token: token ?? '' } });
  return { code, role, key, api: createApiClient(url, key) };
}

type Message = { subject: string; text: string };

async function findToken({ url }: Mailbox, code: string, role: Role): Promise<string | undefined> {
  const response = await fetch(`${url}/messages?${new URLSearchParams({ to: addressOf(code) })}`);
  const messages = (await response.json()) as Message[];
  return messages.flatMap(({ subject, text }) => (subject.endsWith(`: ${role}`) ? (TOKEN.exec(text) ?? []) : [])).at(0);
}
