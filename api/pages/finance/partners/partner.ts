import type { Visitor } from '../../../../db/people/sessions.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayOpen, rolesWithoutLimits } from '../../../http/within-reach.ts';
import { askReason } from '../../components.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { KIND } from '../../words.ts';
import { partnerOf, partnerPath } from './address.ts';
import { detailsTable } from './details.ts';
import { drawNotes } from './notes.ts';
import {
  agreementsTable,
  balanceSections,
  factsCard,
  masterCard,
  minimumsCard,
  payoutsTable,
  peopleOf,
  pointsTable,
  stagesCard,
} from './parts.ts';
import { type PartnerSeen, readPartner } from './seen.ts';
import { whyOf } from './why.ts';

function actions({ partner }: PartnerSeen, visitor: Visitor): Html {
  const path = partnerPath(partner.code);
  const hold = askReason({
    id: 'hold',
    action: `${path}/hold`,
    button: 'Hold',
    title: `Hold ${partner.name}?`,
    about: 'No later run pays this partner before somebody releases them. The partner reads the reason in the portal.',
  });
  const release = askReason({
    id: 'release',
    action: `${path}/release`,
    button: 'Release',
    title: `Release ${partner.name}?`,
    about: 'The next run pays what is free. The person who releases a partner does not approve that run.',
  });
  return html`<div class="actions">
    ${partner.onHoldReason === null && mayOpen(visitor, 'POST /partners/{code}/hold') && hold}
    ${partner.onHoldReason !== null && mayOpen(visitor, 'POST /partners/{code}/release') && release}
    ${mayOpen(visitor, 'GET /partners/{code}/statement') && html`<a class="button" href="${path}/statement">Statement</a>`}
    ${mayOpen(visitor, 'GET /partners/{code}/portal') && html`<a class="button" href="${path}/portal">See as the partner</a>`}
  </div>`;
}

/** One partner: why they are paid or not, and everything that is known about them. */
export function partnerPage({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /partners/{code}', async (c, visitor) => {
    const partner = await partnerOf(db, c);
    if (partner.code !== c.req.param('code')) return c.redirect(partnerPath(partner.code), 303);
    const seen = await readPartner(db, partner);
    const roles = rolesWithoutLimits(visitor);
    const why = whyOf({ ...seen, instruments: seen.details.inOrder, history: seen.details.history });
    const main = html`<header class="title">
        <p><a href="/partners">Partners</a></p>
        <h1>${partner.name}</h1>
        <p>${partner.code} · ${KIND[partner.kind]}, ${partner.country}</p>
        ${
          roles.length === 0 &&
          html`<p class="quiet">
            Your role is limited. Amounts, reasons and payouts on this page are those of your programs and payers alone.
          </p>`
        }
        <ul class="why">
          ${why.map((sentence) => html`<li>${sentence}</li>`)}
        </ul>
        ${actions(seen, visitor)}
      </header>
      <div class="columns">
        <section>
          ${balanceSections(seen)} ${detailsTable(partner, seen.details, roles)}
          ${agreementsTable(seen, mayOpen(visitor, 'POST /partners/{code}/agreements'))} ${payoutsTable(seen)}
          ${pointsTable(seen, roles)} ${peopleOf(seen, roles)} ${drawNotes(partner, seen.notes, roles)}
        </section>
        <aside>
          ${masterCard(seen, roles)} ${stagesCard(seen, roles)} ${factsCard(seen, roles)} ${minimumsCard(seen, roles)}
        </aside>
      </div>`;
    return sendPage(c, consolePage({ title: partner.name, here: '/partners', main }, visitor));
  });
}
