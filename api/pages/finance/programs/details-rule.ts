import { z } from 'zod';

import { setConfirmedDetails } from '../../../../commands/programs/confirmed-details.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { refused } from '../../../../domain/errors.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import type { FieldWish } from '../../form.ts';
import { defineSignedForm, formCard, readFields } from '../../form-page.ts';
import type { definePages, PageContext } from '../../guard.ts';
import { html } from '../../html.ts';
import { inProgram, programPath } from './paths.ts';

const Rule = z.object({ confirmsDetails: z.enum(['yes', 'no']).transform((answer) => answer === 'yes') });

/** The rules in words. */
export const DETAILS_RULE = {
  yes: 'they cool off, and a second person calls the partner back',
  no: 'they cool off',
} as const;

const FIELDS: readonly FieldWish[] = [
  {
    name: 'confirmsDetails',
    label: 'Changed payout details',
    choices: Object.entries(DETAILS_RULE).map(([value, label]) => ({ value, label })),
    always: true,
    required: true,
  },
];

/** An operator says whether changed payout details of a program's partners need a call, and signs it. */
export function detailsRulePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const programOf = (c: PageContext) => getProgram(db, c.req.param('code') ?? '');

  defineSignedForm(deps, pages, {
    show: 'GET /programs/{code}/changed-details',
    send: 'POST /programs/{code}/changed-details',
    here: '/programs',
    names: ['confirmsDetails'],
    async draw(c, filled) {
      const program = await programOf(c);
      const path = programPath(program.code);
      const values = filled.objections ? filled.values : { confirmsDetails: program.confirmsDetails ? 'yes' : 'no' };
      const form = { action: `${path}/changed-details`, fields: FIELDS, button: 'Go on', back: path };
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>When payout details change</h1>
          <p>
            Fraud with payout details begins with a mail that asks for a change. The rule counts for details that are
            added from now on.
          </p>
        </header>
        ${formCard(form, { ...filled, values })}`;
      return { title: 'Changed payout details', here: '/programs', main };
    },
    async ask(c, values, { actorId }) {
      const { code, name, confirmsDetails: now } = await programOf(c);
      const { confirmsDetails } = readFields(Rule, values);
      if (confirmsDetails === now) throw refused('confirmsDetails', 'follow this rule already');
      return {
        act: 'set details rule',
        subject: `program/${code}`,
        read: async (tx) => (await getProgram(tx, code)).confirmsDetails,
        content: (before) => ({ before }),
        perform: (tx, signatureId) => setConfirmedDetails(tx, code, confirmsDetails, { by: actorId, signatureId }),
        title: 'Change this rule?',
        about: (before) =>
          html`<p>Now, if payout details of partners of ${name} change, ${DETAILS_RULE[before ? 'yes' : 'no']}.</p>
            <p>From now on, ${DETAILS_RULE[confirmsDetails ? 'yes' : 'no']}.</p>`,
        button: 'Change and sign',
        answer: () => programPath(code),
      };
    },
  });
}
