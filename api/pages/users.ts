import { z } from 'zod';

import { inviteUser, removeUser } from '../../commands/partners/users.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { listPartnerPeople, type PartnerPerson } from '../../db/people/partner-people.ts';
import { Failure } from '../../domain/errors.ts';
import type { Visitor } from '../../db/people/sessions.ts';
import { ACCESSES } from '../../domain/people/grant.ts';
import type { ApiDeps } from '../http/deps.ts';
import { Email, Name } from '../http/schemas.ts';
import { sendMailSoon } from '../http/wake.ts';
import { facts, table, tag } from './components.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from './form.ts';
import { formatInstant } from './format.ts';
import { idOf, type PageContext, readForm, sendPage } from './guard.ts';
import { html, type Html, type Part } from './html.ts';
import { defineSigning } from './signing.ts';
import { ACCESS } from './words.ts';

/** The people of a partner, as an owner and as an operator invite and remove them. */

/** Where the forms stand: in the portal, or in the console. */
export type UserPlace = {
  partner: Pick<Partner, 'id' | 'code' | 'name'>;
  /** The addresses of the form of an invitation, of the people, and of the page before. */
  invitation: string;
  users: string;
  back: string;
  frame: (content: { title: string; main: Html }) => Html;
};

const NewUser = z.strictObject({ name: Name, email: Email, access: z.enum(ACCESSES) });

const FIELDS: readonly FieldWish[] = [
  { name: 'name', label: 'Name', required: true, lengthMax: 200 },
  {
    name: 'email',
    label: 'E-mail',
    type: 'email',
    help: 'The link goes to this address, works once, and opens nothing after 72 hours.',
    required: true,
    lengthMax: 254,
  },
  {
    name: 'access',
    label: 'Access',
    choices: ACCESSES.map((value) => ({ value, label: `${ACCESS[value].label}: ${ACCESS[value].about}` })),
    required: true,
  },
];

export const peopleTable = (
  people: readonly PartnerPerson[],
  { zone, path, empty, aside }: { zone: string; path: string | false; empty: Part; aside?: Html | undefined },
): Html =>
  table({
    caption: 'People with access to the portal',
    columns: ['Person', 'Access', 'E-mail', 'Since', 'Last seen', ...(path ? [{ label: 'Action', unseen: true }] : [])],
    rows: people.map(({ grantId, name, access, email, since, isIn, lastSeenAt }) => ({
      head: name,
      cells: [
        html`${ACCESS[access].label} <small>${ACCESS[access].about}</small>`,
        email ?? '–',
        html`<span class="day">${formatInstant(since, zone)}</span>`,
        lastSeenAt
          ? html`<span class="day">${formatInstant(lastSeenAt, zone)}</span>`
          : isIn
            ? 'never'
            : tag({ label: 'invited, not signed in yet', tone: 'watch' }),
        ...(path ? [html`<a class="button" href="${path}/${grantId}/removal">Remove…</a>`] : []),
      ],
    })),
    empty,
    aside,
  });

export function defineUsers(deps: ApiDeps) {
  const { db, vault } = deps;
  const sign = defineSigning(deps);
  const invitation = ({ partner, invitation: action, back }: UserPlace, filled: Filled, notice?: Part): Html =>
    html`<header class="title">
        <p><a href="${back}">Back</a></p>
        <h1>Invite a person for ${partner.name}</h1>
        <p>We tell every owner and every e-mail address of the partner about it.</p>
      </header>
      ${notice}
      ${objectionsOf(
        FIELDS.map((wish) => wish.name),
        filled.objections,
      )}
      <form method="post" action="${action}" class="card fields">
        ${FIELDS.map((wish) => field(wish, filled))}
        <p class="buttons"><a class="button" href="${back}">Not now</a> <button class="primary">Go on</button></p>
      </form>`;

  return {
    showInvitation: (c: PageContext, place: UserPlace) =>
      sendPage(c, place.frame({ title: 'Invite a person', main: invitation(place, { values: {} }) })),

    async invite(c: PageContext, visitor: Visitor, place: UserPlace): Promise<Response> {
      const values = await readForm(c, 'name', 'email', 'access');
      const { data, objections } = checkFields(NewUser, values);
      if (objections)
        return sendPage(
          c,
          place.frame({ title: 'Invite a person', main: invitation(place, { values, objections }) }),
          400,
        );
      const { partner } = place;
      return sign(c, visitor, {
        act: 'invite user',
        subject: `partner/${partner.code}`,
        read: (tx) => getPartner(tx, partner.code),
        content: ({ code }) => ({ code }),
        typed: values,
        perform: (tx, signatureId) => inviteUser(tx, vault, partner, data, { by: visitor.actorId, signatureId }),
        title: 'Invite this person?',
        frame: place.frame,
        about: () =>
          facts([
            ['Partner', partner.name],
            ['Person', data.name],
            ['The link goes to', data.email],
            ['Access', `${ACCESS[data.access].label}: ${ACCESS[data.access].about}`],
          ]),
        button: 'Invite and sign',
        back: place.back,
        again: (notice) => invitation(place, { values }, notice),
        answer: async () => {
          await sendMailSoon(deps);
          return c.redirect(place.back, 303);
        },
      });
    },

    async showRemoval(c: PageContext, place: UserPlace): Promise<Response> {
      const id = idOf(c, 'user');
      const person = (await listPartnerPeople(db, place.partner.id)).find(({ grantId }) => grantId === id);
      if (!person) throw new Failure('not_found', `There is no grant ${id}.`);
      const { name, access } = person;
      const main = html`<header class="title">
          <p><a href="${place.back}">Back</a></p>
          <h1>Remove ${name}?</h1>
          <p>
            ${name} can no longer open the portal of ${place.partner.name}, from now on.
            ${access === 'owner' && 'Details that they gave stay.'} We tell every owner and every e-mail address of the
            partner about it.
          </p>
        </header>
        <form method="post" action="${place.users}/${id}/removal">
          <p class="actions"><a class="button" href="${place.back}">Keep</a> <button class="primary">Remove</button></p>
        </form>`;
      return sendPage(c, place.frame({ title: 'Remove a person', main }));
    },

    async remove(c: PageContext, visitor: Visitor, place: UserPlace): Promise<Response> {
      await removeUser(db, place.partner, idOf(c, 'user'), visitor.actorId);
      await sendMailSoon(deps);
      return c.redirect(place.back, 303);
    },
  };
}
