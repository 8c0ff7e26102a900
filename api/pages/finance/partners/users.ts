import type { Partner } from '../../../../db/partners/partners.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import type { definePages } from '../../guard.ts';
import { consolePage } from '../../layout.ts';
import { defineUsers, type UserPlace } from '../../users.ts';
import { partnerOf, partnerPath } from './address.ts';

/** An operator invites and removes people of a partner, as an owner does. */
export function partnerUserPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const users = defineUsers(deps);
  const placeOf = (partner: Partner, visitor: Visitor): UserPlace => ({
    partner,
    invitation: `${partnerPath(partner.code)}/users`,
    users: `${partnerPath(partner.code)}/users`,
    back: partnerPath(partner.code),
    frame: (content) => consolePage({ ...content, here: '/partners' }, visitor),
  });

  pages.on('GET /partners/{code}/users', async (c, visitor) =>
    users.showInvitation(c, placeOf(await partnerOf(db, c), visitor)),
  );
  pages.on('POST /partners/{code}/users', async (c, visitor) =>
    users.invite(c, visitor, placeOf(await partnerOf(db, c), visitor)),
  );
  pages.on('GET /partners/{code}/users/{id}/removal', async (c, visitor) =>
    users.showRemoval(c, placeOf(await partnerOf(db, c), visitor)),
  );
  pages.on('POST /partners/{code}/users/{id}/removal', async (c, visitor) =>
    users.remove(c, visitor, placeOf(await partnerOf(db, c), visitor)),
  );
}
