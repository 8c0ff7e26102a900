import { chooseLanguage } from '../../../commands/people/language.ts';
import { signOut } from '../../../commands/people/sessions.ts';
import { listIdentities } from '../../../db/people/identities.ts';
import { listPasskeys } from '../../../db/people/passkeys.ts';
import { listSessions } from '../../../db/people/sessions.ts';
import { refused } from '../../../domain/errors.ts';
import { isLanguage, type Language, LANGUAGES } from '../../../domain/language.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { facts, table } from '../components.ts';
import { formatInstant } from '../format.ts';
import { field } from '../form.ts';
import { type definePages, idOf, readForm, sendPage } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { rolesOf, sharedPage } from '../layout.ts';
import { say } from '../say.ts';
import { nameOf } from './passkeys.ts';

const ZONE = 'UTC';

/** The first that a browser names is right: those below it name the ones above as well. */
const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const;
const SYSTEMS = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac', 'Linux'] as const;
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera' };

/** A browser in two words, such as `Firefox on Linux`. */
function browserOf(userAgent: string): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find((name) => userAgent.includes(name)));
  const name = browser ? (NAMES[browser] ?? browser) : say('account.someBrowser');
  return system ? say('account.browserOn', { browser: name, system }) : name;
}

/** A person chooses the language of the pages and of the mail to them. */
const languageForm = (language: Language | null): Html =>
  html`<form method="post" action="/account/language" class="card fields">
    ${field(
      {
        name: 'language',
        label: say('account.language'),
        help: say('account.language.about'),
        choices: LANGUAGES.map((value) => ({ value, label: say(`account.language.${value}`) })),
        noChoice: say('account.language.browser'),
        required: 'sometimes',
      },
      { values: { language: language ?? '' } },
    )}
    <p class="buttons"><button class="primary">${say('account.language.save')}</button></p>
  </form>`;

/** Shows a person their own access, and ends parts of it. */
export function accountPages({ db, identityProvider }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /account', async (c, visitor) => {
    const [sessions, passkeys, identities] = await Promise.all([
      listSessions(db, visitor.actorId),
      listPasskeys(db, visitor.actorId),
      listIdentities(db, visitor.actorId),
    ]);
    const main = html`<header class="title">
        <h1>${visitor.name}</h1>
        <p>${visitor.actorCode} · ${rolesOf(visitor)}</p>
      </header>
      ${table({
        caption: say('account.signedIn'),
        columns: [
          say('account.browser'),
          say('account.since'),
          say('account.lastSeen'),
          { label: say('list.action'), unseen: true },
        ],
        rows: sessions.map(({ id, userAgent, createdAt, seenAt }) => ({
          head: html`${browserOf(userAgent ?? '')}
          ${id === visitor.sessionId && html`<span class="tag" data-tone="good">${say('account.this')}</span>`}`,
          cells: [
            formatInstant(createdAt, ZONE),
            formatInstant(seenAt, ZONE),
            html`<form method="post" action="/account/sessions/${id}/end">
              <button>${say('frame.signOut')}</button>
            </form>`,
          ],
        })),
        empty: say('account.nowhere'),
      })}
      ${table({
        caption: say('account.passkeys'),
        columns: [
          say('account.passkey'),
          say('account.made'),
          say('account.lastUsed'),
          { label: say('list.action'), unseen: true },
        ],
        rows: passkeys.map((passkey) => ({
          head: nameOf(passkey),
          cells: [
            formatInstant(passkey.createdAt, ZONE),
            passkey.lastUsedAt ? formatInstant(passkey.lastUsedAt, ZONE) : say('account.never'),
            html`<a class="button" href="/account/passkeys/${passkey.id}/name">${say('account.rename')}</a>
              <form method="post" action="/account/passkeys/${passkey.id}/removal">
                <button>${say('account.remove')}</button>
              </form>`,
          ],
        })),
        empty: say('account.noPasskey'),
      })}
      <p class="buttons"><a class="button" href="/account/passkeys/new">${say('account.addPasskey')}</a></p>
      ${identities.map(
        ({ id, issuer, createdAt, lastUsedAt }) =>
          html`<section class="card">
            <h2>${say('account.singleSignOn')}</h2>
            ${facts([
              [say('account.accountAt'), identityProvider?.name ?? issuer],
              [say('account.signsInSince'), formatInstant(createdAt, ZONE)],
              [say('account.lastUsed'), lastUsedAt ? formatInstant(lastUsedAt, ZONE) : say('account.never')],
            ])}
            ${
              passkeys.length > 0 &&
              html`<form method="post" action="/account/identities/${id}/removal">
                <button>${say('account.remove')}</button>
              </form>`
            }
          </section>`,
      )}
      ${languageForm(visitor.language)}`;
    return sendPage(c, sharedPage({ title: say('place.account'), here: '/account', main }, visitor));
  });

  pages.on('POST /account/language', async (c, { actorId }) => {
    const { language } = await readForm(c, 'language');
    if (language !== '' && !isLanguage(language)) throw refused('language', 'is not a language of ours');
    await chooseLanguage(db, actorId, language === '' ? null : language);
    return c.redirect('/account', 303);
  });

  pages.on('POST /account/sessions/{id}/end', async (c, { actorId }) => {
    await signOut(db, idOf(c, 'session'), actorId);
    return c.redirect('/account', 303);
  });
}
