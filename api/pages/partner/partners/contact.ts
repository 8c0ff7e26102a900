import { z } from 'zod';

import { askContactChange, cancelContactChange, refuseContact } from '../../../../commands/partners/contact-changes.ts';
import type { ContactChange } from '../../../../db/partners/contact-changes.ts';
import { getPartner, type Partner } from '../../../../db/partners/partners.ts';
import { CONTACT_HOURS } from '../../../../domain/partners/contact-change.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Email } from '../../../http/schemas.ts';
import { sendMailSoon } from '../../../http/wake.ts';
import { facts, tag } from '../../components.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf, orObjections } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { idOf, readForm, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { CONTACT_OUTCOME } from '../../words.ts';
import type { Portal } from '../portal.ts';

const NewContact = z.strictObject({ email: Email });
const EMAIL: FieldWish = {
  name: 'email',
  label: 'New e-mail address',
  type: 'email',
  help: `We send a link to it. It counts once somebody opens the link within ${CONTACT_HOURS} hours and confirms it.`,
  required: true,
  lengthMax: 254,
  autocomplete: 'email',
};

const pathOf = (own: Own): string => `${portalOf(own)}/details/contact`;

const waits = ({ outcome }: ContactChange): boolean => outcome === null;

const changeOf = (own: Own, change: ContactChange, zone: string): Html => {
  const asked = html`${change.askedBy} asked for ${change.email} on ${formatInstant(change.askedAt, zone)}.`;
  if (!waits(change)) return html`<p class="quiet">${asked} ${tag(CONTACT_OUTCOME[change.outcome ?? 'expired'])}</p>`;
  return html`<div class="notice" data-tone="watch">
    <p>
      ${tag({ label: 'waits', tone: 'watch' })} ${asked} The address must be confirmed by
      ${formatInstant(change.expiresAt, zone)}. Until then, notices go where they went before.
    </p>
    <form method="post" action="${pathOf(own)}/${change.id}/cancellation"><button>Cancel the change</button></form>
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
    <h2>How we reach you</h2>
    ${facts([
      ['Name', name],
      ['Code', code],
      ['Country', country],
      ['E-mail for notices', email ?? 'none: you get no notices'],
    ])}
    ${changes.map((change) => changeOf(own, change, zone))}
    ${mayAct(own) && html`<p class="buttons"><a class="button" href="${pathOf(own)}">Change the e-mail address…</a></p>`}
    <p class="quiet">
      If the name or the country is wrong, tell the people who look after you. When the e-mail address changes, we tell
      the old one too.
    </p>
  </section>`;

/** An owner asks for another address for notices and signs it, or takes that back. */
export function contactPages(deps: ApiDeps, portal: Portal): void {
  const { db, vault } = deps;
  const sign = defineSigning(deps);

  const form = (own: Own, filled: Filled, notice?: Part): Html =>
    html`<header class="title">
        <p><a href="${portalOf(own)}/details">Details</a></p>
        <h1>Where do notices for ${own.name} go?</h1>
        <p>We tell every owner and the address that we use now, which can stop the change.</p>
      </header>
      ${notice} ${objectionsOf([EMAIL.name], filled.objections)}
      <form method="post" action="${pathOf(own)}" class="card fields">
        ${field(EMAIL, filled)}
        <p class="buttons">
          <a class="button" href="${portalOf(own)}/details">Not now</a> <button class="primary">Go on</button>
        </p>
      </form>`;

  portal.on('GET /portal/{partner}/details/contact', (c, own, visitor) => {
    const main = form(own, { values: {} });
    return sendPage(c, portalPage({ title: 'Change the address', here: '/details', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/details/contact', async (c, own, visitor) => {
    const values = await readForm(c, 'email');
    const refuse = (objections: NonNullable<Filled['objections']>) => {
      const main = form(own, { values, objections });
      return sendPage(c, portalPage({ title: 'Change the address', here: '/details', main }, visitor, own), 400);
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
      title: 'Send notices to another address?',
      frame: (content) => portalPage({ ...content, here: '/details' }, visitor, own),
      about: ({ email }) =>
        facts([
          ['Partner', own.name],
          ['Address now', email ?? 'none'],
          ['New address', data.email],
        ]),
      button: 'Send the link and sign',
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
