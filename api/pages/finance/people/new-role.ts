import { z } from 'zod';

import { findUnknownLimit, proposeGrant } from '../../../../commands/people/grants.ts';
import { listPartnersNamed } from '../../../../db/partners/partners.ts';
import { type Actor, getActor } from '../../../../db/people/actors.ts';
import type { FailureDetail } from '../../../../domain/errors.ts';
import { Code, LocalDay } from '../../../../domain/fields.ts';
import { DAY_MS } from '../../../../domain/durations.ts';
import { needsTwo } from '../../../../domain/people/grant.ts';
import { LIMITED_MAX, type Limited, limitsInWords, whyNotLimits } from '../../../../domain/people/reach.ts';
import { type Role, ROLES } from '../../../../domain/people/role.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { sendMailSoon } from '../../../http/wake.ts';
import { facts } from '../../components.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { formatDay } from '../../format.ts';
import { type definePages, readForm, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { roleOf } from '../../role-words.ts';
import { defineSigning } from '../../signing.ts';
import { ROLE } from '../../words.ts';
import { personPath } from './people.ts';
import { inSettings } from './settings.ts';

/** Codes have no spaces, so a field may hold several of them. */
const Codes = z
  .string()
  .transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))])
  .pipe(z.array(Code).max(LIMITED_MAX))
  .default([]);
const NewRole = z.strictObject({
  role: z.enum(ROLES),
  partner: Code.optional(),
  programs: Codes,
  payers: Codes,
  until: LocalDay.optional(),
});

const MAY: Record<Role, string> = {
  preparer: 'requests runs, and looks at everything',
  approver: 'approves runs, and decides what needs a second person',
  operator: 'sets Bursar up, adds partners and people, and fixes what is stuck',
  partner: 'sees one partner in the portal, and gives its payment details',
  auditor: 'looks at everything, and changes nothing',
};

const FIELDS: readonly FieldWish[] = [
  {
    name: 'role',
    label: 'Role',
    required: true,
    choices: ROLES.map((value) => ({ value, label: `${ROLE[value]}: ${MAY[value]}` })),
  },
  {
    name: 'partner',
    label: 'Code of the partner',
    help: 'Only for the role Partner: whose data the person sees',
    required: 'sometimes',
    lengthMax: 64,
  },
  {
    name: 'programs',
    label: 'Only for these programs',
    help: 'Their codes, with spaces between them. The role then reaches these programs and nothing else.',
  },
  {
    name: 'payers',
    label: 'Only for these payers',
    help: 'Their codes, with spaces between them. The role then reaches what these payers pay: their schedules, programs, runs and payouts.',
  },
  { name: 'until', label: 'Last day', help: 'The role ends by itself after this day (UTC)', type: 'date' },
];

/** The last moment of a day. */
const endOf = (day: string): Date => new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS);

type Wish = Limited & { role: Role; partnerId: bigint | null; partner: string | null; until: string | null };

/** An operator proposes a role for a person, and signs it. */
export function newRolePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  const sign = defineSigning(deps);

  pages.on('GET /settings/people/{code}/roles/new', async (c, visitor) => {
    const person = await getActor(db, c.req.param('code') ?? '');
    const main = roleForm(person, { values: {} });
    return sendPage(c, consolePage({ title: 'Propose a role', here: '/settings', main }, visitor));
  });

  pages.on('POST /settings/people/{code}/roles/new', async (c, visitor) => {
    const person = await getActor(db, c.req.param('code') ?? '');
    const values = await readForm(c, 'role', 'partner', 'programs', 'payers', 'until');
    const read = await readWish(values);
    if ('objections' in read) {
      const main = roleForm(person, { values, ...read });
      return sendPage(c, consolePage({ title: 'Propose a role', here: '/settings', main }, visitor), 400);
    }
    const { role, partnerId, partner, programs, payers, until } = read;
    const limited = { programs, payers };
    return sign(c, visitor, {
      act: 'propose role',
      subject: `actor/${person.code}`,
      read: (tx) => getActor(tx, person.code),
      content: ({ code, name, email }) => ({ code, name, email }),
      typed: values,
      perform: (tx, signatureId, actor) => {
        const wish = { actor, role, partnerId, limited, expiresAt: until === null ? null : endOf(until), signatureId };
        return proposeGrant(tx, vault, wish, visitor.actorId);
      },
      title: 'Propose this role?',
      here: '/settings',
      about: ({ code, name, email }) =>
        html`${facts([
            ['Person', html`${name} <small>${code}</small>`],
            ['Role', roleOf({ role, partner, ...limited })],
            ['Reaches', limitsInWords(limited) === undefined ? 'everything' : 'nothing else'],
            ['The link goes to', email ?? 'nobody: there is no address'],
            ['Last day', until === null ? 'none' : formatDay(until)],
          ])}
          <p>
            ${needsTwo(role) ? 'It gives nothing before another operator confirms it.' : 'The person gets it at once, with a link by mail.'}
          </p>`,
      button: 'Propose and sign',
      back: personPath(person.code),
      again: (notice) => roleForm(person, { values }, notice),
      answer: async ({ id, status }) => {
        if (status === 'confirmed') await sendMailSoon(deps);
        return c.redirect(`/settings/roles/${id}`, 303);
      },
    });
  });

  async function readWish(
    values: Readonly<Record<string, string>>,
  ): Promise<Wish | { objections: readonly FailureDetail[] }> {
    const { data, objections } = checkFields(NewRole, values);
    if (!data) return { objections };
    const { role, partner = null, until = null, ...limited } = data;
    if (until !== null && endOf(until).getTime() <= Date.now())
      return { objections: [{ field: 'until', reason: 'is in the past' }] };
    if ((role === 'partner') !== (partner !== null))
      return {
        objections: [{ field: 'partner', reason: role === 'partner' ? 'is missing' : 'is only for the role Partner' }],
      };
    const objection = whyNotLimits(role, limited) ?? (await findUnknownLimit(db, limited));
    if (objection) return { objections: [objection] };
    if (partner === null) return { role, partner, partnerId: null, ...limited, until };
    const [known] = await listPartnersNamed(db, [partner]);
    if (!known) return { objections: [{ field: 'partner', reason: 'is not known' }] };
    return { role, partner: known.code, partnerId: known.id, ...limited, until };
  }
}

const roleForm = ({ code, name, email }: Actor, filled: Filled, notice?: Part): Html =>
  html`<header class="title">
      ${inSettings(['People and roles', '/settings/people'], [name, personPath(code)])}
      <h1>Propose a role</h1>
      <p>For ${name}. When it is confirmed, a link goes to ${email ?? 'nobody, because they have no address'}.</p>
    </header>
    ${notice}
    ${objectionsOf(
      FIELDS.map((wish) => wish.name),
      filled.objections,
    )}
    <form method="post" action="${personPath(code)}/roles/new" class="card fields">
      ${FIELDS.map((wish) => field(wish, filled))}
      <p class="buttons">
        <a class="button" href="${personPath(code)}">Not now</a> <button class="primary">Go on</button>
      </p>
    </form>`;
