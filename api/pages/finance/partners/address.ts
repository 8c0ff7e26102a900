import { getPartner, type Partner } from '../../../../db/partners/partners.ts';
import { Failure } from '../../../../domain/errors.ts';
import { Code } from '../../../../domain/fields.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import type { PageContext } from '../../guard.ts';
import { html, type Html } from '../../html.ts';

/** The address of a partner's page. */
export const partnerPath = (code: string): string => `/partners/${encodeURIComponent(code)}`;

/** The zone of instants on these pages. */
export const ZONE = 'UTC';

/** The partner in an address. The code of a merged partner names the one who goes on. */
export async function partnerOf(db: ApiDeps['db'], c: PageContext): Promise<Partner> {
  const code = c.req.param('code') ?? '';
  if (!Code.safeParse(code).success) throw new Failure('not_found', `There is no partner ${code}.`);
  return getPartner(db, code);
}

/** The head of a form about a partner, which leads back to the partner. */
export const formHead = (partner: { code: string; name: string }, title: string, about?: string): Html =>
  html`<header class="title">
    <p><a href="/partners">Partners</a> / <a href="${partnerPath(partner.code)}">${partner.name}</a></p>
    <h1>${title}</h1>
    ${about && html`<p>${about}</p>`}
  </header>`;
