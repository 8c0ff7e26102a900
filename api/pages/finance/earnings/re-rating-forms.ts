import { z } from 'zod';

import { decideReRating, proposeReRating } from '../../../../commands/earnings/re-ratings.ts';
import type { Database } from '../../../../db/database.ts';
import { lockReRating, type ReRating, sumReRating } from '../../../../db/earnings/re-ratings.ts';
import { listPartnersNamed } from '../../../../db/partners/partners.ts';
import { listPrograms, listProgramsNamed } from '../../../../db/programs/programs.ts';
import { refused } from '../../../../domain/errors.ts';
import { Code, LocalDay } from '../../../../domain/fields.ts';
import { money } from '../../../../domain/money.ts';
import { wakeReRating } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Reason } from '../../../http/schemas.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { facts } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineSignedForm, formCard, readFields } from '../../form-page.ts';
import { countOf, sayAmount } from '../../format.ts';
import { type definePages, idOf, readReason } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { defineSigning } from '../../signing.ts';
import { daysOf, PATH } from './re-ratings.ts';

const PROGRAMS_MAX = 200;

const Wish = z.strictObject({
  program: Code,
  from: LocalDay,
  until: LocalDay.optional(),
  partner: Code.optional(),
  reason: Reason,
});

const fieldsFor = (programs: readonly string[]): FieldWish[] => [
  { name: 'program', label: 'Program', required: true, choices: programs.map((value) => ({ value, label: value })) },
  { name: 'from', label: 'First day', type: 'date', required: true },
  { name: 'until', label: 'The day after the last one', type: 'date', help: 'Without it, until today' },
  { name: 'partner', label: "Partner's code", help: 'Without it, all partners' },
  { name: 'reason', label: 'Reason', help: 'Partners read it next to the amounts', required: true, lengthMax: 500 },
];

/** A re-rating is proposed and decided by two people, who both sign it. */
export function reRatingFormPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, temporal, log } = deps;
  const sign = defineSigning(deps);
  const wake = ({ id, program }: ReRating) =>
    wakeQuietly({ temporal, log }, { reRating: id }, () => wakeReRating(temporal, { id, program }));

  defineSignedForm(deps, pages, {
    show: 'GET /earnings/re-ratings/new',
    send: 'POST /earnings/re-ratings',
    here: '/earnings/events',
    names: ['program', 'from', 'until', 'partner', 'reason'],
    async draw(_c, filled) {
      const programs = await listPrograms(db, null, PROGRAMS_MAX);
      const fields = fieldsFor(programs.map(({ code }) => code));
      const main = html`<header class="title">
          <p><a href="${PATH}">Re-ratings</a></p>
          <h1>Work out days again</h1>
          <p>You see what changes for each partner. Nothing is booked before another person confirms it.</p>
        </header>
        ${formCard({ action: PATH, fields, button: 'Go on', back: PATH }, filled)}`;
      return { title: 'Work out days again', here: '/earnings/events', main };
    },
    async ask(_c, values, { actorId }) {
      const { partner = null, until = null, ...wish } = readFields(Wish, values);
      if ((await listProgramsNamed(db, [wish.program])).length === 0) throw refused('program', 'is not known');
      if (partner !== null && (await listPartnersNamed(db, [partner])).length === 0)
        throw refused('partner', 'is not known');
      if (until !== null && until <= wish.from) throw refused('until', `is not after ${wish.from}`);
      return {
        act: 'propose re-rating',
        subject: 're-rating/new',
        read: async () => null,
        content: () => null,
        perform: (tx, signatureId) => proposeReRating(tx, { ...wish, partner, until }, actorId, signatureId),
        title: 'Work out these days again?',
        about: () =>
          html`${facts([
              ['Program', wish.program],
              ['Days', daysOf({ from: wish.from, until })],
              ['Partners', partner ?? 'all'],
              ['Reason', wish.reason],
            ])}
            <p>Nothing is booked before another person confirms what changes.</p>`,
        button: 'Propose and sign',
        answer: async (proposed) => {
          await wake(proposed);
          return `${PATH}/${proposed.id}`;
        },
      };
    },
  });

  /** A person signs the days and the sums that they saw. */
  const formFor = (id: string) => ({
    subject: `re-rating/${id}`,
    here: '/earnings/events' as const,
    back: `${PATH}/${id}`,
    async read(tx: Database) {
      const reRating = await lockReRating(tx, id);
      return { reRating, totals: await sumReRating(tx, id) };
    },
    content: ({ reRating: { program, partner, from, until, reason, status }, totals }: Seen) => ({
      program,
      partner,
      from,
      until,
      reason,
      status,
      totals: totals.map(({ currency, before, after, partners }) => [
        currency,
        String(before),
        String(after),
        String(partners),
      ]),
    }),
  });

  pages.on('POST /earnings/re-ratings/{id}/confirm', async (c, visitor) => {
    const id = idOf(c, 're-rating');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'confirm re-rating',
      typed: {},
      perform: (tx, signatureId) =>
        decideReRating(tx, { id, actorId: visitor.actorId, decision: 'confirm', note: null, signatureId }),
      title: 'Confirm these changes?',
      about: (seen) =>
        html`${aboutSeen(seen)}
          <p>They are booked for each partner as a whole. A partner whose events changed meanwhile is left out.</p>`,
      button: 'Confirm and sign',
      answer: async (decided) => {
        await wake(decided);
        return c.redirect(`${PATH}/${id}`, 303);
      },
    });
  });

  pages.on('POST /earnings/re-ratings/{id}/decline', async (c, visitor) => {
    const id = idOf(c, 're-rating');
    const reason = await readReason(c);
    return sign(c, visitor, {
      ...formFor(id),
      act: 'decline re-rating',
      typed: { reason },
      perform: (tx, signatureId) =>
        decideReRating(tx, { id, actorId: visitor.actorId, decision: 'decline', note: reason, signatureId }),
      title: 'Decline these changes?',
      about: (seen) =>
        html`${aboutSeen(seen)}
          <p>Nothing is booked. You said: ${reason}</p>`,
      button: 'Decline and sign',
      answer: async (decided) => {
        await wake(decided);
        return c.redirect(`${PATH}/${id}`, 303);
      },
    });
  });
}

type Seen = { reRating: ReRating; totals: Awaited<ReturnType<typeof sumReRating>> };

const aboutSeen = ({ reRating, totals }: Seen): Html =>
  facts([
    ['Program', reRating.program],
    ['Days', daysOf(reRating)],
    ['Reason', reRating.reason],
    ['Proposed by', reRating.proposedBy],
    ...totals.map(
      ({ currency, before, after, partners }) =>
        [currency, `${sayAmount(money(after - before, currency))} for ${countOf(partners, 'partner')}`] as const,
    ),
  ]);
