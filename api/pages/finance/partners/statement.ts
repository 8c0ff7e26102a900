import type { Partner } from '../../../../db/partners/partners.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { type Account, drawStatement, statementFile } from '../../statement.ts';
import { zoneOf } from '../../zone.ts';
import { formHead, partnerOf, partnerPath } from './address.ts';

const WORDS = {
  caption: (currency: string) => `Account in ${currency}`,
  owed: (amount: string) => `We owe ${amount}`,
  nothing: () => 'Until the end of these days the partner had earned nothing, and nothing was paid. Choose later days.',
};

/** The statement that the partner reads, for finance. */
export function partnerStatementPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const accountOf = async (partner: Partner): Promise<Account> => ({
    partner,
    zone: await zoneOf(db, partner.id),
    path: `${partnerPath(partner.code)}/statement`,
    payouts: '/payouts/',
    words: WORDS,
  });

  pages.on('GET /partners/{code}/statement', async (c, visitor) => {
    const partner = await partnerOf(db, c);
    const { main, status } = await drawStatement(db, c, await accountOf(partner));
    const page = html`${formHead(partner, 'Statement')} ${main}`;
    return sendPage(
      c,
      consolePage({ title: `Statement, ${partner.name}`, here: '/partners', main: page }, visitor),
      status,
    );
  });

  pages.on('GET /partners/{code}/statement.csv', async (c) =>
    statementFile(db, c, await accountOf(await partnerOf(db, c))),
  );
}
