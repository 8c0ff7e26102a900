import { signOut } from '../../../commands/people/sessions.ts';
import { listPasskeys } from '../../../db/people/passkeys.ts';
import { listSessions } from '../../../db/people/sessions.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { table } from '../components.ts';
import { formatInstant } from '../format.ts';
import { type definePages, idOf, sendPage } from '../guard.ts';
import { html } from '../html.ts';
import { sharedPage } from '../layout.ts';
import { ROLE } from '../words.ts';

const ZONE = 'UTC';

/** Shows a person their own access, and ends parts of it. */
export function accountPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /account', async (c, visitor) => {
    const [sessions, passkeys] = await Promise.all([
      listSessions(db, visitor.actorId),
      listPasskeys(db, visitor.actorId),
    ]);
    const main = html`<header class="title">
        <h1>${visitor.name}</h1>
        <p>${visitor.actorCode} · ${visitor.roles.map((role) => ROLE[role]).join(', ') || 'no role now'}</p>
      </header>
      ${table({
        caption: 'Where you are signed in',
        columns: ['Browser', 'Signed in', 'Last seen', { label: 'Action', unseen: true }],
        rows: sessions.map(({ id, userAgent, createdAt, seenAt }) => ({
          head: html`${userAgent ?? 'unknown browser'}
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
        columns: ['Passkey', 'Made', 'Last used'],
        rows: passkeys.map(({ transports, createdAt, lastUsedAt }) => ({
          head: transports.join(', ') || 'passkey',
          cells: [formatInstant(createdAt, ZONE), lastUsedAt ? formatInstant(lastUsedAt, ZONE) : 'never'],
        })),
        empty: 'You have no passkey.',
      })}`;
    return sendPage(c, sharedPage({ title: 'Account', here: '/account', main }, visitor));
  });

  pages.on('POST /account/sessions/{id}/end', async (c, { actorId }) => {
    await signOut(db, idOf(c, 'session'), actorId);
    return c.redirect('/account', 303);
  });
}
