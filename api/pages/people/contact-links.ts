import { confirmContactChange, readContactLink } from '../../../commands/partners/contact-changes.ts';
import { stopContactChange } from '../../../commands/tasks/stopped-contacts.ts';
import type { Database } from '../../../db/database.ts';
import type { ContactLink, OpenContactChange } from '../../../db/partners/contact-changes.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { limitTries } from '../../http/rate-limit.ts';
import { sendMailSoon } from '../../http/wake.ts';
import { type definePages, sendPage } from '../guard.ts';
import { html } from '../html.ts';
import { strangerPage } from '../layout.ts';
import { say } from '../say.ts';

const FAILURES_A_MINUTE = 20;

type LinkPage = {
  path: string;
  link: ContactLink;
  words: 'link.useAddress' | 'link.stop';
  act: (db: Database, token: string) => Promise<OpenContactChange>;
};

const LINKS: readonly LinkPage[] = [
  {
    path: '/contact-changes',
    link: 'confirm',
    words: 'link.useAddress',
    act: confirmContactChange,
  },
  {
    path: '/contact-stops',
    link: 'stop',
    words: 'link.stop',
    act: stopContactChange,
  },
];

/**
 * The links of a changed address: the new one confirms it, and the one before stops it. Opening a link does nothing, because the scanners
 * of mail servers open every link.
 */
export function contactLinkPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const tries = limitTries(FAILURES_A_MINUTE);
  for (const { path, link, words, act } of LINKS) {
    pages.open('GET', `${path}/:token`, async (c) => {
      const token = c.req.param('token') ?? '';
      const { name } = await tries(c, () => readContactLink(db, link, token));
      const main = html`<h1>${say(words)}</h1>
        <p>${say(`${words}.about`, { partner: name })}</p>
        <form method="post" action="${path}/${token}">
          <p class="buttons"><button class="primary">${say(`${words}.button`)}</button></p>
        </form>
        <p class="quiet">${say('link.notYou')}</p>`;
      return sendPage(c, strangerPage({ title: say(words), main }));
    });

    pages.open('POST', `${path}/:token`, async (c) => {
      const { name } = await tries(c, () => act(db, c.req.param('token') ?? ''));
      await sendMailSoon(deps);
      const main = html`<h1>${say('link.done')}</h1>
        <p>${say(`${words}.done`, { partner: name })}</p>`;
      return sendPage(c, strangerPage({ title: say('link.done'), main }));
    });
  }
}
