import type { Visitor } from '../../../../db/people/sessions.ts';
import type { NoticeReader } from '../../../../db/tasks/notices.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { sendPage } from '../../guard.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { noticesOf, readAll, readOne } from '../../notices.ts';
import { readersLanguage, say } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const readerOf = ({ id }: Own, { actorId }: Visitor): NoticeReader => ({
  actorId,
  partnerId: id,
  audiences: [],
  language: readersLanguage(),
});
/** The notices link to the partner's own portal. A colleague who sees the portal as the partner does stays in that view. */
const leadFor =
  (own: Own) =>
  (path: string): string => {
    const { isViewed: _, ...partner } = own;
    const base = portalOf(partner);
    return path.startsWith(base) ? portalOf(own) + path.slice(base.length) : path;
  };
const pathOf = (own: Own): string => `${portalOf(own)}/notices`;

/** The notices to one partner. Each person has read marks of their own. */
export function ownNoticePages(deps: ApiDeps, portal: Portal): void {
  portal.on('GET /portal/{partner}/notices', async (c, own, visitor) => {
    const zone = await zoneOf(deps.db, own.id);
    const reader = readerOf(own, visitor);
    const main = await noticesOf(deps, c, {
      reader,
      path: pathOf(own),
      zone,
      empty: say('notices.none.about'),
      lead: leadFor(own),
    });
    return sendPage(c, portalPage({ title: say('place.notices'), here: '/notices', main }, visitor, own));
  });
  portal.on('POST /portal/{partner}/notices/read', (c, own, visitor) =>
    readAll(deps, c, readerOf(own, visitor), pathOf(own)),
  );
  portal.on('POST /portal/{partner}/notices/{id}/read', (c, own, visitor) =>
    readOne(deps, c, readerOf(own, visitor), pathOf(own)),
  );
}
