import type { Visitor } from '../../../db/people/sessions.ts';
import { Failure } from '../../../domain/errors.ts';
import { readAsPartner } from '../../../db/wall.ts';
import type { ApiDeps } from '../../http/deps.ts';
import type { PageRoute } from '../../http/page-permissions.ts';
import { table } from '../components.ts';
import { type definePages, type Handler, type PageContext, sendPage } from '../guard.ts';
import { html } from '../html.ts';
import { choicePage, type Own, portalOf } from '../layout.ts';

/** The pages about one partner. */
export type PortalRoute = Extract<PageRoute, `${string} /portal/{partner}${string}`>;
type PortalHandler = (c: PageContext, own: Own, visitor: Visitor) => ReturnType<Handler>;

/** Registers pages about one partner. A partner whose data the person may not read is not there, and a page reads that partner's rows alone. */
export function definePortal({ db }: Pick<ApiDeps, 'db'>, pages: ReturnType<typeof definePages>) {
  pages.on('GET /portal', (c, visitor) => {
    const [first, ...others] = visitor.partners;
    if (first && others.length === 0) return c.redirect(portalOf(first), 303);
    const main = html`<header class="title"><h1>Whose portal?</h1></header>
      ${table({
        caption: 'Partners whose data you may read',
        columns: ['Partner', 'Code'],
        rows: visitor.partners.map((own) => ({
          head: html`<a href="${portalOf(own)}">${own.name}</a>`,
          cells: [own.code],
        })),
        empty: 'You have no partner now. An operator gives you the role again.',
      })}`;
    return sendPage(c, choicePage({ title: 'Partners', main }, visitor));
  });
  return {
    on(route: PortalRoute, handle: PortalHandler): void {
      pages.on(route, (c, visitor) => {
        const code = c.req.param('partner');
        const own = visitor.partners.find((partner) => partner.code === code);
        if (!own) throw new Failure('not_found', `There is no partner ${code}.`);
        const work = async () => handle(c, own, visitor);
        return c.req.method === 'GET' ? readAsPartner(db, own.id, work) : work();
      });
    },
  };
}

export type Portal = ReturnType<typeof definePortal>;
