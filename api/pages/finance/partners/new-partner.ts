import { z } from 'zod';

import { recordStage } from '../../../../commands/partners/onboarding.ts';
import { recordParent } from '../../../../commands/partners/parents.ts';
import { addPartner } from '../../../../commands/partners/partners.ts';
import { listParentsOf } from '../../../../db/partners/parents.ts';
import { listPartnersNamed } from '../../../../db/partners/partners.ts';
import { refused } from '../../../../domain/errors.ts';
import { Code } from '../../../../domain/fields.ts';
import { PARTNER_KINDS } from '../../../../domain/partners/kind.ts';
import { RECORDED_STAGES } from '../../../../domain/partners/onboarding.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { LocalDate, Reason } from '../../../http/schemas.ts';
import { NewPartnerBody, newcomer } from '../../../routes/partners/partners.ts';
import { facts } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineForm, formCard, readFields } from '../../form-page.ts';
import { formatDay } from '../../format.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { KIND, STAGE } from '../../words.ts';
import { formHead, partnerOf, partnerPath } from './address.ts';

const PARENTS_MAX = 50;

const NEW: readonly FieldWish[] = [
  { name: 'code', label: 'Code', help: 'Events name it. It never changes.', required: true, lengthMax: 64 },
  { name: 'name', label: 'Name', required: true, lengthMax: 200 },
  {
    name: 'kind',
    label: 'Kind',
    choices: PARTNER_KINDS.map((value) => ({ value, label: KIND[value] })),
    required: true,
  },
  { name: 'country', label: 'Country', help: 'Two letters, such as US or DE', required: true, lengthMax: 2 },
  { name: 'email', label: 'E-mail', help: 'For notices about payouts', type: 'email', lengthMax: 254 },
];

const Parent = z
  .object({ parent: Code.optional(), from: LocalDate, until: LocalDate.optional(), reason: Reason })
  .refine(({ from, until }) => until === undefined || until > from, {
    path: ['until'],
    message: 'is not after the first day',
  });
const PARENT: readonly FieldWish[] = [
  {
    name: 'parent',
    label: 'Code of the partner above',
    help: 'Such as the distributor. Leave it empty if nobody is above on these days.',
    lengthMax: 64,
  },
  { name: 'from', label: 'First day', type: 'date', required: true },
  { name: 'until', label: 'First day after', type: 'date', help: 'Leave it empty if there is no end.' },
  { name: 'reason', label: 'Reason', required: true, lengthMax: 500 },
];

const StageReached = z.object({
  stage: z.enum(RECORDED_STAGES),
  reached: z.enum(['yes', 'no']),
  reachedOn: LocalDate.optional(),
  note: Reason.optional(),
});
const STAGES: readonly FieldWish[] = [
  {
    name: 'stage',
    label: 'Stage',
    choices: RECORDED_STAGES.map((value) => ({ value, label: STAGE[value] })),
    required: true,
  },
  {
    name: 'reached',
    label: 'Was it reached?',
    choices: [
      { value: 'yes', label: 'yes' },
      { value: 'no', label: 'no: it was recorded by mistake' },
    ],
    always: true,
    required: true,
  },
  { name: 'reachedOn', label: 'Day', help: 'Without one, today (UTC)', type: 'date' },
  { name: 'note', label: 'Note', lengthMax: 500 },
];
const namesOf = (fields: readonly FieldWish[]): string[] => fields.map(({ name }) => name);

/** Operators add a partner, and record who is above one and how far the onboarding is. */
export function newPartnerPages({ db, vault, settings }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  defineForm(pages, {
    show: 'GET /new-partner',
    send: 'POST /new-partner',
    names: namesOf(NEW),
    async draw(_c, filled) {
      const form = { action: '/new-partner', fields: NEW, button: 'Add this partner', back: '/partners' };
      const main = html`<header class="title">
          <p><a href="/partners">Partners</a></p>
          <h1>Add a partner</h1>
          <p>Next, add an agreement with a program, and invite an owner. The owner gives the payout details.</p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Add a partner', here: '/partners', main };
    },
    async act(_c, values, { actorId }) {
      const policy = { coolingOffDays: settings.coolingOffDays, by: actorId, givenBy: 'company' } as const;
      const { code } = await addPartner(db, vault, newcomer(readFields(NewPartnerBody, values)), policy);
      return partnerPath(code);
    },
  });

  defineForm(pages, {
    show: 'GET /partners/{code}/parent',
    send: 'POST /partners/{code}/parent',
    names: namesOf(PARENT),
    async draw(c, filled) {
      const partner = await partnerOf(db, c);
      const above = await listParentsOf(db, partner.id, null, PARENTS_MAX);
      const path = partnerPath(partner.code);
      const about =
        'The partner above may earn by the events of this one. A record supersedes the earlier ones about its days.';
      const form = { action: `${path}/parent`, fields: PARENT, button: 'Record', back: path };
      const main = html`${formHead(partner, 'Partner above', about)}
      ${
        above.length > 0 &&
        html`<section class="card">
          ${facts(
            above.map(({ parent, from, until }) => [
              parent,
              until === null ? `from ${formatDay(from)}` : `${formatDay(from)} until ${formatDay(until)}`,
            ]),
          )}
        </section>`
      }
      ${formCard(form, filled)}`;
      return { title: 'Partner above', here: '/partners', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const { parent = null, until = null, ...wish } = readFields(Parent, values);
      if (parent !== null && (await listPartnersNamed(db, [parent])).length === 0)
        throw refused('parent', 'is not known');
      await recordParent(db, { ...wish, parent, until, partner: code }, actorId);
      return `${partnerPath(code)}/parent`;
    },
  });

  defineForm(pages, {
    show: 'GET /partners/{code}/onboarding',
    send: 'POST /partners/{code}/onboarding',
    names: namesOf(STAGES),
    async draw(c, filled) {
      const partner = await partnerOf(db, c);
      const path = partnerPath(partner.code);
      const about = 'Payout details count by themselves as soon as they are there.';
      const form = { action: `${path}/onboarding`, fields: STAGES, button: 'Record', back: path };
      const main = html`${formHead(partner, 'Record a stage of onboarding', about)} ${formCard(form, filled)}`;
      return { title: 'Onboarding', here: '/partners', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const { stage, reached, reachedOn, note = null } = readFields(StageReached, values);
      const wish = { stage, note, reachedOn: reached === 'no' ? null : reachedOn };
      await recordStage(db, code, wish, { nowMs: Date.now(), by: actorId });
      return partnerPath(code);
    },
  });
}
