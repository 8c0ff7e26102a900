import { z } from 'zod';

import { addPlan } from '../../../../commands/programs/plans.ts';
import { addProgram } from '../../../../commands/programs/programs.ts';
import { listSchedules } from '../../../../db/payers/schedules.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { refused } from '../../../../domain/errors.ts';
import { Code } from '../../../../domain/fields.ts';
import { PARTNER_KINDS } from '../../../../domain/partners/kind.ts';
import type { PlanTerms } from '../../../../domain/programs/plan.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { NewProgramBody } from '../../../routes/programs/programs.ts';
import { type FieldWish, filledIn, wordsOf } from '../../form.ts';
import { defineForm, defineSignedForm, formCard, readBody, readFields } from '../../form-page.ts';
import type { definePages, PageContext } from '../../guard.ts';
import { html } from '../../html.ts';
import { incentiveTable, readDraft, textOf } from './draft.ts';
import { refusedLines } from './json-draft.ts';
import { inProgram, planPath, programPath } from './paths.ts';

const SCHEDULES_MAX = 500;

const programFields = (schedules: readonly string[]): FieldWish[] => [
  { name: 'code', label: 'Code', help: 'A short name that never changes', required: true, lengthMax: 64 },
  { name: 'name', label: 'Name', required: true, lengthMax: 200 },
  {
    name: 'schedule',
    label: 'Paid by the schedule',
    choices: schedules.map((code) => ({ value: code, label: code })),
    required: true,
  },
  {
    name: 'partnerKinds',
    label: 'For partners of the kinds',
    help: `Some of ${PARTNER_KINDS.join(', ')}, with commas between them. Without one, for every kind`,
  },
  {
    name: 'attributes',
    label: 'Attributes of its events',
    help: 'Names such as product, customer, with commas between them',
  },
];

/** The terms with which somebody begins to write a plan. */
const FIRST_TERMS: PlanTerms = {
  holdDays: 14,
  rounding: 'half-even',
  incentives: [{ id: 'commission', pay: { rule: 'percent', percent: '10' } }],
} as unknown as PlanTerms;

const PLAN: readonly FieldWish[] = [
  { name: 'code', label: 'Code', help: 'A short name that never changes', required: true, lengthMax: 64 },
  { name: 'terms', label: 'Terms, as JSON', long: 'code', required: true },
];

/** Operators add a program, and its plans. */
export function newProgramPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const programOf = (c: PageContext) => getProgram(db, c.req.param('code') ?? '');

  defineForm(pages, {
    show: 'GET /new-program',
    send: 'POST /new-program',
    names: ['code', 'name', 'schedule', 'partnerKinds', 'attributes'],
    async draw(_c, filled) {
      const schedules = await listSchedules(db, null, SCHEDULES_MAX);
      const fields = programFields(schedules.map(({ code }) => code));
      const form = { action: '/new-program', fields, button: 'Add this program', back: '/programs' };
      const main = html`<header class="title">
          <p><a href="/programs">Programs</a></p>
          <h1>Add a program</h1>
          <p>Partners join a program with an agreement, and earn by its plans. It has no plan yet.</p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Add a program', here: '/programs', main };
    },
    async act(_c, values, { actorId }) {
      const { partnerKinds, attributes } = values;
      const said = { ...filledIn(values), partnerKinds: wordsOf(partnerKinds), attributes: wordsOf(attributes) };
      const { schedule, ...program } = readBody(NewProgramBody, said);
      const known = (await listSchedules(db, null, SCHEDULES_MAX)).find(({ code }) => code === schedule);
      if (!known) throw refused('schedule', 'is not known');
      return programPath((await addProgram(db, { ...program, scheduleId: known.id }, actorId)).code);
    },
  });

  defineSignedForm(deps, pages, {
    show: 'GET /programs/{code}/new-plan',
    send: 'POST /programs/{code}/new-plan',
    here: '/programs',
    names: ['code', 'terms'],
    async draw(c, filled) {
      const program = await programOf(c);
      const path = programPath(program.code);
      const terms = filled.values['terms'] || textOf(FIRST_TERMS);
      const form = { action: `${path}/new-plan`, fields: PLAN, button: 'Go on', back: path };
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>Add a plan</h1>
          <p>
            Its first version holds for earlier events, too. You can change the terms later, and try them on past
            events.
          </p>
        </header>
        ${formCard(form, { ...filled, values: { ...filled.values, terms } })}`;
      return { title: 'Add a plan', here: '/programs', main };
    },
    async ask(c, values, { actorId }) {
      const program = await programOf(c);
      const { code, terms: text } = readFields(NewPlan, values);
      const draft = await readDraft(db, program, text, null);
      if (draft.objections) throw refusedLines(draft.objections);
      return {
        act: 'publish terms',
        subject: `program/${program.code}/plan/${code}`,
        read: async () => null,
        content: () => null,
        perform: (tx, signatureId) => addPlan(tx, program, { code, terms: draft.terms }, actorId, signatureId),
        title: `Add the plan ${code} to ${program.name}?`,
        about: () =>
          html`<p>Earnings are held for ${draft.terms.holdDays} days.</p>
            ${incentiveTable(draft.terms)}`,
        button: 'Add and sign',
        answer: () => planPath(program.code, code),
      };
    },
  });
}

const NewPlan = z.object({ code: Code, terms: z.string() });
