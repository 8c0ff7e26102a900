import { askForPasskey, askToSignIn, siteOf } from '../../../commands/people/passkeys.ts';
import { acceptInvitation, readInvitation, signIn, signOut } from '../../../commands/people/sessions.ts';
import type { ApiDeps, ApiEnv } from '../../http/deps.ts';
import { limitTries } from '../../http/rate-limit.ts';
import { clearSessionCookie, safePath, setSessionCookie, userAgentOf } from '../../http/visitor.ts';
import { type definePages, readForm, sendPage } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { strangerPage } from '../layout.ts';
import { readAssertion, readNewPasskey } from '../credential.ts';
import { say, strong, tell } from '../say.ts';
import { ROLE } from '../words.ts';
import { passkeyForm } from './passkey-form.ts';
import type { Context } from 'hono';

const FAILURES_A_MINUTE = 20;

/** A person signs in, accepts an invitation, or signs out. */
export function signInPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault, settings, identityProvider } = deps;
  const site = siteOf(settings.publicUrl);
  const tries = limitTries(FAILURES_A_MINUTE);
  const doorOf = (c: Context<ApiEnv>) => ({
    vault,
    site,
    userAgent: userAgentOf(c),
  });

  const withProvider = (path: string): Html | undefined =>
    identityProvider &&
    html`<p class="quiet">${say('signIn.orProvider', { provider: identityProvider.name })}</p>
      <p class="buttons">
        <a class="button" href="${path}">${say('signIn.withProvider', { provider: identityProvider.name })}</a>
      </p>`;

  pages.open('GET', '/sign-in', async (c) => {
    const options = await askToSignIn(vault, site);
    const next = safePath(c.req.query('next') ?? '/');
    const form = passkeyForm({
      kind: 'get',
      action: '/sign-in',
      options,
      button: say('signIn.button'),
      hidden: { next },
    });
    const main = html`<h1>${say('signIn.title')}</h1>
      ${form} ${withProvider(`/sign-in/provider?${new URLSearchParams({ next })}`)}
      <p class="quiet">${say('signIn.help')}</p>`;
    return sendPage(c, strangerPage({ title: say('signIn.title'), main }));
  });

  pages.open('POST', '/sign-in', async (c) => {
    const { credential, next } = await readForm(c, 'credential', 'next');
    const token = await tries(c, () => signIn(db, doorOf(c), readAssertion(credential)));
    setSessionCookie(c, token);
    return c.redirect(safePath(next), 303);
  });

  pages.open('GET', '/invitations/:token', async (c) => {
    const token = c.req.param('token') ?? '';
    const claim = await tries(c, () => readInvitation(db, token));
    const options = await askForPasskey(db, vault, site, claim);
    const form = passkeyForm({
      kind: 'create',
      action: `/invitations/${token}`,
      options,
      button: say('welcome.button'),
    });
    const main = html`<h1>${say('welcome.name', { name: claim.name })}</h1>
      <p>
        ${tell('welcome.about', { role: claim.role === 'partner' ? say('role.partner') : ROLE[claim.role], strong })}
      </p>
      ${form} ${withProvider(`/invitations/${token}/provider`)}`;
    return sendPage(c, strangerPage({ title: say('welcome.title'), main }));
  });

  pages.open('POST', '/invitations/:token', async (c) => {
    const { credential } = await readForm(c, 'credential');
    const token = c.req.param('token') ?? '';
    const cookie = await tries(c, () => acceptInvitation(db, doorOf(c), token, readNewPasskey(credential)));
    setSessionCookie(c, cookie);
    return c.redirect('/', 303);
  });

  pages.on('POST /sign-out', async (c, { sessionId, actorId }) => {
    await signOut(db, sessionId, actorId);
    clearSessionCookie(c);
    return c.redirect('/sign-in', 303);
  });
}
