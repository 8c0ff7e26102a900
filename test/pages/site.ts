import { addActor } from '../../commands/people/actors.ts';
import { insertPasskey } from '../../db/people/passkeys.ts';
import { insertSession } from '../../db/people/sessions.ts';
import type { Limited } from '../../domain/people/reach.ts';
import type { Role } from '../../domain/people/role.ts';
import type { Api } from '../api/api.ts';
import { giveRole } from '../fixtures/people.ts';

/** The site of the API that `startApi` makes. */
export const ORIGIN = 'http://127.0.0.1:4400';

/** A person who is signed in, without a browser: a session as the sign-in gives it. */
export async function signIn(api: Api, code: string, role: Role, partnerId: bigint | null = null, limited?: Limited) {
  const actor = await addActor(api.db, { code, name: code, email: `${code}@pages.test` }, null);
  const { grantId } = await giveRole(api.db, actor.id, role, { partnerId, limited, withKey: false });
  const bytes = Buffer.from(code.padEnd(32, '.').slice(0, 32));
  const wish = { actorId: actor.id, credentialId: bytes, publicKey: bytes, signCount: 0n, transports: [] };
  const passkeyId = (await insertPasskey(api.db, wish)) ?? '';
  const token = bytes.toString('base64url');
  const sessionId = await insertSession(api.db, { actorId: actor.id, means: { passkeyId }, token, userAgent: null });
  const headers = { cookie: `__Host-session=${token}`, origin: ORIGIN };
  return {
    actorId: actor.id,
    grantId,
    passkeyId,
    sessionId,
    token,
    headers,
    /** Asks as the route says. A form has no fields. */
    ask: (method: string, path: string) =>
      api.app.request(path, { method, headers, ...(method === 'POST' ? { body: new FormData() } : {}) }),
    get: (path: string) => api.app.request(path, { headers }),
    /** Sends a form. Answers with a redirect where it was carried out. */
    post: (path: string, fields: Readonly<Record<string, string | Blob>>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      return api.app.request(path, { method: 'POST', headers, body });
    },
  };
}
export type SignedIn = Awaited<ReturnType<typeof signIn>>;

/** The text of a page without its markup. */
export async function textOf(response: Response | Promise<Response>): Promise<string> {
  const page = await (await response).text();
  const main = page.slice(page.indexOf('<main'));
  return main
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
