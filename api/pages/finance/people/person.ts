import { type Actor, getActor } from '../../../../db/people/actors.ts';
import { countDoors, type Invitation, listInvitations } from '../../../../db/people/directory.ts';
import { type Grant, listGrants } from '../../../../db/people/grants.ts';
import { type ApiKey, findKey, listKeys } from '../../../../db/people/keys.ts';
import { listLosses, type Loss } from '../../../../db/people/losses.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { revokeKey } from '../../../../commands/people/keys.ts';
import { endAllSessions } from '../../../../commands/people/sessions.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { facts, table, tag } from '../../components.ts';
import { countOf, formatInstant } from '../../format.ts';
import { type definePages, idOf, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { roleOf } from '../../role-words.ts';
import { GRANT_STATUS, INVITATION } from '../../words.ts';
import { lossTag, reportButton } from './losses.ts';
import { personPath } from './people.ts';
import { inSettings } from './settings.ts';

const ZONE = 'UTC';
/** A person has a few of each. */
const ROWS_MAX = 100;
const say = (at: Date): string => formatInstant(at, ZONE);

const isOver = ({ status, expiresAt }: Grant): boolean =>
  status === 'confirmed' && expiresAt !== null && expiresAt.getTime() <= Date.now();

export const grantTag = (grant: Grant): Html =>
  tag(isOver(grant) ? { label: 'ended', tone: 'plain' } : GRANT_STATUS[grant.status]);

const grantRow = (grant: Grant) => ({
  head: html`<a href="/settings/roles/${grant.id}">${roleOf(grant)}</a>`,
  cells: [
    grantTag(grant),
    html`${grant.proposedBy ?? 'the server'} <small>${say(grant.proposedAt)}</small>`,
    grant.decidedBy && grant.decidedAt ? html`${grant.decidedBy} <small>${say(grant.decidedAt)}</small>` : '–',
    grant.revokedAt
      ? html`taken away <small>${say(grant.revokedAt)}</small>`
      : grant.expiresAt
        ? say(grant.expiresAt)
        : 'never',
  ],
});

const invitationRow = ({ state, sentAt, sentBy, expiresAt, endedAt, ...held }: Invitation) => ({
  head: roleOf(held),
  cells: [
    tag(INVITATION[state]),
    html`${say(sentAt)} <small>by ${sentBy ?? 'the server'}</small>`,
    state === 'open' || state === 'expired' ? say(expiresAt) : endedAt && say(endedAt),
  ],
});

const keyRow = (mayRevoke: boolean) => (key: ApiKey) => ({
  head: html`<code>bsk_${key.prefix}</code>`,
  cells: [
    roleOf(key),
    say(key.createdAt),
    key.lastUsedAt ? say(key.lastUsedAt) : 'never',
    key.revokedAt
      ? html`${tag({ label: 'revoked', tone: 'plain' })} <small>${say(key.revokedAt)}</small>`
      : tag({ label: 'in use', tone: 'good' }),
    mayRevoke &&
      !key.revokedAt &&
      html`<form method="post" action="/settings/keys/${key.id}/revoke"><button>Revoke…</button></form>`,
  ],
});

/** One person: their roles, and every way in that they have. */
export function personPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);

  pages.on('GET /settings/people/{code}', async (c, visitor) => {
    const person = await personOf(c);
    const [grants, invitations, keys, doors, losses] = await Promise.all([
      listGrants(db, { actorId: person.id }, null, ROWS_MAX),
      listInvitations(db, person.id, ROWS_MAX),
      listKeys(db, person.id),
      countDoors(db, person.id),
      listLosses(db, person.id, ROWS_MAX),
    ]);
    const mayChange = mayUse(visitor.roles, 'POST /settings/roles/{id}/revoke');
    const main = html`${head(person, grants)}
      <div class="columns">
        <section>
          ${table({
            caption: 'Roles',
            columns: ['Role', 'State', 'Proposed by', 'Decided by', 'Ends'],
            rows: grants.map(grantRow),
            empty: html`${person.name} has no role, and can do nothing.
            ${mayChange && html`<a href="${personPath(person.code)}/roles/new">Propose one</a>.`}`,
            aside: mayChange
              ? html`<a class="button" href="${personPath(person.code)}/roles/new">Propose a role…</a>`
              : undefined,
          })}
          ${table({
            caption: 'Invitations',
            columns: ['For', 'State', 'Sent', 'Ends or ended'],
            rows: invitations.map(invitationRow),
            empty: 'No link was sent. A confirmed role sends the first one.',
          })}
          ${table({
            caption: 'Keys of the API',
            columns: ['Key', 'Role', 'Made', 'Last used', 'State', { label: 'Action', unseen: true }],
            rows: keys.map(keyRow(mayChange)),
            empty: 'They took no key. Most people need none: a passkey opens the console.',
          })}
        </section>
        <aside>${waysIn(person, doors, visitor)} ${lossesOf(losses)}</aside>
      </div>`;
    return sendPage(c, consolePage({ title: person.name, here: '/settings', main }, visitor));
  });

  pages.on('POST /settings/people/{code}/sessions/end', async (c, { actorId }) => {
    const person = await personOf(c);
    await endAllSessions(db, person, actorId);
    return c.redirect(personPath(person.code), 303);
  });

  pages.on('POST /settings/keys/{id}/revoke', (c, visitor) => {
    const id = idOf(c, 'key');
    return sign(c, visitor, {
      act: 'revoke key',
      subject: `key/${id}`,
      read: (tx) => findKey(tx, id),
      content: ({ prefix, actor }) => ({ prefix, actor }),
      typed: {},
      perform: async (tx, signatureId, { actor }) => {
        await revokeKey(tx, id, visitor.actorId, signatureId);
        return actor;
      },
      title: 'Revoke this key?',
      here: '/settings',
      about: ({ prefix, actor }) =>
        html`<p>The key <code>bsk_${prefix}</code> of ${actor} stops at once. Nothing brings it back.</p>
          <p><small>Programs that use it stop too. The person keeps their role and their passkey.</small></p>`,
      button: 'Revoke and sign',
      back: '/settings/people',
      answer: (actor) => c.redirect(personPath(actor), 303),
    });
  });

  const personOf = (c: PageContext): Promise<Actor> => getActor(db, c.req.param('code') ?? '');
}

const head = (person: Actor, grants: readonly Grant[]): Html => {
  const namesakes = grants[0]?.namesakes ?? [];
  return html`<header class="title">
    ${inSettings(['People and roles', '/settings/people'])}
    <h1>${person.name}</h1>
    <p>${person.code} · ${person.email ?? 'no e-mail address'} · added ${say(person.createdAt)}</p>
    ${namesakes.length > 0 && html`<p class="quiet">Others have the same name: ${namesakes.join(', ')}.</p>`}
  </header>`;
};

function waysIn(
  person: Actor,
  { sessions, passkeys, identities }: Awaited<ReturnType<typeof countDoors>>,
  { roles, actorId }: Visitor,
) {
  return html`<section class="card">
    <h2>Ways in</h2>
    ${facts([
      ['Passkeys', passkeys === 0 ? 'none' : passkeys],
      ['Single sign-on', identities === 0 ? 'no' : 'yes'],
      ['Signed in', sessions === 0 ? 'nowhere' : `in ${countOf(sessions, 'browser')}`],
    ])}
    ${
      mayUse(roles, 'POST /settings/people/{code}/sessions/end') &&
      html`<div class="actions">
        ${
          sessions > 0 &&
          html`<form method="post" action="${personPath(person.code)}/sessions/end">
            <button>Sign out everywhere</button>
          </form>`
        }
        ${passkeys > 0 && person.id !== actorId && reportButton(person.code)}
      </div>`
    }
  </section>`;
}

const lossesOf = (losses: readonly Loss[]): Html | false =>
  losses.length > 0 &&
  html`<section class="card">
    <h2>Lost passkeys</h2>
    <ul class="plain">
      ${losses.map(
        ({ id, status, proposedAt }) =>
          html`<li><a href="/settings/lost-passkeys/${id}">${say(proposedAt)}</a> ${lossTag(status)}</li>`,
      )}
    </ul>
  </section>`;
