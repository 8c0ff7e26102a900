import { z } from 'zod';

import { withdrawInstrument } from '../../../../commands/partners/instrument-order.ts';
import { listContactChanges } from '../../../../db/partners/contact-changes.ts';
import { getInstrument, type Instrument, listInstruments } from '../../../../db/partners/instruments.ts';
import { listPartnersNamed } from '../../../../db/partners/partners.ts';
import { Failure } from '../../../../domain/errors.ts';
import { adviceAgain } from '../../../../domain/payouts/advice.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Reason } from '../../../http/schemas.ts';
import { table, tag } from '../../components.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { formatInstant, readersVoice } from '../../format.ts';
import { readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { methodAndEnd } from '../../portal-words.ts';
import { linkTo, say, tell } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';
import { contactCard } from './contact.ts';

const INSTRUMENTS_MAX = 50;
const reasonField = (): FieldWish => ({
  name: 'reason',
  label: say('form.reason'),
  help: say('details.reason.help'),
  required: true,
  lengthMax: 500,
});

/** Where a partner is paid, masked, and how to reach them. */
export function detailPages({ db }: ApiDeps, portal: Portal): void {
  portal.on('GET /portal/{partner}/details', async (c, own, visitor) => {
    const [[partner], instruments, changes, zone] = await Promise.all([
      listPartnersNamed(db, [own.code]),
      listInstruments(db, own.id, null, INSTRUMENTS_MAX),
      listContactChanges(db, own.id, null, 1),
      zoneOf(db, own.id),
    ]);
    const inUse = instruments.filter(({ position }) => position !== null);
    const main = html`<header class="title"><h1>${say('place.details')}</h1></header>
      ${table({
        caption: say('details.where'),
        columns: [
          say('details.details'),
          say('details.currency'),
          say('list.state'),
          say('details.added'),
          ...(mayAct(own) ? [{ label: say('list.action'), unseen: true }] : []),
        ],
        rows: inUse
          .toSorted((a, b) => Number(a.position) - Number(b.position))
          .map((instrument) => instrumentRow(own, instrument, zone)),
        empty: mayAct(own)
          ? tell('details.none', { link: linkTo(`${portalOf(own)}/details/new`) })
          : say('details.noneForViewer'),
        aside: html`<small>${say('details.order')}</small>`,
      })}
      ${
        mayAct(own) &&
        html`<p class="buttons">
          <a class="button primary" href="${portalOf(own)}/details/new">${say('details.add')}</a>
        </p>`
      }
      ${withdrawn(instruments, zone)} ${partner && contactCard(own, partner, changes, zone)}`;
    return sendPage(c, portalPage({ title: say('place.details'), here: '/details', main }, visitor, own));
  });

  const withdrawal = (own: Own, instrument: Instrument, filled: Filled): Html =>
    html`<header class="title">
        <p><a href="${portalOf(own)}/details">${say('place.details')}</a></p>
        <h1>${say('details.withdrawWhat', { details: nameOf(instrument) })}</h1>
        <p>${say('details.withdraw.about')}</p>
      </header>
      ${objectionsOf(['reason'], filled.objections)}
      <form method="post" action="${portalOf(own)}/details/${instrument.id}/withdrawal" class="card">
        ${field(reasonField(), filled)}
        <p class="buttons">
          <a class="button" href="${portalOf(own)}/details">${say('details.keep')}</a>
          <button class="primary">${say('details.withdraw')}</button>
        </p>
      </form>`;
  const findInstrument = (own: Own, id: string): Promise<Instrument> => {
    if (!z.uuid().safeParse(id).success) throw new Failure('not_found', `You have no payout details ${id}.`);
    return getInstrument(db, own.id, id);
  };

  portal.on('GET /portal/{partner}/details/{id}/withdrawal', async (c, own, visitor) => {
    const instrument = await findInstrument(own, c.req.param('id') ?? '');
    const main = withdrawal(own, instrument, { values: {} });
    return sendPage(c, portalPage({ title: say('details.withdraw'), here: '/details', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/details/{id}/withdrawal', async (c, own, visitor) => {
    const instrument = await findInstrument(own, c.req.param('id') ?? '');
    const values = await readForm(c, 'reason');
    const reason = Reason.safeParse(values.reason);
    if (reason.success) {
      await withdrawInstrument(db, own, { id: instrument.id, reason: reason.data, by: visitor.actorId });
      return c.redirect(`${portalOf(own)}/details`, 303);
    }
    const why = values.reason.trim() === '' ? 'is empty' : 'is not one line of up to 500 letters';
    const main = withdrawal(own, instrument, { values, objections: [{ field: 'reason', reason: why }] });
    return sendPage(c, portalPage({ title: say('details.withdraw'), here: '/details', main }, visitor, own), 400);
  });
}

const nameOf = ({ method, last4 }: Instrument): string => methodAndEnd(method, last4);

function instrumentRow(own: Own, instrument: Instrument, zone: string) {
  const { id, currency, country, createdAt, givenBy } = instrument;
  return {
    head: html`${nameOf(instrument)} <small>${country}</small>`,
    cells: [
      currency ?? say('details.any'),
      html`${stateOf(instrument, zone)} ${correctionOf(own, instrument)}`,
      html`<span class="day">${formatInstant(createdAt, zone)}</span>
        <small>${givenBy === 'partner' ? say('details.byYou') : say('details.byUs')}</small>`,
      ...(mayAct(own)
        ? [html`<a class="button" href="${portalOf(own)}/details/${id}/withdrawal">${say('details.withdrawMore')}</a>`]
        : []),
    ],
  };
}

const correctionOf = (own: Own, { id, failureAdvice }: Instrument): Html | false =>
  failureAdvice !== null &&
  mayAct(own) &&
  html`<a class="button" href="${portalOf(own)}/details/new?${new URLSearchParams({ corrects: id }).toString()}"
    >${say('details.correct')}</a
  >`;

function stateOf({ usableFrom, waitsForCall, failureAdvice }: Instrument, zone: string): Html {
  if (failureAdvice !== null)
    return html`${tag({ label: say('details.failed'), tone: 'alert' })}
      <small>${adviceAgain(failureAdvice, readersVoice())}</small>`;
  if (usableFrom.getTime() > Date.now())
    return html`${tag({ label: say('details.waits'), tone: 'watch' })}
      <small>${say('details.usedFrom', { day: formatInstant(usableFrom, zone) })}</small>`;
  if (waitsForCall)
    return html`${tag({ label: say('details.waits'), tone: 'watch' })} <small>${say('details.weCall')}</small>`;
  return tag({ label: say('details.inUse'), tone: 'good' });
}

const withdrawn = (instruments: readonly Instrument[], zone: string): Html | false => {
  const gone = instruments.filter(({ withdrawnAt }) => withdrawnAt !== null);
  return (
    gone.length > 0 &&
    table({
      caption: say('details.withdrawn'),
      columns: [say('details.details'), say('details.withdrawnOn'), say('details.why')],
      rows: gone.map((instrument) => ({
        head: nameOf(instrument),
        cells: [instrument.withdrawnAt && formatInstant(instrument.withdrawnAt, zone), instrument.withdrawnReason],
      })),
      empty: '',
    })
  );
};
