import { z } from 'zod';

import { addActor } from '../../../../commands/people/actors.ts';
import { listPeople, type Person } from '../../../../db/people/directory.ts';
import { Failure } from '../../../../domain/errors.ts';
import { Code } from '../../../../domain/fields.ts';
import { ROLES } from '../../../../domain/people/role.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { Email, Name } from '../../../http/schemas.ts';
import { nextPage, table, tag } from '../../components.ts';
import { checkFields, field, type FieldWish, type Filled, filters, objectionsOf } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, readForm, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { roleOf } from '../../role-words.ts';
import { ROLE } from '../../words.ts';
import { inSettings } from './settings.ts';

const PEOPLE_A_PAGE = 100;
const Query = z.object({
  q: z.string().trim().max(100).default('').catch(''),
  role: z.enum(ROLES).optional().catch(undefined),
});

export const personPath = (code: string): string => `/settings/people/${encodeURIComponent(code)}`;

const accessOf = ({ hasPasskey, hasIdentity, hasKey, hasOpenLink, roles }: Person): Part => {
  const ways = [hasPasskey && 'passkey', hasIdentity && 'single sign-on', hasKey && 'key of the API'].filter(
    (way) => way !== false,
  );
  if (ways.length > 0) return tag({ label: ways.join(', '), tone: 'good' });
  if (hasOpenLink) return tag({ label: 'invited', tone: 'watch' });
  return roles.length > 0 ? tag({ label: 'no way in', tone: 'alert' }) : '–';
};

const personRow = (person: Person) => ({
  head: html`<a href="${personPath(person.code)}">${person.name}</a> <small>${person.code}</small>`,
  cells: [
    html`${person.roles.map(roleOf).join(', ') || 'none'}
    ${person.proposed.length > 0 && html`<small>proposed: ${person.proposed.map(roleOf).join(', ')}</small>`}`,
    person.email ?? 'none',
    accessOf(person),
    person.lastSeenAt ? formatInstant(person.lastSeenAt, 'UTC') : 'never',
  ],
});

const NewPerson = z.strictObject({ code: Code, name: Name, email: Email });
const FIELDS: readonly FieldWish[] = [
  { name: 'name', label: 'Name', required: true, lengthMax: 200, autocomplete: 'off' },
  {
    name: 'code',
    label: 'Code',
    help: 'A short name that never changes, such as petra. Lists and the audit log show it.',
    required: true,
    lengthMax: 64,
  },
  {
    name: 'email',
    label: 'E-mail address',
    help: 'The links to their passkey go here, and to no other address. It never changes. Nobody shares it.',
    type: 'email',
    required: true,
    lengthMax: 254,
  },
];

const newPerson = (filled: Filled): Html =>
  html`<header class="title">
      ${inSettings(['People and roles', '/settings/people'])}
      <h1>Invite a person</h1>
      <p>First say who they are. Then propose a role: the invitation goes out when another operator confirms it.</p>
    </header>
    ${objectionsOf(
      FIELDS.map(({ name }) => name),
      filled.objections,
    )}
    <form method="post" action="/settings/new-person" class="card fields">
      ${FIELDS.map((wish) => field(wish, filled))}
      <p class="buttons">
        <a class="button" href="/settings/people">Not now</a> <button class="primary">Go on</button>
      </p>
    </form>`;

/** Everybody who may sign in, or is to. */
export function peoplePages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /settings/people', async (c, visitor) => {
    const { q, role } = Query.parse(c.req.query());
    const query = { ...(q && { q }), ...(role && { role }) };
    const after = z.string().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const { items, nextCursor } = await readPage(
      PEOPLE_A_PAGE,
      (count) => listPeople(db, { text: q, role }, after, count),
      { key: ({ code }) => code, item: personRow },
    );
    const main = html`<header class="title">
        ${inSettings()}
        <h1>People and roles</h1>
        ${mayUse(visitor.roles, 'GET /settings/new-person') && html`<div class="actions"><a class="button primary" href="/settings/new-person">Invite a person…</a></div>`}
      </header>
      ${filters(
        '/settings/people',
        [
          { name: 'q', label: 'Name, code or address' },
          {
            name: 'role',
            label: 'Role',
            choices: ROLES.map((value) => ({ value, label: ROLE[value] })),
            noChoice: 'all',
          },
        ],
        { values: query },
      )}
      ${table({
        caption: 'People',
        columns: ['Person', 'Roles', 'E-mail address', 'Way in', 'Last seen'],
        rows: items,
        empty:
          Object.keys(query).length > 0
            ? html`Nobody fits these filters. <a href="/settings/people">Show all</a>.`
            : 'Nobody is here yet. Invite a person.',
      })}
      ${nextPage('/settings/people', nextCursor, query)}`;
    return sendPage(c, consolePage({ title: 'People and roles', here: '/settings', main }, visitor));
  });

  pages.on('GET /settings/new-person', (c, visitor) =>
    sendPage(c, consolePage({ title: 'Invite a person', here: '/settings', main: newPerson({ values: {} }) }, visitor)),
  );

  pages.on('POST /settings/new-person', async (c, visitor) => {
    const values = await readForm(c, 'name', 'code', 'email');
    const refuse = (filled: Filled, status: number) =>
      sendPage(
        c,
        consolePage({ title: 'Invite a person', here: '/settings', main: newPerson(filled) }, visitor),
        status,
      );
    const { data, objections } = checkFields(NewPerson, values);
    if (!data) return refuse({ values, objections }, 400);
    try {
      const { code } = await addActor(db, data, visitor.actorId);
      return c.redirect(`${personPath(code)}/roles/new`, 303);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'already_exists')) throw error;
      const taken = { field: 'code', reason: 'is taken' };
      return refuse({ values, objections: error.details.length > 0 ? error.details : [taken] }, 409);
    }
  });
}
