import { withdrawInstrument } from '../../../../commands/partners/instrument-order.ts';
import { clearInstrument } from '../../../../commands/payouts/instrument-failures.ts';
import type { DetailsHistory } from '../../../../db/partners/details-history.ts';
import type { Instrument } from '../../../../db/partners/instruments.ts';
import type { Partner } from '../../../../db/partners/partners.ts';
import { labelOf } from '../../../../domain/partners/payment-forms.ts';
import type { Role } from '../../../../domain/people/role.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { askReason, table, tag } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, idOf, readReason } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { METHOD } from '../../words.ts';
import { partnerOf, partnerPath, ZONE } from './address.ts';

export type DetailsSeen = {
  inOrder: readonly Instrument[];
  withdrawn: readonly Instrument[];
  history: readonly DetailsHistory[];
};

const nameOf = ({ method, last4 }: Instrument): string => `${METHOD[method]}${last4 === '' ? '' : ` •••• ${last4}`}`;

function stateOf({
  usableFrom,
  waitsForCall,
  failureAdvice,
  failureFields,
  withdrawnAt,
  withdrawnReason,
}: Instrument): Html {
  if (withdrawnAt !== null)
    return html`${tag({ label: 'withdrawn', tone: 'plain' })}
      <small>${formatInstant(withdrawnAt, ZONE)}: ${withdrawnReason}</small>`;
  if (failureAdvice !== null)
    return html`${tag({ label: 'failed', tone: 'alert' })}
      <small>${failureAdvice}</small>
      ${failureFields.map(({ field, reason }) => html`<small class="line">${labelOf(field)} ${reason}.</small>`)}`;
  if (usableFrom.getTime() > Date.now())
    return html`${tag({ label: 'cooling off', tone: 'watch' })}
      ${waitsForCall && tag({ label: 'waits for a call', tone: 'watch' })}
      <small>used from ${formatInstant(usableFrom, ZONE)} on; until then the earlier ones are</small>`;
  if (waitsForCall)
    return html`${tag({ label: 'waits for a call', tone: 'watch' })}
      <small>used once a second person called the partner back; until then the earlier ones are</small>`;
  return tag({ label: 'can be used', tone: 'good' });
}

const sharedOf = ({ sharedWith }: Instrument): Html | false =>
  sharedWith.length > 0 &&
  html`${tag({ label: 'same account as another', tone: 'alert' })}
    <small
      >${sharedWith.map((code, index) => html`${index > 0 && ', '}<a href="${partnerPath(code)}">${code}</a>`)}</small
    >`;

/** Thieves change the address first, so that nobody else is told of the details. */
const addressOf = ({ addressChangedAt = null }: Partial<DetailsHistory> = {}): Html | false =>
  addressChangedAt !== null &&
  html`${tag({ label: 'address changed before', tone: 'alert' })}
    <small>the e-mail address for notices changed on ${formatInstant(addressChangedAt, ZONE)}</small>`;

const toldOf = (history: DetailsHistory | undefined): Html =>
  history && history.told.length > 0
    ? html`${history.told.map(
        ({ address, sentAt }) =>
          html`<span class="line"
            >${address} <small>${sentAt ? formatInstant(sentAt, ZONE) : 'waits to be sent'}</small></span
          >`,
      )}`
    : html`<span class="quiet">nobody: they came with the partner, or no address was known</span>`;

/** The payout details of a partner, masked, with what a person needs to judge a change. */
export function detailsTable(
  partner: Partner,
  { inOrder, withdrawn, history }: DetailsSeen,
  roles: readonly Role[],
): Html {
  const may = mayUse(roles, 'POST /partners/{code}/details/{id}/call');
  const mayAdd = mayUse(roles, 'GET /partners/{code}/new-details');
  const path = `${partnerPath(partner.code)}/new-details`;
  const rowOf = (instrument: Instrument) => {
    const known = history.find(({ instrumentId }) => instrumentId === instrument.id);
    return {
      head: html`${nameOf(instrument)}
        <small>${instrument.country}, ${instrument.currency ?? 'any currency'}</small> ${sharedOf(instrument)}`,
      cells: [
        stateOf(instrument),
        html`<span class="day">${formatInstant(instrument.createdAt, ZONE)}</span>
          <small>by ${known?.addedBy ?? 'the server'}${instrument.givenBy === 'partner' && ', for the partner'}</small>
          ${addressOf(known)}`,
        html`${toldOf(known)} ${callsOf(partner, known)}`,
        ...(may ? [instrument.withdrawnAt === null && actionsOf(partner, instrument, roles)] : []),
      ],
    };
  };
  return table({
    caption: 'Payout details',
    columns: ['Details', 'State', 'Added', 'Told and called', ...(may ? [{ label: 'Action', unseen: true }] : [])],
    rows: [...inOrder, ...withdrawn].map(rowOf),
    aside: mayAdd ? html`<a href="${path}">Add</a>` : undefined,
    empty: html`This partner gave no payout details, so nothing can be paid. The partner adds them in the portal.
    ${mayAdd && html`Or <a href="${path}">add them here</a>.`}`,
  });
}

/** The calls about details, with the evidence that was kept. */
const callsOf = (partner: Partner, history: DetailsHistory | undefined): Html[] =>
  (history?.calls ?? []).map(
    ({ id, phone, spokeWith, calledAt, isConfirmed, evidence, fileName, by }) =>
      html`<div class="line">
        ${tag(isConfirmed ? { label: 'confirmed by a call', tone: 'good' } : { label: 'not theirs', tone: 'alert' })}
        <small>
          ${by} called ${phone} on ${formatInstant(calledAt, ZONE)} and spoke with ${spokeWith}: ${evidence}
          ${fileName && html`<a href="${partnerPath(partner.code)}/calls/${id}/file">${fileName}</a>`}
        </small>
      </div>`,
  );

function actionsOf(partner: Partner, instrument: Instrument, roles: readonly Role[]): Html {
  const path = `${partnerPath(partner.code)}/details/${instrument.id}`;
  return html`<a class="button" href="${path}/call">Call back…</a> ${
      mayUse(roles, 'POST /partners/{code}/details/{id}/withdraw') &&
      askReason({
        id: `withdraw-${instrument.id}`,
        action: `${path}/withdraw`,
        button: 'Withdraw',
        title: `Withdraw ${nameOf(instrument)}?`,
        about: 'Nothing is paid to it any longer, from now on and for ever. The next details in the order are used.',
      })
    }
    ${
      instrument.failureAdvice !== null &&
      mayUse(roles, 'POST /partners/{code}/details/{id}/clear') &&
      askReason({
        id: `clear-${instrument.id}`,
        action: `${path}/clear`,
        button: 'Clear',
        title: `Pay to ${nameOf(instrument)} again?`,
        about: 'Say why they are right after all, for example that the bank reopened the account.',
      })
    }`;
}

export function partnerDetailPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('POST /partners/{code}/details/{id}/withdraw', async (c, { actorId }) => {
    const partner = await partnerOf(db, c);
    await withdrawInstrument(db, partner, { id: idOf(c, 'instrument'), reason: await readReason(c), by: actorId });
    return c.redirect(partnerPath(partner.code), 303);
  });

  pages.on('POST /partners/{code}/details/{id}/clear', async (c, { actorId }) => {
    const partner = await partnerOf(db, c);
    await clearInstrument(db, partner, { id: idOf(c, 'instrument'), reason: await readReason(c), by: actorId });
    return c.redirect(partnerPath(partner.code), 303);
  });
}
