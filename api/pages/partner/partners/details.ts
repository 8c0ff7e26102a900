import { z } from 'zod';

import { withdrawInstrument } from '../../../../commands/partners/instrument-order.ts';
import { listContactChanges } from '../../../../db/partners/contact-changes.ts';
import { getInstrument, type Instrument, listInstruments } from '../../../../db/partners/instruments.ts';
import { listPartnersNamed } from '../../../../db/partners/partners.ts';
import { Failure } from '../../../../domain/errors.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Reason } from '../../../http/schemas.ts';
import { table, tag } from '../../components.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { mayAct, type Own, portalOf, portalPage } from '../../layout.ts';
import { METHOD } from '../../words.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';
import { contactCard } from './contact.ts';

const INSTRUMENTS_MAX = 50;
const REASON: FieldWish = {
  name: 'reason',
  label: 'Reason',
  help: 'In one line, for the people who pay you, such as: The account is closed',
  required: true,
  lengthMax: 500,
};

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
    const main = html`<header class="title"><h1>Details</h1></header>
      ${table({
        caption: 'Where we pay you',
        columns: ['Details', 'Currency', 'State', 'Added', ...(mayAct(own) ? [{ label: 'Action', unseen: true }] : [])],
        rows: inUse
          .toSorted((a, b) => Number(a.position) - Number(b.position))
          .map((instrument) => instrumentRow(own, instrument, zone)),
        empty: mayAct(own)
          ? html`You gave no payout details, so we cannot pay you.
              <a href="${portalOf(own)}/details/new">Add the first ones</a>: they are used at once.`
          : 'You gave no payout details, so we cannot pay you. An owner adds them.',
        aside: html`<small>For each currency we pay to the first one that can take it.</small>`,
      })}
      ${
        mayAct(own) &&
        html`<p class="buttons">
          <a class="button primary" href="${portalOf(own)}/details/new">Add payout details…</a>
        </p>`
      }
      ${withdrawn(instruments, zone)} ${partner && contactCard(own, partner, changes, zone)}`;
    return sendPage(c, portalPage({ title: 'Details', here: '/details', main }, visitor, own));
  });

  const withdrawal = (own: Own, instrument: Instrument, filled: Filled): Html =>
    html`<header class="title">
        <p><a href="${portalOf(own)}/details">Details</a></p>
        <h1>Withdraw ${nameOf(instrument)}?</h1>
        <p>
          We no longer pay to it, from now on and for ever. The next one in your order is used instead, if there is one.
        </p>
      </header>
      ${objectionsOf(['reason'], filled.objections)}
      <form method="post" action="${portalOf(own)}/details/${instrument.id}/withdrawal" class="card">
        ${field(REASON, filled)}
        <p class="buttons">
          <a class="button" href="${portalOf(own)}/details">Keep it</a> <button class="primary">Withdraw</button>
        </p>
      </form>`;
  const findInstrument = (own: Own, id: string): Promise<Instrument> => {
    if (!z.uuid().safeParse(id).success) throw new Failure('not_found', `You have no payout details ${id}.`);
    return getInstrument(db, own.id, id);
  };

  portal.on('GET /portal/{partner}/details/{id}/withdrawal', async (c, own, visitor) => {
    const instrument = await findInstrument(own, c.req.param('id') ?? '');
    const main = withdrawal(own, instrument, { values: {} });
    return sendPage(c, portalPage({ title: 'Withdraw', here: '/details', main }, visitor, own));
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
    return sendPage(c, portalPage({ title: 'Withdraw', here: '/details', main }, visitor, own), 400);
  });
}

const nameOf = ({ method, last4 }: Instrument): string =>
  `${METHOD[method]}${last4 === '' ? '' : `, ending in ${last4}`}`;

function instrumentRow(own: Own, instrument: Instrument, zone: string) {
  const { id, currency, country, createdAt, givenBy } = instrument;
  return {
    head: html`${nameOf(instrument)} <small>${country}</small>`,
    cells: [
      currency ?? 'any',
      stateOf(instrument, zone),
      html`<span class="day">${formatInstant(createdAt, zone)}</span>
        <small>by ${givenBy === 'partner' ? 'you' : 'us'}</small>`,
      ...(mayAct(own) ? [html`<a class="button" href="${portalOf(own)}/details/${id}/withdrawal">Withdraw…</a>`] : []),
    ],
  };
}

function stateOf({ usableFrom, waitsForCall, failureAdvice }: Instrument, zone: string): Html {
  if (failureAdvice !== null)
    return html`${tag({ label: 'failed', tone: 'alert' })} <small>${failureAdvice} Then add new ones.</small>`;
  if (usableFrom.getTime() > Date.now())
    return html`${tag({ label: 'waits', tone: 'watch' })}
      <small>used from ${formatInstant(usableFrom, zone)} on; until then we pay as before</small>`;
  if (waitsForCall)
    return html`${tag({ label: 'waits', tone: 'watch' })}
      <small>we call you first; until then we pay as before</small>`;
  return tag({ label: 'in use', tone: 'good' });
}

const withdrawn = (instruments: readonly Instrument[], zone: string): Html | false => {
  const gone = instruments.filter(({ withdrawnAt }) => withdrawnAt !== null);
  return (
    gone.length > 0 &&
    table({
      caption: 'Withdrawn',
      columns: ['Details', 'Withdrawn', 'Why'],
      rows: gone.map((instrument) => ({
        head: nameOf(instrument),
        cells: [instrument.withdrawnAt && formatInstant(instrument.withdrawnAt, zone), instrument.withdrawnReason],
      })),
      empty: '',
    })
  );
};
