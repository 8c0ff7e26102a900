import { notePortalView } from '../../../commands/partners/portal-views.ts';
import type { Visitor } from '../../../db/people/sessions.ts';
import { Failure } from '../../../domain/errors.ts';
import { readAsPartner } from '../../../db/wall.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { PORTAL_VIEWS } from '../../http/portal-pages.ts';
import { type PageRoute } from '../../http/page-permissions.ts';
import { table } from '../components.ts';
import { type definePages, type Handler, type PageContext, sendPage } from '../guard.ts';
import { partnerOf } from '../finance/partners/address.ts';
import { html } from '../html.ts';
import { withoutForms } from './read-only.ts';
import { choicePage, mayAct, type Own, portalOf } from '../layout.ts';
import { say } from '../say.ts';

/** The pages about one partner. */
export type PortalRoute = Extract<PageRoute, `${string} /portal/{partner}${string}`>;
/** The page at which a colleague sees a page of the portal as the partner does, if it only reads. */
const viewOf = (route: PortalRoute): PageRoute | undefined => {
  const view = PORTAL_VIEWS.find((path) => route === `GET /portal/{partner}${path}`);
  return view === undefined ? undefined : `GET /partners/{code}/portal${view}`;
};

const PATTERNS = PORTAL_VIEWS.map(
  (path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[0-9a-f-]{36}').replaceAll('.', '\\.')}$`),
);

/** Whether a person who only reads may open an address of the portal. */
const mayRead =
  (own: Own) =>
  (path: string): boolean =>
    !path.startsWith(portalOf(own)) || PATTERNS.some((pattern) => pattern.test(path.slice(portalOf(own).length)));

/** The pages about people read names and sessions, which belong to no partner. Their queries alone say whose they are. */
const AS_APP: readonly PortalRoute[] = [
  'GET /portal/{partner}/users',
  'GET /portal/{partner}/users/new',
  'GET /portal/{partner}/users/{id}/removal',
];
type PortalHandler = (c: PageContext, own: Own, visitor: Visitor) => ReturnType<Handler>;

/**
 * Registers pages about one partner. A partner whose data the person may not read is not there, and a page reads that partner's rows alone.
 * Only owners open what changes something.
 */
export function definePortal({ db }: Pick<ApiDeps, 'db'>, pages: ReturnType<typeof definePages>) {
  /** A colleague looks at the portal of a partner, and the audit log says so. */
  async function lookAt(c: PageContext, { actorId, sessionId }: Visitor): Promise<Own> {
    const { id, code, name } = await partnerOf(db, c);
    await notePortalView(db, code, { by: actorId, sessionId });
    return { id, code, name, access: 'viewer', isViewed: true };
  }

  pages.on('GET /portal', (c, visitor) => {
    const [first, ...others] = visitor.partners;
    if (first && others.length === 0) return c.redirect(portalOf(first), 303);
    const main = html`<header class="title"><h1>${say('choice.title')}</h1></header>
      ${table({
        caption: say('choice.caption'),
        columns: [say('choice.partner'), say('choice.code')],
        rows: visitor.partners.map((own) => ({
          head: html`<a href="${portalOf(own)}">${own.name}</a>`,
          cells: [own.code],
        })),
        empty: say('choice.none'),
      })}`;
    return sendPage(c, choicePage({ title: say('place.partners'), main }, visitor));
  });
  return {
    on(route: PortalRoute, handle: PortalHandler): void {
      const show = async (c: PageContext, own: Own, visitor: Visitor): Promise<Response> => {
        const work = async () => handle(c, own, visitor);
        const page = await (c.req.method === 'GET' && !AS_APP.includes(route)
          ? readAsPartner(db, own.id, work)
          : work());
        return mayAct(own) ? page : withoutForms(page, mayRead(own));
      };
      pages.on(route, (c, visitor) => {
        const code = c.req.param('partner');
        const own = visitor.partners.find((partner) => partner.code === code);
        if (!own) throw new Failure('not_found', `There is no partner ${code}.`);
        if (!viewOf(route) && !mayAct(own))
          throw new Failure(
            'not_allowed',
            `You may read the data of ${own.name}, and change nothing. Nothing was done. Ask an owner.`,
          );
        return show(c, own, visitor);
      });
      const view = viewOf(route);
      if (view) pages.on(view, async (c, visitor) => show(c, await lookAt(c, visitor), visitor));
    },
  };
}

export type Portal = ReturnType<typeof definePortal>;
