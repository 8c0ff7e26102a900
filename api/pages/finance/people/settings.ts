import type { ApiDeps } from '../../../http/deps.ts';
import type { PageRoute } from '../../../http/page-permissions.ts';
import { mayOpen } from '../../../http/within-reach.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';

type Setting = { name: string; path: string; about: string };

/** The parts of the settings. A person sees those that a role of theirs may open. */
const SETTINGS = [
  {
    name: 'People and roles',
    path: '/settings/people',
    about: 'Their roles, invitations, passkeys and keys.',
  },
  {
    name: 'Payers and gateways',
    path: '/settings/payers',
    about: 'The companies that pay, their accounts, and alert amounts.',
  },
  {
    name: 'Schedules and calendars',
    path: '/settings/schedules',
    about: 'When each payer pays, and the next runs.',
  },
  {
    name: 'Policies',
    path: '/settings/policies',
    about: 'The rules about deals, requests and claims, with their versions.',
  },
  {
    name: 'Webhooks',
    path: '/settings/webhooks',
    about: 'The systems of your company that are told what happens.',
  },
] as const satisfies readonly Setting[];

/** The way back from a page of the settings. */
export const inSettings = (...steps: readonly (readonly [name: string, path: string])[]) =>
  html`<p>
    ${[['Settings', '/settings'] as const, ...steps].map(([name, path], index) => html`${index > 0 && ' / '}<a href="${path}">${name}</a>`)}
  </p>`;

export function settingsPages(_deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /settings', (c, visitor) => {
    const open = SETTINGS.filter(({ path }) => mayOpen(visitor, `GET ${path}` satisfies PageRoute));
    const main = html`<header class="title"><h1>Settings</h1></header>
      <ul class="choices">
        ${open.map(
          ({ name, path, about }) =>
            html`<li>
              <a class="card" href="${path}"><strong>${name}</strong><small>${about}</small></a>
            </li>`,
        )}
      </ul>`;
    return sendPage(c, consolePage({ title: 'Settings', here: '/settings', main }, visitor));
  });
}
