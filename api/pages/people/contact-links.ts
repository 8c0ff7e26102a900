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

const FAILURES_A_MINUTE = 20;

type LinkPage = {
  path: string;
  link: ContactLink;
  title: string;
  about: (partner: string) => string;
  button: string;
  act: (db: Database, token: string) => Promise<OpenContactChange>;
  done: (partner: string) => string;
};

const LINKS: readonly LinkPage[] = [
  {
    path: '/contact-changes',
    link: 'confirm',
    title: 'Use this address?',
    about: (partner) => `Notices about payments to ${partner} will go to the address at which you got this link.`,
    button: 'Use this address',
    act: confirmContactChange,
    done: (partner) => `Notices about payments to ${partner} go to your address from now on.`,
  },
  {
    path: '/contact-stops',
    link: 'stop',
    title: 'Stop the change?',
    about: (partner) =>
      `An owner of ${partner} asked that notices go to another address. If nobody of ${partner} knows of this, stop it.`,
    button: 'Stop the change',
    act: stopContactChange,
    done: (partner) =>
      `The change was stopped. Notices for ${partner} go to your address as before, and the people who pay ${partner} were told.`,
  },
];

/**
 * The links of a changed address: the new one confirms it, and the one before stops it. Opening a link does nothing, because the scanners
 * of mail servers open every link.
 */
export function contactLinkPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const tries = limitTries(FAILURES_A_MINUTE);
  for (const { path, link, title, about, button, act, done } of LINKS) {
    pages.open('GET', `${path}/:token`, async (c) => {
      const token = c.req.param('token') ?? '';
      const { name } = await tries(c, () => readContactLink(db, link, token));
      const main = html`<h1>${title}</h1>
        <p>${about(name)}</p>
        <form method="post" action="${path}/${token}">
          <p class="buttons"><button class="primary">${button}</button></p>
        </form>
        <p class="quiet">If this is not for you, close the page. Nothing changes.</p>`;
      return sendPage(c, strangerPage({ title, main }));
    });

    pages.open('POST', `${path}/:token`, async (c) => {
      const { name } = await tries(c, () => act(db, c.req.param('token') ?? ''));
      await sendMailSoon(deps);
      const main = html`<h1>Done</h1>
        <p>${done(name)}</p>`;
      return sendPage(c, strangerPage({ title: 'Done', main }));
    });
  }
}
