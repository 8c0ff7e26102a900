import { z } from 'zod';

import {
  type LedgerAccount,
  listOwnAccounts,
  listPartnerAccounts,
  type PartnerAccounts,
  sumPartnerAccounts,
} from '../../../../db/books/accounts.ts';
import { formatMinor } from '../../../../domain/money.ts';
import { digitsOf, type UnitCode } from '../../../../domain/unit.ts';
import { csvHeaders, csvOf } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { countOf, formatAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';

const Query = z.object({ partner: z.string().trim().max(64).default('').catch('') });

/** The groups of our own accounts: the word before the first colon of a code, and what it holds. */
const ABOUT: Readonly<Record<string, string>> = {
  cash: 'Our balances at the providers and the bank',
  payout: 'Payouts on their way',
  fees: 'Fees of the providers',
  program: 'Earnings of partners, by program',
  suspense: 'Parts that came back, undecided',
  writeoff: 'Losses that we bear',
  points: 'Points of partners',
};

export const accountLink = (code: string): Html =>
  html`<a href="/ledger/accounts/${encodeURIComponent(code)}"><code>${code}</code></a>`;

const say = (minor: bigint, currency: UnitCode): string => formatAmount({ minor, currency });

const accountTable = (caption: string, accounts: readonly LedgerAccount[], empty: string, aside?: Html): Html =>
  table({
    caption,
    columns: ['Account', 'Holds', 'Currency', { label: 'Balance', number: true }],
    rows: accounts.map(({ code, currency, minor }) => ({
      head: accountLink(code),
      cells: [ABOUT[code.split(':')[0] ?? ''] ?? '', currency, say(minor, currency)],
    })),
    empty,
    aside,
  });

/** The sum of all accounts of a currency, which is zero in books that agree. */
function sumsOf(own: readonly LedgerAccount[], partners: readonly PartnerAccounts[]): Html {
  const currencies = [...new Set([...own, ...partners].map(({ currency }) => currency))].toSorted();
  return html`<dl class="totals">
    ${currencies.map((currency) => {
      const ofOwn = own.filter((one) => one.currency === currency).reduce((sum, { minor }) => sum + minor, 0n);
      const owed = partners.find((one) => one.currency === currency);
      const sum = ofOwn + (owed?.minor ?? 0n);
      return html`<div>
        <dt>${currency} <small>${countOf(owed?.accounts ?? 0, "partner's account", "partners' accounts")}</small></dt>
        <dd class="sum">${say(-(owed?.minor ?? 0n), currency)}</dd>
        <dd class="then">
          owed to
          partners${owed && owed.owingMinor > 0n && `, after ${say(owed.owingMinor, currency)} that partners owe us`}
        </dd>
        <dd class="then">
          All accounts add up to ${say(sum, currency)}
          ${sum === 0n ? tag({ label: 'agrees', tone: 'good' }) : tag({ label: 'does not agree', tone: 'alert' })}
        </dd>
      </div>`;
    })}
  </dl>`;
}

/** The accounts of the ledger with their balances. Each currency has its own accounts, and they add up to zero. */
export function ledgerPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /ledger', async (c, visitor) => {
    const { partner } = Query.parse(c.req.query());
    const [own, sums, ofPartner] = await Promise.all([
      listOwnAccounts(db),
      sumPartnerAccounts(db),
      partner === '' ? null : listPartnerAccounts(db, partner),
    ]);
    const csv = html`<a href="/ledger.csv?${new URLSearchParams(partner ? { partner } : {}).toString()}">CSV</a>`;
    const main = html`<header class="title">
        <h1>Ledger</h1>
        <p>A debit is positive, and a credit is negative. Entries are never changed: a correction is a new journal.</p>
      </header>
      ${sumsOf(own, sums)}
      ${filters('/ledger', [{ name: 'partner', label: "Partner's code" }], { values: { partner } })}
      ${
        ofPartner &&
        accountTable(`Accounts of ${partner}`, ofPartner, 'This partner has no account: they never earned anything.')
      }
      ${accountTable('Our accounts', own, 'The ledger is empty. The first earnings open the first accounts.', csv)}`;
    return sendPage(c, consolePage({ title: 'Ledger', here: '/ledger', main }, visitor));
  });

  pages.on('GET /ledger.csv', async (c) => {
    const { partner } = Query.parse(c.req.query());
    const [own, sums, ofPartner] = await Promise.all([
      partner === '' ? listOwnAccounts(db) : [],
      partner === '' ? sumPartnerAccounts(db) : [],
      partner === '' ? [] : listPartnerAccounts(db, partner),
    ]);
    const all = [...own, ...ofPartner, ...sums.map((sum) => ({ ...sum, code: 'partners', partner: null }))];
    const rows = all.map(({ code, currency, partner: of, minor }) => [
      code,
      of ?? '',
      currency,
      formatMinor(minor, digitsOf(currency)),
    ]);
    return c.body(csvOf(['account', 'partner', 'currency', 'balance'], rows), 200, {
      ...csvHeaders('ledger.csv'),
      'cache-control': 'no-store',
    });
  });
}
