import { addUnit, getUnitOf, retireUnit, setUnitRate } from '../../../../commands/programs/units.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { listUnitRates, type Unit } from '../../../../db/programs/units.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { Failure } from '../../../../domain/errors.ts';
import { Points } from '../../../../domain/fields.ts';
import { money, parseDecimal } from '../../../../domain/money.ts';
import type { CONVERSIONS } from '../../../../domain/programs/points.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { NewRateBody, NewUnitBody } from '../../../routes/programs/units.ts';
import { facts, table, tag } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineForm, defineSignedForm, formCard, readBody, readFields, withNumbers } from '../../form-page.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, type PageContext, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { inProgram, programPath, unitPath } from './paths.ts';

const RATES_MAX = 200;

const CONVERSION: Record<(typeof CONVERSIONS)[number], string> = {
  'by-partner': 'the partner alone, at the rate of the day',
  'by-staff': 'one person proposes it, and another one confirms',
  none: 'nobody',
};

const NEW: readonly FieldWish[] = [
  {
    name: 'code',
    label: 'Code',
    help: 'points-… are whole numbers, and credits-… have two decimals. It never changes.',
    required: true,
    lengthMax: 40,
  },
  { name: 'name', label: 'Name', help: 'Partners read it.', required: true, lengthMax: 200 },
  {
    name: 'expiryMonths',
    label: 'Months until they expire',
    help: 'After the day on which they were earned. Without it, never',
    lengthMax: 3,
  },
  {
    name: 'conversion',
    label: 'Turned into money by',
    choices: Object.entries(CONVERSION).map(([value, label]) => ({ value, label })),
    required: true,
  },
  { name: 'leastConversion', label: 'Smallest conversion', help: 'In the unit. Without it, 1' },
  {
    name: 'cancelDays',
    label: 'Days to cancel a redemption',
    help: 'An operator may do so. Without it, 14',
    lengthMax: 3,
  },
];
const RATE: readonly FieldWish[] = [
  {
    name: 'currency',
    label: 'Currency',
    choices: CURRENCY_CODES.map((value) => ({ value, label: value })),
    required: true,
  },
  { name: 'from', label: 'Counts from', type: 'date', required: true },
  { name: 'rate', label: 'One is worth', help: 'In major units of the currency, such as 0.005', required: true },
];

/** Points and credits of a program. Operators add them, say what they are worth, and retire them. */
export function unitPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);
  const programOf = (c: PageContext) => getProgram(db, c.req.param('code') ?? '');
  async function placeOf(c: PageContext) {
    const program = await programOf(c);
    const code = Points.safeParse(c.req.param('unit')).data;
    if (!code) throw new Failure('not_found', `There is no unit ${c.req.param('unit')}.`);
    return { program, unit: await getUnitOf(db, program.code, code) };
  }

  pages.on('GET /programs/{code}/units/{unit}', async (c, visitor) => {
    const { program, unit } = await placeOf(c);
    const rates = await listUnitRates(db, unit.code, null, RATES_MAX);
    const path = unitPath(program.code, unit.code);
    const mayChange = unit.retiredAt === null && mayUse(visitor.roles, 'POST /programs/{code}/units/{unit}/retirement');
    const main = html`<header class="title">
        ${inProgram(program)}
        <h1>${unit.name} ${unit.retiredAt && tag({ label: 'retired', tone: 'plain' })}</h1>
        ${
          mayChange &&
          html`<div class="actions">
            <a class="button" href="${path}/rate">Set a rate…</a>
            <form method="post" action="${path}/retirement"><button>Retire…</button></form>
          </div>`
        }
      </header>
      <section class="card">${facts(aboutUnit(unit))}</section>
      ${table({
        caption: 'Worth in money',
        columns: ['Currency', { label: 'One is worth', number: true }, 'From', 'Recorded'],
        rows: rates.map(({ currency, rate, from, recordedAt }) => ({
          head: currency,
          cells: [rate, formatDay(from), html`<span class="day">${formatInstant(recordedAt, 'UTC')}</span>`],
        })),
        empty: 'Nobody said what it is worth, so it cannot be turned into money.',
      })}`;
    return sendPage(c, consolePage({ title: unit.name, here: '/programs', main }, visitor));
  });

  defineForm(pages, {
    show: 'GET /programs/{code}/new-unit',
    send: 'POST /programs/{code}/new-unit',
    names: NEW.map(({ name }) => name),
    async draw(c, filled) {
      const program = await programOf(c);
      const path = programPath(program.code);
      const form = { action: `${path}/new-unit`, fields: NEW, button: 'Add this unit', back: path };
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>Add points or credits</h1>
          <p>Incentives of the program may then name the unit instead of a currency.</p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Add a unit', here: '/programs', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await programOf(c);
      const { leastConversion, ...wish } = readBody(NewUnitBody, withNumbers(values, 'expiryMonths', 'cancelDays'));
      const unit = { ...wish, leastConversionMinor: parseDecimal(leastConversion, wish.code).minor };
      return unitPath(code, (await addUnit(db, code, unit, actorId)).code);
    },
  });

  defineSignedForm(deps, pages, {
    show: 'GET /programs/{code}/units/{unit}/rate',
    send: 'POST /programs/{code}/units/{unit}/rate',
    here: '/programs',
    names: RATE.map(({ name }) => name),
    async draw(c, filled) {
      const { program, unit } = await placeOf(c);
      const path = unitPath(program.code, unit.code);
      const form = { action: `${path}/rate`, fields: RATE, button: 'Go on', back: path };
      const main = html`<header class="title">
          ${inProgram(program)}
          <h1>Say what ${unit.name} are worth</h1>
          <p>Conversions that were done before keep the rate that they used.</p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Set a rate', here: '/programs', main };
    },
    async ask(c, values, { actorId }) {
      const { program, unit } = await placeOf(c);
      const rate = readFields(NewRateBody, values);
      return {
        act: 'set rate',
        subject: `unit/${unit.code}`,
        read: async (tx) => (await listUnitRates(tx, unit.code, null, 1)).map(({ id }) => String(id)),
        content: (newest) => ({ newest }),
        perform: (tx, signatureId) => setUnitRate(tx, program.code, unit.code, rate, actorId, signatureId),
        title: 'Set this rate?',
        about: () =>
          facts([
            ['Unit', `${unit.name} (${unit.code})`],
            ['One is worth', `${rate.rate} ${rate.currency}`],
            ['From', formatDay(rate.from)],
          ]),
        button: 'Set and sign',
        answer: () => unitPath(program.code, unit.code),
      };
    },
  });

  pages.on('POST /programs/{code}/units/{unit}/retirement', async (c, visitor) => {
    const { program, unit } = await placeOf(c);
    const path = unitPath(program.code, unit.code);
    return sign(c, visitor, {
      act: 'retire unit',
      subject: `unit/${unit.code}`,
      here: '/programs',
      back: path,
      typed: {},
      read: async (tx) => (await getUnitOf(tx, program.code, unit.code)).retiredAt?.toISOString() ?? null,
      content: (retiredAt) => ({ retiredAt }),
      perform: (tx, signatureId) => retireUnit(tx, program.code, unit.code, visitor.actorId, signatureId),
      title: `Retire ${unit.name}?`,
      about: () => html`<p>No terms may name it any longer. Partners keep and use the points that they have.</p>`,
      button: 'Retire and sign',
      answer: () => c.redirect(path, 303),
    });
  });
}

const aboutUnit = ({ code, expiryMonths, conversion, leastConversionMinor, cancelDays }: Unit) =>
  [
    ['Code', code],
    ['They expire', expiryMonths === null ? 'never' : `after ${countOf(expiryMonths, 'month')}`],
    ['Turned into money by', CONVERSION[conversion]],
    ['Smallest conversion', sayAmount(money(leastConversionMinor, code))],
    ['A redemption can be cancelled', `for ${countOf(cancelDays, 'day')}`],
  ] as const;
