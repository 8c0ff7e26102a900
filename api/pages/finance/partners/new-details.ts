import { addInstrument } from '../../../../commands/partners/instruments.ts';
import { listInstruments } from '../../../../db/partners/instruments.ts';
import type { Partner } from '../../../../db/partners/partners.ts';
import { fingerprint } from '../../../../db/vault.ts';
import { canonicalJson } from '../../../../domain/canonical.ts';
import { Failure } from '../../../../domain/errors.ts';
import { summarize } from '../../../../domain/partners/destination.ts';
import { METHOD_NAMES, METHODS } from '../../../../domain/rails.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { destinationOf } from '../../../routes/partners/details.ts';
import { facts, hiddenFields } from '../../components.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { reasonsOf } from '../../form-page.ts';
import { countOf } from '../../format.ts';
import { type definePages, readValues, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import {
  bodyOf,
  choicesOf,
  formFields,
  nameOf,
  readBody,
  stepOf,
  whereFields,
  withMissing,
} from '../../partner/partners/details-form.ts';
import { defineSigning } from '../../signing.ts';
import { formHead, partnerOf, partnerPath } from './address.ts';

const CHOICES = ['method', 'currency', 'country', 'type'] as const;

const PLACE: FieldWish = {
  name: 'place',
  label: 'Used',
  choices: [
    { value: 'first', label: 'instead of the other details' },
    { value: 'last', label: 'where none of the other details can be used' },
  ],
  always: true,
  required: true,
};

/** An operator types payout details that a partner gave, and signs them. */
export function newDetailsPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault, settings } = deps;
  const { coolingOffDays } = settings;
  const sign = defineSigning(deps);

  pages.on('GET /partners/{code}/new-details', async (c, visitor) => {
    const partner = await partnerOf(db, c);
    const values = Object.fromEntries(
      CHOICES.flatMap((name) => (c.req.query(name) ? [[name, c.req.query(name) ?? '']] : [])),
    );
    const main = stepPage(partner, { values });
    return sendPage(c, consolePage({ title: 'New details', here: '/partners', main }, visitor));
  });

  pages.on('POST /partners/{code}/new-details', async (c, visitor) => {
    const partner = await partnerOf(db, c);
    const values = await readValues(c);
    const next = stepOf(values, partner);
    if (next.step !== 'fields')
      throw new Failure('invalid_input', 'This form is not known. Nothing was saved. Open it again.');
    const { form } = next;
    const read = readBody({ ...bodyOf(form, values), place: values['place'] });
    if (!read.success) {
      const main = stepPage(partner, { values, objections: withMissing(form, values, read.objections) });
      return sendPage(c, consolePage({ title: 'New details', here: '/partners', main }, visitor), 400);
    }
    const { place } = read.body;
    const destination = destinationOf(read.body);
    const { currency, country, last4 } = summarize(destination, partner.country);
    const mark = fingerprint(vault, `details/${canonicalJson(destination)}`).toString('hex');
    const typed = ['place', ...form.fields.map(nameOf)].map((name) => [name, values[name] ?? ''] as const);
    const policy = { coolingOffDays, by: visitor.actorId, givenBy: 'company' } as const;
    return sign(c, visitor, {
      act: 'add details',
      subject: `partner/${partner.code}`,
      here: '/partners',
      back: partnerPath(partner.code),
      typed: {},
      secret: { ...choicesOf(form, values), ...Object.fromEntries(typed) },
      read: async (tx) => (await listInstruments(tx, partner.id, null, 1)).map(({ id }) => id),
      content: (newest) => ({ newest, mark, place }),
      perform: (tx, signatureId) =>
        addInstrument(tx, vault, { partner, destination, place }, { ...policy, signatureId }),
      title: `Pay ${partner.name} to these details?`,
      about: (newest) =>
        html`${facts([
            ['By', METHOD_NAMES[form.method]],
            ...(last4 === '' ? [] : [['Account', `•••• ${last4}`] as const]),
            ['Currency', currency ?? 'any'],
            ['Country', country],
          ])}
          <p>
            ${
              newest.length === 0
                ? 'These are the first details, so they are used at once.'
                : `Changed details wait for up to ${countOf(coolingOffDays, 'day')}, and every e-mail address of the last 30 days is told. You cannot approve a run that pays to them.`
            }
          </p>`,
      button: 'Save and sign',
      again: (_notice, problem) => stepPage(partner, { values, objections: reasonsOf(problem) }),
      answer: () => c.redirect(partnerPath(partner.code), 303),
    });
  });
}

/** The next thing to choose, and in the end the form of the provider. */
function stepPage(partner: Partner, filled: Filled): Html {
  const { values } = filled;
  const next = stepOf(values, partner);
  const path = `${partnerPath(partner.code)}/new-details`;
  const linkTo = (all: Filled['values']): string => `${path}?${new URLSearchParams(all).toString()}`;
  switch (next.step) {
    case 'method':
      return html`${formHead(partner, 'How do they want to be paid?', 'Best, an owner of the partner adds details in the portal. Type them here only if you know that the partner gave them.')}
        <ul class="choices">
          ${METHODS.map((method) => html`<li><a class="card" href="${linkTo({ method })}">By ${METHOD_NAMES[method]}</a></li>`)}
        </ul>`;
    case 'where':
      return html`${formHead(partner, 'Where is the account?')}
        <form method="get" action="${path}" class="card fields">
          ${hiddenFields({ method: 'bank' })} ${whereFields(values, partner, next.objections)}
          <p class="buttons"><button class="primary">Go on</button></p>
        </form>`;
    case 'type':
      return html`${formHead(partner, 'Which kind of account is it?')}
        <ul class="choices">
          ${next.forms.map((form) => html`<li><a class="card" href="${linkTo(choicesOf(form, values))}">${form.title}</a></li>`)}
        </ul>`;
    case 'fields': {
      const { form } = next;
      const home = form.method === 'check' ? { 'address.country': partner.country } : {};
      return html`${formHead(partner, form.title)}
        ${objectionsOf(['place', ...form.fields.map(nameOf)], filled.objections)}
        <form method="post" action="${path}" class="card fields">
          ${hiddenFields(choicesOf(form, values))} ${formFields(form, { ...filled, values: { ...home, ...values } })}
          ${field(PLACE, filled)}
          <p class="buttons">
            <a class="button" href="${path}">Another method</a> <button class="primary">Go on</button>
          </p>
        </form>`;
    }
  }
}
