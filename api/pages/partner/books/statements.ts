import type { ApiDeps } from '../../../http/deps.ts';
import { sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { askAbout } from '../earnings/questions.ts';
import { type Account, drawStatement, statementFile } from '../../statement.ts';
import { say } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const WORDS = {
  caption: (currency: string) => say('statement.caption', { currency }),
  owed: (amount: string) => say('statement.owed', { amount }),
  nothing: () => say('statement.nothing'),
};

/** The statement of a partner, as the partner reads it. */
export function statementPages({ db }: ApiDeps, portal: Portal): void {
  const accountOf = async (own: Own): Promise<Account> => ({
    partner: own,
    zone: await zoneOf(db, own.id),
    path: `${portalOf(own)}/statements`,
    payouts: `${portalOf(own)}/payouts/`,
    afterLine: (line) => askAbout(own, { about: 'statement', ...line }),
    words: WORDS,
  });

  portal.on('GET /portal/{partner}/statements', async (c, own, visitor) => {
    const { main, status } = await drawStatement(db, c, await accountOf(own));
    const page = html`<header class="title">
        <h1>${say('statement.title')}</h1>
        <p>${own.name}</p>
      </header>
      ${main}
      <p class="quiet">${say('statement.leaves')}</p>`;
    return sendPage(
      c,
      portalPage({ title: say('statement.title'), here: '/statements', main: page }, visitor, own),
      status,
    );
  });

  portal.on('GET /portal/{partner}/statements.csv', async (c, own) => statementFile(db, c, await accountOf(own)));
}
