import { z } from 'zod';

import { inviteUser, removeUser } from '../../commands/partners/users.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { listPartnerPeople, type PartnerPerson } from '../../db/people/partner-people.ts';
import { Failure } from '../../domain/errors.ts';
import type { Visitor } from '../../db/people/sessions.ts';
import { type Access, ACCESSES } from '../../domain/people/grant.ts';
import type { ApiDeps } from '../http/deps.ts';
import { Email, Name } from '../http/schemas.ts';
import { sendMailSoon } from '../http/wake.ts';
import { facts, table, tag } from './components.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from './form.ts';
import { formatInstant } from './format.ts';
import { idOf, type PageContext, readForm, sendPage } from './guard.ts';
import { html, type Html, type Part } from './html.ts';
import { say } from './say.ts';
import { defineSigning } from './signing.ts';

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

const NAMES = ['name', 'email', 'access'] as const;
const fieldsOf = (): readonly FieldWish[] => [
  { name: 'name', label: say('contact.name'), required: true, lengthMax: 200 },
  {
    name: 'email',
    label: say('users.email'),
    type: 'email',
    help: say('users.email.help'),
    required: true,
    lengthMax: 254,
  },
  {
    name: 'access',
    label: say('users.access'),
    choices: ACCESSES.map((value) => ({ value, label: accessLine(value) })),
    required: true,
  },
];

/** The access of a person to the partner: `Viewer: reads everything, and changes nothing`. */
const accessLine = (access: Access): string =>
  say('access.line', { access: say(`access.${access}`), about: say(`access.${access}.about`) });

export const peopleTable = (
  people: readonly PartnerPerson[],
  { zone, path, empty, aside }: { zone: string; path: string | false; empty: Part; aside?: Html | undefined },
): Html =>
  table({
    caption: say('users.caption'),
    columns: [
      say('users.person'),
      say('users.access'),
      say('users.email'),
      say('users.since'),
      say('users.lastSeen'),
      ...(path ? [{ label: say('list.action'), unseen: true }] : []),
    ],
    rows: people.map(({ grantId, name, access, email, since, isIn, lastSeenAt }) => ({
      head: name,
      cells: [
        html`${say(`access.${access}`)} <small>${say(`access.${access}.about`)}</small>`,
        email ?? '–',
        html`<span class="day">${formatInstant(since, zone)}</span>`,
        lastSeenAt
          ? html`<span class="day">${formatInstant(lastSeenAt, zone)}</span>`
          : isIn
            ? say('account.never')
            : tag({ label: say('users.invited'), tone: 'watch' }),
        ...(path ? [html`<a class="button" href="${path}/${grantId}/removal">${say('users.removeMore')}</a>`] : []),
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
        <p><a href="${back}">${say('form.back')}</a></p>
        <h1>${say('users.inviteFor', { partner: partner.name })}</h1>
        <p>${say('users.weTell')}</p>
      </header>
      ${notice} ${objectionsOf(NAMES, filled.objections)}
      <form method="post" action="${action}" class="card fields">
        ${fieldsOf().map((wish) => field(wish, filled))}
        <p class="buttons">
          <a class="button" href="${back}">${say('form.notNow')}</a>
          <button class="primary">${say('form.goOn')}</button>
        </p>
      </form>`;

  return {
    showInvitation: (c: PageContext, place: UserPlace) =>
      sendPage(c, place.frame({ title: say('users.inviteTitle'), main: invitation(place, { values: {} }) })),

    async invite(c: PageContext, visitor: Visitor, place: UserPlace): Promise<Response> {
      const values = await readForm(c, ...NAMES);
      const { data, objections } = checkFields(NewUser, values);
      if (objections)
        return sendPage(
          c,
          place.frame({ title: say('users.inviteTitle'), main: invitation(place, { values, objections }) }),
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
        title: say('users.inviteThis'),
        frame: place.frame,
        about: () =>
          facts([
            [say('users.partner'), partner.name],
            [say('users.person'), data.name],
            [say('users.linkTo'), data.email],
            [say('users.access'), accessLine(data.access)],
          ]),
        button: say('users.inviteAndSign'),
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
      const who = { name, partner: place.partner.name };
      const main = html`<header class="title">
          <p><a href="${place.back}">${say('form.back')}</a></p>
          <h1>${say('users.removeWho', { name })}</h1>
          <p>${access === 'owner' ? say('users.removeOwner', who) : say('users.removeViewer', who)}</p>
        </header>
        <form method="post" action="${place.users}/${id}/removal">
          <p class="actions">
            <a class="button" href="${place.back}">${say('users.keep')}</a>
            <button class="primary">${say('users.remove')}</button>
          </p>
        </form>`;
      return sendPage(c, place.frame({ title: say('users.removePage'), main }));
    },

    async remove(c: PageContext, visitor: Visitor, place: UserPlace): Promise<Response> {
      await removeUser(db, place.partner, idOf(c, 'user'), visitor.actorId);
      await sendMailSoon(deps);
      return c.redirect(place.back, 303);
    },
  };
}
