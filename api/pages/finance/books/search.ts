import { findEvents, findPartners, findPayouts } from '../../../../db/books/search.ts';
import { money } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { table, tag } from '../../components.ts';
import { formatAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { PAYOUT_STATUS } from '../../words.ts';
import { eventPath, kindWords } from '../earnings/event-words.ts';
import { partnerPath } from '../partners/address.ts';

const TEXT_CHARS_MAX = 100;
const BY: Record<string, string> = {
  code: 'the code',
  name: 'the name',
  mail: 'the address',
  account: 'the last four of an account',
};

/** One box finds partners and payouts, by everything that a mail or a statement names. */
export function searchPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /search', async (c, visitor) => {
    const text = (c.req.query('q') ?? '').trim().slice(0, TEXT_CHARS_MAX);
    const [partners, payouts, events] =
      text === ''
        ? [[], [], []]
        : await Promise.all([findPartners(db, text), findPayouts(db, text), findEvents(db, text)]);
    const [only, ...others] = [
      ...partners.map(({ code }) => partnerPath(code)),
      ...payouts.map(({ id }) => `/payouts/${id}`),
      ...events.map(({ source, id }) => eventPath(source, id)),
    ];
    if (only !== undefined && others.length === 0) return c.redirect(only, 303);
    const main = html`<header class="title">
        <h1>Search</h1>
        <p>${text === '' ? 'Type something into the box.' : html`Results for <strong>${text}</strong>`}</p>
      </header>
      ${table({
        caption: 'Partners',
        columns: ['Partner', 'Code', 'Country', 'Found by', 'Payouts'],
        rows: partners.map(({ code, name, country, by }) => ({
          head: html`<a href="${partnerPath(code)}">${name}</a>`,
          cells: [
            code,
            country,
            BY[by],
            html`<a href="/payouts?${new URLSearchParams({ partner: code }).toString()}">Show</a>`,
          ],
        })),
        empty: 'No partner has a code or a name that begins like this, or this address.',
      })}
      ${table({
        caption: 'Payouts',
        columns: ['Payout', 'Partner', { label: 'Amount', number: true }, 'Status'],
        rows: payouts.map(({ id, partner, currency, netMinor, status }) => ({
          head: html`<a href="/payouts/${id}">${id}</a>`,
          cells: [
            html`<a href="${partnerPath(partner)}">${partner}</a>`,
            `${formatAmount(money(netMinor, currency))} ${currency}`,
            tag(PAYOUT_STATUS[status]),
          ],
        })),
        empty: 'No payout has this id, reference or check number.',
      })}
      ${table({
        caption: 'Events',
        columns: ['Event', 'Source', 'Kind', 'Partner'],
        rows: events.map(({ source, id, kind, partner }) => ({
          head: html`<a href="${eventPath(source, id)}">${id}</a>`,
          cells: [source, kindWords(kind), partner],
        })),
        empty: 'No event has this id in its source.',
      })}`;
    return sendPage(c, consolePage({ title: 'Search', main }, visitor));
  });
}
