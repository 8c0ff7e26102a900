import { giveOwnDetails, ownDetailsStatement } from '../../../../commands/partners/own-details.ts';
import { type FailedInstrument, findFailedInstrument, listInstruments } from '../../../../db/partners/instruments.ts';
import { listPartnersNamed, type Partner } from '../../../../db/partners/partners.ts';
import { getPayer, listPayerGateways } from '../../../../db/payers/payers.ts';
import { listPartnerSchedules } from '../../../../db/payers/schedules.ts';
import { Failure } from '../../../../domain/errors.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { type Destination, summarize } from '../../../../domain/partners/destination.ts';
import { type Method, METHODS } from '../../../../domain/rails.ts';
import { parseJson } from '../../../http/body.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { destinationOf } from '../../../routes/partners/details.ts';
import { facts } from '../../components.ts';
import { objectionsOf, type Filled } from '../../form.ts';
import { readForm, readValues, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { readSigned, signatureForm, signingPlace } from '../../people/signature.ts';
import { say } from '../../say.ts';
import type { Portal } from '../portal.ts';
import {
  again,
  bodyOf,
  choicesOf,
  choicesOfFailed,
  correctionOf,
  formFields,
  nameOf,
  readBody,
  stepOf,
  type Values,
  whereFields,
  withMissing,
} from './details-form.ts';

const CHOICES = ['method', 'currency', 'country', 'type'] as const;

/** A partner adds payout details: they are typed, corrected where they are wrong, and signed with a passkey. */
export function newDetailPages(deps: ApiDeps, portal: Portal): void {
  const { db, vault, settings } = deps;
  const { coolingOffDays } = settings;

  portal.on('GET /portal/{partner}/details/new', async (c, own, visitor) => {
    const values = Object.fromEntries(
      CHOICES.flatMap((name) => (c.req.query(name) ? [[name, c.req.query(name) ?? '']] : [])),
    );
    const failed = await failedOf(own, c.req.query('corrects'));
    const filled = failed ? { ...correctionOf(failed), values: { ...choicesOfFailed(failed), ...values } } : { values };
    const main = stepPage(own, await partnerOf(own), filled, await offeredTo(own));
    return sendPage(c, portalPage({ title: say('newDetails.title'), here: '/details', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/details/new', async (c, own, visitor) => {
    const partner = await partnerOf(own);
    const values = await readValues(c);
    const next = stepOf(values, partner);
    if (next.step !== 'fields')
      throw new Failure('invalid_input', 'This form is not known. Nothing was saved. Open it again.');
    const body = bodyOf(next.form, values);
    const read = readBody(body);
    if (!read.success) {
      const main = stepPage(own, partner, { values, objections: withMissing(next.form, values, read.objections) });
      return sendPage(c, portalPage({ title: say('newDetails.title'), here: '/details', main }, visitor, own), 400);
    }
    const destination = destinationOf(read.body);
    const details = { partner, destination, actorId: visitor.actorId };
    const signer = { actorId: visitor.actorId, statement: ownDetailsStatement(vault, details) };
    const [form, earlier] = await Promise.all([
      signatureForm(deps, signer, {
        action: `${portalOf(own)}/details`,
        button: say('newDetails.save'),
        hidden: { body: JSON.stringify(body) },
      }),
      listInstruments(db, own.id, null, 1),
    ]);
    const main = html`<header class="title">
        <p><a href="${portalOf(own)}/details">${say('place.details')}</a></p>
        <h1>${say('newDetails.payTo', { name: own.name })}</h1>
      </header>
      ${summaryOf(destination, partner)}
      <p>${earlier.length === 0 ? say('newDetails.first') : say('newDetails.wait', { days: coolingOffDays })}</p>
      ${form}
      <p><a href="${portalOf(own)}/details">${say('form.notNow')}</a></p>`;
    return sendPage(c, portalPage({ title: say('newDetails.sign'), here: '/details', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/details', async (c, own, visitor) => {
    const { body } = await readForm(c, 'body');
    const read = readBody(parseJson(body || 'null', 'form'));
    if (!read.success)
      throw new Failure(
        'invalid_input',
        'These details are not those that you saw. Nothing was saved. Type them again.',
      );
    const details = { partner: await partnerOf(own), destination: destinationOf(read.body), actorId: visitor.actorId };
    await giveOwnDetails(db, signingPlace(deps), details, { signed: await readSigned(c), coolingOffDays });
    return c.redirect(`${portalOf(own)}/details`, 303);
  });

  /** The methods that the payers of the partner offer. Without a payer, all. */
  async function offeredTo(own: Own): Promise<readonly Method[]> {
    const payers = new Set((await listPartnerSchedules(db, own.id)).map(({ payer }) => payer));
    const gateways = await Promise.all(
      [...payers].map(async (code) => listPayerGateways(db, (await getPayer(db, code)).id)),
    );
    const offered = METHODS.filter((method) => gateways.flat().some((one) => one.method === method));
    return offered.length > 0 ? offered : METHODS;
  }

  /** The details that a person corrects, if they come from some that failed. */
  async function failedOf(own: Own, id: string | undefined): Promise<FailedInstrument | null> {
    if (id === undefined) return null;
    const failed = isUuid(id) ? await findFailedInstrument(db, own.id, id) : null;
    if (!failed) throw new Failure('not_found', `You have no payout details ${id} that failed.`);
    return failed;
  }

  async function partnerOf(own: Own): Promise<Partner> {
    const [partner] = await listPartnersNamed(db, [own.code]);
    if (!partner) throw new Failure('not_found', `There is no partner ${own.code}.`);
    return partner;
  }
}

function stepPage(own: Own, partner: Partner, filled: Filled, offered: readonly Method[] = METHODS): Html {
  const { values } = filled;
  const next = stepOf(values, partner);
  const path = `${portalOf(own)}/details/new`;
  const hidden = (all: Values): Html[] =>
    Object.entries(all).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`);
  const linkTo = (all: Values): string => `${path}?${new URLSearchParams(all).toString()}`;
  const head = (title: string): Html =>
    html`<header class="title">
      <p><a href="${portalOf(own)}/details">${say('place.details')}</a></p>
      <h1>${title}</h1>
    </header>`;
  switch (next.step) {
    case 'method':
      return html`${head(say('newDetails.how'))}
        <ul class="choices">
          ${offered.map((method) => html`<li><a class="card" href="${linkTo({ method })}">${say(`method.start.${method}`)}</a></li>`)}
        </ul>`;
    case 'where':
      return html`${head(say('newDetails.where'))}
        <form method="get" action="${path}" class="card fields">
          ${hidden({ method: 'bank' })} ${whereFields(values, partner, next.objections)}
          <p class="buttons"><button class="primary">${say('form.goOn')}</button></p>
        </form>`;
    case 'type':
      return html`${head(say('newDetails.type'))}
        <ul class="choices">
          ${next.forms.map((form) => {
            const choices = choicesOf(form, values);
            return html`<li><a class="card" href="${linkTo(choices)}">${again(form.title)}</a></li>`;
          })}
        </ul>`;
    case 'fields': {
      const { form } = next;
      const home = { 'address.country': partner.country };
      return html`${head(again(form.title))}
        ${filled.notice ?? objectionsOf(form.fields.map(nameOf), filled.objections)}
        <form method="post" action="${path}" class="card fields">
          ${hidden(choicesOf(form, values))}
          ${formFields(form, { ...filled, values: form.method === 'check' ? { ...home, ...values } : values })}
          <p class="buttons">
            <a class="button" href="${path}">${say('newDetails.another')}</a>
            <button class="primary">${say('form.goOn')}</button>
          </p>
        </form>`;
    }
  }
}

/** The details as they will be shown from now on: without most of the account number. */
function summaryOf(destination: Destination, partner: Partner): Html {
  const { method, currency, country, last4 } = summarize(destination, partner.country);
  const owner =
    destination.method === 'bank'
      ? destination.holder
      : destination.method === 'check'
        ? destination.payee
        : destination.receiver;
  return html`<section class="card">
    ${facts([
      [say('newDetails.by'), say(`method.name.${method}`)],
      [say('newDetails.to'), owner],
      ...(last4 === '' ? [] : [[say('newDetails.account'), `•••• ${last4}`] as const]),
      [say('details.currency'), currency ?? say('details.any')],
      [say('newDetails.country'), country],
    ])}
  </section>`;
}
