import { listPartnerPeople } from '../../../../db/people/partner-people.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { defineUsers, peopleTable, type UserPlace } from '../../users.ts';
import { say } from '../../say.ts';
import { zoneOf } from '../../zone.ts';
import type { Portal } from '../portal.ts';

/** The people who may open a partner's portal. Owners invite and remove them. */
export function userPages(deps: ApiDeps, portal: Portal): void {
  const { db } = deps;
  const users = defineUsers(deps);
  const placeOf = (own: Own, visitor: Visitor): UserPlace => ({
    partner: own,
    invitation: `${portalOf(own)}/users/new`,
    users: `${portalOf(own)}/users`,
    back: `${portalOf(own)}/users`,
    frame: (content) => portalPage({ ...content, here: '/users' }, visitor, own),
  });

  portal.on('GET /portal/{partner}/users', async (c, own, visitor) => {
    const [people, zone] = await Promise.all([listPartnerPeople(db, own.id), zoneOf(db, own.id)]);
    const path = `${portalOf(own)}/users`;
    const main = html`<header class="title">
        <h1>${say('place.users')}</h1>
        <p>${mayAct(own) ? say('users.about.owner') : say('users.about.viewer')}</p>
      </header>
      ${peopleTable(people, { zone, path: mayAct(own) && path, empty: say('users.nobody') })}
      ${mayAct(own) && html`<p class="buttons"><a class="button primary" href="${path}/new">${say('users.invite')}</a></p>`}`;
    return sendPage(c, portalPage({ title: say('place.users'), here: '/users', main }, visitor, own));
  });

  portal.on('GET /portal/{partner}/users/new', (c, own, visitor) => users.showInvitation(c, placeOf(own, visitor)));
  portal.on('POST /portal/{partner}/users/new', (c, own, visitor) => users.invite(c, visitor, placeOf(own, visitor)));
  portal.on('GET /portal/{partner}/users/{id}/removal', (c, own, visitor) =>
    users.showRemoval(c, placeOf(own, visitor)),
  );
  portal.on('POST /portal/{partner}/users/{id}/removal', (c, own, visitor) =>
    users.remove(c, visitor, placeOf(own, visitor)),
  );
}
