import { signOut } from '../../../commands/people/sessions.ts';
import { listIdentities } from '../../../db/people/identities.ts';
import { listPasskeys } from '../../../db/people/passkeys.ts';
import { listSessions } from '../../../db/people/sessions.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { facts, table } from '../components.ts';
import { formatInstant } from '../format.ts';
import { type definePages, idOf, sendPage } from '../guard.ts';
import { html } from '../html.ts';
import { sharedPage } from '../layout.ts';
import { ROLE } from '../words.ts';
import { nameOf } from './passkeys.ts';

const ZONE = 'UTC';

/** The first that a browser names is right: those below it name the ones above as well. */
const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const;
const SYSTEMS = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac', 'Linux'] as const;
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera' };

/** A browser in two words, such as `Firefox on Linux`. */
function browserOf(userAgent: string): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find((name) => userAgent.includes(name)));
  return `${browser ? (NAMES[browser] ?? browser) : 'A browser'}${system ? ` on ${system}` : ''}`;
}

/** Shows a person their own access, and ends parts of it. */
export function accountPages({ db, identityProvider }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /account', async (c, visitor) => {
    const [sessions, passkeys, identities] = await Promise.all([
      listSessions(db, visitor.actorId),
      listPasskeys(db, visitor.actorId),
      listIdentities(db, visitor.actorId),
    ]);
    const main = html`<header class="title">
        <h1>${visitor.name}</h1>
        <p>${visitor.actorCode} · ${visitor.roles.map((role) => ROLE[role]).join(', ') || 'no role now'}</p>
      </header>
      ${table({
        caption: 'Where you are signed in',
        columns: ['Browser', 'Signed in', 'Last seen', { label: 'Action', unseen: true }],
        rows: sessions.map(({ id, userAgent, createdAt, seenAt }) => ({
          head: html`${browserOf(userAgent ?? '')}
          ${id === visitor.sessionId && html`<span class="tag" data-tone="good">this one</span>`}`,
          cells: [
            formatInstant(createdAt, ZONE),
            formatInstant(seenAt, ZONE),
            html`<form method="post" action="/account/sessions/${id}/end"><button>Sign out</button></form>`,
          ],
        })),
        empty: 'You are signed in nowhere.',
      })}
      ${table({
        caption: 'Your passkeys',
        columns: ['Passkey', 'Made', 'Last used', { label: 'Action', unseen: true }],
        rows: passkeys.map((passkey) => ({
          head: nameOf(passkey),
          cells: [
            formatInstant(passkey.createdAt, ZONE),
            passkey.lastUsedAt ? formatInstant(passkey.lastUsedAt, ZONE) : 'never',
            html`<form method="post" action="/account/passkeys/${passkey.id}/removal"><button>Remove…</button></form>`,
          ],
        })),
        empty: 'You have no passkey. You sign in, and sign, at your company.',
      })}
      <p class="buttons"><a class="button" href="/account/passkeys/new">Add a passkey…</a></p>
      ${identities.map(
        ({ issuer, createdAt, lastUsedAt }) =>
          html`<section class="card">
            <h2>Single sign-on</h2>
            ${facts([
              ['Your account at', identityProvider?.name ?? issuer],
              ['Signs in as you since', formatInstant(createdAt, ZONE)],
              ['Last used', lastUsedAt ? formatInstant(lastUsedAt, ZONE) : 'never'],
            ])}
          </section>`,
      )}`;
    return sendPage(c, sharedPage({ title: 'Account', here: '/account', main }, visitor));
  });

  pages.on('POST /account/sessions/{id}/end', async (c, { actorId }) => {
    await signOut(db, idOf(c, 'session'), actorId);
    return c.redirect('/account', 303);
  });
}
