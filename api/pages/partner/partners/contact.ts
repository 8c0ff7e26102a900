import { z } from 'zod';

import { askContactChange, cancelContactChange, refuseContact } from '../../../../commands/partners/contact-changes.ts';
import type { ContactChange } from '../../../../db/partners/contact-changes.ts';
import { getPartner, type Partner } from '../../../../db/partners/partners.ts';
import { CONTACT_HOURS, type ContactOutcome } from '../../../../domain/partners/contact-change.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Email } from '../../../http/schemas.ts';
import { sendMailSoon } from '../../../http/wake.ts';
import { facts, tag } from '../../components.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf, orObjections } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { idOf, readForm, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { say } from '../../say.ts';
import { defineSigning } from '../../signing.ts';
import { CONTACT_OUTCOME } from '../../words.ts';
import type { Portal } from '../portal.ts';

const NewContact = z.strictObject({ email: Email });
const emailField = (): FieldWish => ({
  name: 'email',
  label: say('contact.new'),
  type: 'email',
  help: say('contact.new.help', { hours: CONTACT_HOURS }),
  required: true,
  lengthMax: 254,
  autocomplete: 'email',
});

const pathOf = (own: Own): string => `${portalOf(own)}/details/contact`;

/** The words of the portal for the outcome of a change. */
const outcomeOf = (outcome: ContactOutcome) => ({
  ...CONTACT_OUTCOME[outcome],
  label: say(`contact.outcome.${outcome}`),
});

const waits = ({ outcome }: ContactChange): boolean => outcome === null;

const changeOf = (own: Own, change: ContactChange, zone: string): Html => {
  const day = formatInstant(change.askedAt, zone);
  const asked = say('contact.asked', { person: change.askedBy, email: change.email, day });
  if (!waits(change)) return html`<p class="quiet">${asked} ${tag(outcomeOf(change.outcome ?? 'expired'))}</p>`;
  return html`<div class="notice" data-tone="watch">
    <p>
      ${tag({ label: say('details.waits'), tone: 'watch' })}
      ${say('contact.waits', { asked, day: formatInstant(change.expiresAt, zone) })}
    </p>
    <form method="post" action="${pathOf(own)}/${change.id}/cancellation">
      <button>${say('contact.cancel')}</button>
    </form>
  </div>`;
};

/** How we reach a partner, and the last change of the address. */
export const contactCard = (
  own: Own,
  { name, code, country, email }: Partner,
  changes: readonly ContactChange[],
  zone: string,
): Html =>
  html`<section class="card">
    <h2>${say('contact.title')}</h2>
    ${facts([
      [say('contact.name'), name],
      [say('contact.code'), code],
      [say('newDetails.country'), country],
      [say('contact.email'), email ?? say('contact.noEmail')],
    ])}
    ${changes.map((change) => changeOf(own, change, zone))}
    ${mayAct(own) && html`<p class="buttons"><a class="button" href="${pathOf(own)}">${say('contact.change')}</a></p>`}
    <p class="quiet">${say('contact.wrong')}</p>
  </section>`;

/** An owner asks for another address for notices and signs it, or takes that back. */
export function contactPages(deps: ApiDeps, portal: Portal): void {
  const { db, vault } = deps;
  const sign = defineSigning(deps);

  const form = (own: Own, filled: Filled, notice?: Part): Html =>
    html`<header class="title">
        <p><a href="${portalOf(own)}/details">${say('place.details')}</a></p>
        <h1>${say('contact.whereTo', { name: own.name })}</h1>
        <p>${say('contact.whereTo.about')}</p>
      </header>
      ${notice} ${objectionsOf(['email'], filled.objections)}
      <form method="post" action="${pathOf(own)}" class="card fields">
        ${field(emailField(), filled)}
        <p class="buttons">
          <a class="button" href="${portalOf(own)}/details">${say('form.notNow')}</a>
          <button class="primary">${say('form.goOn')}</button>
        </p>
      </form>`;

  portal.on('GET /portal/{partner}/details/contact', (c, own, visitor) => {
    const main = form(own, { values: {} });
    return sendPage(c, portalPage({ title: say('contact.page'), here: '/details', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/details/contact', async (c, own, visitor) => {
    const values = await readForm(c, 'email');
    const refuse = (objections: NonNullable<Filled['objections']>) => {
      const main = form(own, { values, objections });
      return sendPage(c, portalPage({ title: say('contact.page'), here: '/details', main }, visitor, own), 400);
    };
    const { data, objections } = checkFields(NewContact, values);
    if (objections) return refuse(objections);
    const asked = await orObjections(async () => refuseContact(db, await getPartner(db, own.code), data.email));
    if (!asked.success) return refuse(asked.objections);
    return sign(c, visitor, {
      act: 'change contact',
      subject: `partner/${own.code}`,
      read: (tx) => getPartner(tx, own.code),
      content: ({ code, email }) => ({ code, email }),
      typed: values,
      perform: (tx, signatureId, partner) =>
        askContactChange(tx, vault, partner, {
          email: data.email,
          person: visitor.name,
          by: visitor.actorId,
          signatureId,
        }),
      title: say('contact.sendTo'),
      frame: (content) => portalPage({ ...content, here: '/details' }, visitor, own),
      about: ({ email }) =>
        facts([
          [say('contact.partner'), own.name],
          [say('contact.now'), email ?? say('contact.no')],
          [say('contact.newOne'), data.email],
        ]),
      button: say('contact.sign'),
      back: `${portalOf(own)}/details`,
      again: (notice) => form(own, { values }, notice),
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect(`${portalOf(own)}/details`, 303);
      },
    });
  });

  portal.on('POST /portal/{partner}/details/contact/{id}/cancellation', async (c, own, visitor) => {
    await cancelContactChange(db, own, idOf(c, 'change of an address'), visitor.actorId);
    return c.redirect(`${portalOf(own)}/details`, 303);
  });
}
