import { z } from 'zod';

import { addLadderVersion } from '../../../../commands/programs/ladders.ts';
import { listFactKeys } from '../../../../db/partners/fact-keys.ts';
import { findLadder } from '../../../../db/programs/ladders.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { FactKey } from '../../../../domain/partners/fact.ts';
import { LadderTerms } from '../../../../domain/programs/ladder.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { LocalDate, Reason } from '../../../http/schemas.ts';
import { facts } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineSignedForm, formCard, readFields } from '../../form-page.ts';
import { formatDay } from '../../format.ts';
import type { definePages, PageContext } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { demandJson, onLines } from './json-draft.ts';
import { inProgram, programPath } from './paths.ts';

const KEYS_MAX = 500;

const NewVersion = z.object({ fact: FactKey, from: LocalDate, terms: z.string().optional(), reason: Reason });

/** The terms with which somebody begins to write a ladder. */
const FIRST_TERMS = {
  measure: 'amount',
  currency: 'USD',
  window: 'quarter',
  graceDays: 5,
  rungs: [
    { from: '0', value: 'bronze' },
    { from: '50000', value: 'silver' },
  ],
};

const fieldsFor = (keys: readonly string[]): FieldWish[] => [
  {
    name: 'fact',
    label: 'Fact that it decides',
    choices: keys.map((value) => ({ value, label: value })),
    required: true,
  },
  { name: 'from', label: 'First day of the first window that it counts', type: 'date', required: true },
  { name: 'terms', label: 'Terms, as JSON', help: 'Without them, the ladder ends on that day.', long: 'code' },
  { name: 'reason', label: 'Reason', required: true, lengthMax: 500 },
];

/** Operators write versions of ladders, and sign them. */
export function ladderPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const programOf = (c: PageContext) => getProgram(db, c.req.param('code') ?? '');

  defineSignedForm(deps, pages, {
    show: 'GET /programs/{code}/new-ladder',
    send: 'POST /programs/{code}/new-ladder',
    here: '/programs',
    names: ['fact', 'from', 'terms', 'reason'],
    async draw(c, { values, objections }) {
      const [program, keys] = await Promise.all([programOf(c), listFactKeys(db, null, KEYS_MAX)]);
      const path = programPath(program.code);
      const form = {
        action: `${path}/new-ladder`,
        fields: fieldsFor(keys.filter(({ many }) => !many).map(({ key }) => key)),
        button: 'Go on',
        back: path,
      };
      const text = values['terms'] ?? '';
      const filled = {
        values: c.req.method === 'GET' ? { ...values, terms: text || (await beforeOf(values['fact'])) } : values,
        ...(objections && { objections: onLines(text, 'terms', objections) }),
      };
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>Write a version of a ladder</h1>
          <p>
            A ladder gives partners a tier, or another fact, by their volume of a window. A window that is closed keeps
            its rungs.
          </p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Write a ladder', here: '/programs', main };
    },
    async ask(c, values, { actorId }) {
      const program = await programOf(c);
      const { fact, from, terms: text, reason } = readFields(NewVersion, values);
      const terms = text === undefined ? null : demandJson(text, LadderTerms, 'terms');
      const wish = { fact, from, terms, reason };
      return {
        act: 'write ladder',
        subject: `ladder/${fact}`,
        read: async (tx) => (await findLadder(tx, fact))?.versions.length ?? 0,
        content: (versions) => ({ versions }),
        perform: (tx, signatureId) => addLadderVersion(tx, program.code, wish, actorId, signatureId),
        title: terms ? 'Write this version?' : 'End this ladder?',
        about: () =>
          html`${facts([
            ['Fact', fact],
            ['Counts windows from', formatDay(from)],
            ['Reason', reason],
          ])}
          ${terms ? rungsOf(terms) : html`<p>The ladder ends. The last window that it counted still gives its rungs.</p>`}`,
        button: 'Write and sign',
        answer: () => programPath(program.code),
      };
    },
  });

  /** The newest terms of the ladder of a fact as text, or those with which somebody begins. */
  async function beforeOf(fact: string | undefined): Promise<string> {
    const ladder = fact ? await findLadder(db, fact) : null;
    return JSON.stringify(ladder?.versions.at(-1)?.terms ?? FIRST_TERMS, null, 2);
  }
}

const rungsOf = ({ rungs, window, floor }: LadderTerms): Html =>
  html`<ul>
    ${rungs.map(({ from, value }) => html`<li><strong>${value}</strong> from ${from} a ${window}</li>`)}
    ${floor && html`<li>Nobody who reached ${floor} falls below it.</li>`}
  </ul>`;
