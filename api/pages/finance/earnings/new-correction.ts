import { proposeCorrection, proposeWriteOff } from '../../../../commands/earnings/correction-proposals.ts';
import { listPrograms } from '../../../../db/programs/programs.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { Failure } from '../../../../domain/errors.ts';
import { parseDecimal } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { itemsOf, NewCorrectionBody } from '../../../routes/earnings/new-corrections.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { facts } from '../../components.ts';
import { type definePages, type PageContext, readAgain, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { CORRECTION_KIND } from '../../earning-words.ts';

const PATH = '/earnings/corrections';
const KINDS = ['credit', 'deduction', 'transfer', 'write_off'] as const;
type Kind = (typeof KINDS)[number];
const PROGRAMS_MAX = 200;
const NAMES = ['partner', 'from', 'to', 'program', 'currency', 'amount', 'availableOn', 'reason', 'reference'] as const;

const ABOUT: Record<Kind, string> = {
  credit: 'The partner is owed more.',
  deduction: 'The partner is owed less. The balance may fall below zero.',
  transfer: 'One partner is owed less, and another one more.',
  write_off: 'The balance is given up: one that the partner owes, or one that is too small to be paid.',
};

/** A person proposes a correction. It is signed, and counts for nothing before another person confirms it. */
export function newCorrectionPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);

  const send = (c: PageContext, visitor: Visitor, main: Html, status = 200) =>
    sendPage(c, consolePage({ title: 'Propose a correction', here: '/earnings/events', main }, visitor), status);

  pages.on('GET /earnings/corrections/new', async (c, visitor) => {
    const kind = KINDS.find((one) => one === c.req.query('kind'));
    if (!kind) return send(c, visitor, choicePage());
    const values = Object.fromEntries(
      NAMES.flatMap((name) => (c.req.query(name) ? [[name, c.req.query(name) ?? '']] : [])),
    );
    return send(c, visitor, await formPage(c, kind, { values }));
  });

  pages.on('POST /earnings/corrections', async (c, visitor) => {
    const values = await readForm(c, 'kind', ...NAMES);
    const kind = KINDS.find((one) => one === values.kind);
    if (!kind) throw new Failure('invalid_input', 'This form is not known. Nothing was proposed. Open it again.');
    const { data: body, objections } = checkFields(NewCorrectionBody, values);
    if (!body) return send(c, visitor, await formPage(c, kind, { values, objections }), 400);
    const { reason, reference = null } = body;
    const by = { reason, reference, proposedBy: visitor.actorId };
    return sign(c, visitor, {
      act: kind === 'write_off' ? 'propose write-off' : 'propose correction',
      subject: 'correction/new',
      here: '/earnings/events',
      back: `${PATH}/new?kind=${kind}`,
      typed: values,
      read: async () => null,
      content: () => null,
      perform: (tx, signatureId) => {
        if (body.kind !== 'write_off')
          return proposeCorrection(tx, { ...by, signatureId, kind: body.kind, items: itemsOf(body) });
        const { partner, program, currency, amount, availableOn = null } = body;
        const size = amount === undefined ? null : parseDecimal(amount, currency).minor;
        return proposeWriteOff(tx, { partner, program, currency, availableOn, size }, { ...by, signatureId });
      },
      title: `Propose this ${CORRECTION_KIND[kind].toLowerCase()}?`,
      about: () =>
        html`${facts(wishesFor(kind, []).flatMap(({ name, label }) => (values[name as 'partner'] ? [[label, values[name as 'partner']] as const] : [])))}
          <p>Nothing counts before another person confirms it.</p>`,
      button: 'Propose and sign',
      again: async (notice) => html`${notice} ${await formPage(c, kind, { values })}`,
      answer: ({ id }) => c.redirect(`${PATH}/${id}`, 303),
    });
  });

  async function formPage(c: PageContext, kind: Kind, filled: Filled): Promise<Html> {
    const programs = await readAgain(c, async () => listPrograms(db, null, PROGRAMS_MAX));
    const wishes = wishesFor(
      kind,
      programs.map(({ code }) => code),
    );
    return html`<header class="title">
        <p><a href="${PATH}">Corrections</a> / <a href="${PATH}/new">Propose</a></p>
        <h1>${CORRECTION_KIND[kind]}</h1>
        <p>${ABOUT[kind]}</p>
      </header>
      ${objectionsOf(
        wishes.map(({ name }) => name),
        filled.objections,
      )}
      <form method="post" action="${PATH}" class="card fields">
        <input type="hidden" name="kind" value="${kind}" />
        ${wishes.map((wish) => field(wish, filled))}
        <p class="buttons"><a class="button" href="${PATH}">Not now</a> <button class="primary">Go on</button></p>
      </form>`;
  }
}

const choicePage = (): Html =>
  html`<header class="title">
      <p><a href="${PATH}">Corrections</a></p>
      <h1>What should change?</h1>
    </header>
    <ul class="choices">
      ${KINDS.map(
        (kind) =>
          html`<li class="card">
            <a href="${PATH}/new?kind=${kind}">${CORRECTION_KIND[kind]}</a>
            <p class="quiet">${ABOUT[kind]}</p>
          </li>`,
      )}
    </ul>`;

const wishesFor = (kind: Kind, programs: readonly string[]): FieldWish[] => [
  ...(kind === 'transfer'
    ? [
        { name: 'from', label: 'Code of the partner who gives', required: true },
        { name: 'to', label: 'Code of the partner who gets it', required: true },
      ]
    : [{ name: 'partner', label: "Partner's code", required: true }]),
  { name: 'program', label: 'Program', choices: programs.map((value) => ({ value, label: value })), required: true },
  { name: 'currency', label: 'Currency', help: 'Such as USD', required: true, lengthMax: 3 },
  {
    name: 'amount',
    label: 'Amount',
    help: kind === 'write_off' ? 'Without it, the whole balance' : 'Such as 15.00',
    required: kind !== 'write_off',
  },
  {
    name: 'availableOn',
    label: 'Counts from',
    help: 'The first cut-off after this day includes it. Without it, it counts from today on',
    type: 'date',
  },
  {
    name: 'reason',
    label: 'Reason',
    help: 'The partner reads it next to the amount. Name no other partner in it',
    required: true,
    lengthMax: 500,
  },
  { name: 'reference', label: 'Reference', help: 'Where the evidence is, such as a ticket', lengthMax: 200 },
];
