import { addBudget, closeBudget, setBudgetAmount } from '../../../../commands/programs/budgets.ts';
import { type Budget, getBudget, listBudgetChanges } from '../../../../db/programs/budgets.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { listUnits } from '../../../../db/programs/units.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { refused } from '../../../../domain/errors.ts';
import { formatDecimal, money, parseDecimal } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { NewAmountBody, NewBudgetBody, whyNotBudget } from '../../../routes/programs/budgets.ts';
import { askReason, facts, table } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineSignedForm, formCard, readFields } from '../../form-page.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, type PageContext, readReason, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { budgetPath, inProgram, programPath } from './paths.ts';

const PARTS_MAX = 200;

const AMOUNT: FieldWish = { name: 'amount', label: 'Amount', help: 'Such as 5000.00', required: true };
const REASON: FieldWish = {
  name: 'reason',
  label: 'Reason',
  help: 'In one line, for the people who read it later',
  required: true,
  lengthMax: 500,
};
const newFields = (units: readonly string[]): FieldWish[] => [
  { name: 'code', label: 'Code', help: 'Incentives name it. It never changes.', required: true, lengthMax: 40 },
  { name: 'title', label: 'Name', required: true, lengthMax: 200 },
  { name: 'unit', label: 'Currency or unit', choices: units.map((value) => ({ value, label: value })), required: true },
  AMOUNT,
  { name: 'from', label: 'First day', help: 'It pays events of these days. Without one, of all days', type: 'date' },
  { name: 'until', label: 'First day after', type: 'date' },
  REASON,
];

/** A budget and its history. Operators add one, change its amount, and close it, each with a signature. */
export function budgetPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);
  const programOf = (c: PageContext) => getProgram(db, c.req.param('code') ?? '');
  async function placeOf(c: PageContext) {
    const program = await programOf(c);
    return { program, budget: await getBudget(db, program.code, c.req.param('budget') ?? '') };
  }

  pages.on('GET /programs/{code}/budgets/{budget}', async (c, visitor) => {
    const { program, budget } = await placeOf(c);
    const changes = await listBudgetChanges(db, budget.id, null, PARTS_MAX);
    const path = budgetPath(program.code, budget.code);
    const say = (minor: bigint) => sayAmount(money(minor, budget.unit));
    const mayChange =
      budget.closedAt === null && mayUse(visitor.roles, 'POST /programs/{code}/budgets/{budget}/amount');
    const main = html`<header class="title">
        ${inProgram(program)}
        <h1>${budget.title}</h1>
        ${
          mayChange &&
          html`<div class="actions">
            <a class="button" href="${path}/amount">Change the amount…</a>
            ${askReason({
              id: 'close',
              action: `${path}/close`,
              button: 'Close',
              title: `Close ${budget.title}?`,
              about: 'It pays nothing more, for ever. Money that is taken back still comes back to it.',
            })}
          </div>`
        }
      </header>
      <section class="card">
        ${facts([
          ['Code', budget.code],
          ['Days', daysOf(budget)],
          ['Amount', say(budget.amountMinor)],
          ['Used', say(budget.usedMinor)],
          ['Left', budget.closedAt ? 'nothing: it is closed' : say(budget.amountMinor - budget.usedMinor)],
        ])}
      </section>
      ${table({
        caption: 'Changes',
        columns: ['Change', { label: 'Amount after it', number: true }, 'Reason', 'By'],
        rows: changes.map(({ kind, amountMinor, reason, by, at }) => ({
          head: kind,
          cells: [say(amountMinor), reason, html`${by} <small class="day">${formatInstant(at, 'UTC')}</small>`],
        })),
        empty: '',
      })}`;
    return sendPage(c, consolePage({ title: budget.title, here: '/programs', main }, visitor));
  });

  defineSignedForm(deps, pages, {
    show: 'GET /programs/{code}/new-budget',
    send: 'POST /programs/{code}/new-budget',
    here: '/programs',
    names: ['code', 'title', 'unit', 'amount', 'from', 'until', 'reason'],
    async draw(c, filled) {
      const program = await programOf(c);
      const units = await listUnits(db, program.id, null, PARTS_MAX);
      const path = programPath(program.code);
      const fields = newFields([...units.map(({ code }) => code), ...CURRENCY_CODES]);
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>Add a budget</h1>
          <p>
            It pays nothing before an incentive of a plan names it. Incentives never earn more from it than its amount.
          </p>
        </header>
        ${formCard({ action: `${path}/new-budget`, fields, button: 'Go on', back: path }, filled)}`;
      return { title: 'Add a budget', here: '/programs', main };
    },
    async ask(c, values, { actorId }) {
      const program = await programOf(c);
      const { amount, ...wish } = readFields(NewBudgetBody, values);
      const budget = { ...wish, amountMinor: parseDecimal(amount, wish.unit).minor };
      return {
        act: 'set budget',
        subject: `program/${program.code}/budget/${wish.code}`,
        read: async () => null,
        content: () => null,
        perform: (tx, signatureId) => addBudget(tx, program, budget, actorId, signatureId),
        title: 'Add this budget?',
        about: () =>
          facts([
            ['Budget', `${wish.title} (${wish.code})`],
            ['Days', daysOf(wish)],
            ['Amount', sayAmount(money(budget.amountMinor, wish.unit))],
            ['Reason', wish.reason],
          ]),
        button: 'Add and sign',
        answer: () => budgetPath(program.code, wish.code),
      };
    },
  });

  defineSignedForm(deps, pages, {
    show: 'GET /programs/{code}/budgets/{budget}/amount',
    send: 'POST /programs/{code}/budgets/{budget}/amount',
    here: '/programs',
    names: ['amount', 'reason'],
    async draw(c, filled) {
      const { program, budget } = await placeOf(c);
      const path = budgetPath(program.code, budget.code);
      const amount = formatDecimal(money(budget.amountMinor, budget.unit));
      const values = filled.objections ? filled.values : { ...filled.values, amount };
      const form = { action: `${path}/amount`, fields: [AMOUNT, REASON], button: 'Go on', back: path };
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>Change the amount of ${budget.title}</h1>
          <p>A raised budget pays events that are worked out later. Earlier ones stay as they are.</p>
        </header>
        ${formCard(form, { ...filled, values })}`;
      return { title: 'Change a budget', here: '/programs', main };
    },
    async ask(c, values, { actorId }) {
      const { program, budget } = await placeOf(c);
      const { amount, reason } = readFields(NewAmountBody, values);
      const { unit } = budget;
      const why = whyNotBudget(amount, unit);
      if (why !== undefined) throw refused('amount', why);
      const wish = { amountMinor: parseDecimal(amount, unit).minor, reason };
      const name = { program: program.code, code: budget.code };
      return {
        act: 'set budget',
        subject: `program/${program.code}/budget/${budget.code}`,
        read: (tx) => getBudget(tx, program.code, budget.code),
        content: seenOf,
        perform: (tx, signatureId) => setBudgetAmount(tx, name, wish, actorId, signatureId),
        title: 'Change this budget?',
        about: ({ amountMinor }) =>
          facts([
            ['Budget', budget.title],
            ['Now', sayAmount(money(amountMinor, unit))],
            ['From now on', sayAmount(money(wish.amountMinor, unit))],
            ['Reason', reason],
          ]),
        button: 'Change and sign',
        answer: () => budgetPath(program.code, budget.code),
      };
    },
  });

  pages.on('POST /programs/{code}/budgets/{budget}/close', async (c, visitor) => {
    const { program, budget } = await placeOf(c);
    const reason = await readReason(c);
    const path = budgetPath(program.code, budget.code);
    return sign(c, visitor, {
      act: 'close budget',
      subject: `program/${program.code}/budget/${budget.code}`,
      here: '/programs',
      back: path,
      typed: { reason },
      read: (tx) => getBudget(tx, program.code, budget.code),
      content: seenOf,
      perform: (tx, signatureId) =>
        closeBudget(tx, { program: program.code, code: budget.code }, reason, visitor.actorId, signatureId),
      title: `Close ${budget.title}?`,
      about: ({ amountMinor, usedMinor, unit }) =>
        html`<p>
          It pays nothing more, for ever. It paid ${sayAmount(money(usedMinor, unit))} of
          ${sayAmount(money(amountMinor, unit))}.
        </p>`,
      button: 'Close and sign',
      answer: () => c.redirect(path, 303),
    });
  });
}

/** The part of a budget that a signature covers. Its use changes with every event. */
const seenOf = ({ changeNo, amountMinor }: Budget) => ({ changeNo, amountMinor: String(amountMinor) });

export const daysOf = ({ from, until }: Pick<Budget, 'from' | 'until'>): string =>
  `${from === null ? 'always' : `from ${formatDay(from)}`}${until === null ? '' : ` until before ${formatDay(until)}`}`;
