import { askForPasskey, askToSignIn, siteOf } from '../../../commands/people/passkeys.ts';
import { acceptInvitation, readInvitation, signIn, signOut } from '../../../commands/people/sessions.ts';
import type { ApiDeps, ApiEnv } from '../../http/deps.ts';
import { limitTries } from '../../http/rate-limit.ts';
import { clearSessionCookie, safePath, setSessionCookie, userAgentOf } from '../../http/visitor.ts';
import { type definePages, readForm, sendPage } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { strangerPage } from '../layout.ts';
import { readAssertion, readNewPasskey } from '../credential.ts';
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
    html`<p class="quiet">Or use your account at ${identityProvider.name}. Then you need no passkey.</p>
      <p class="buttons"><a class="button" href="${path}">Continue with ${identityProvider.name}</a></p>`;

  pages.open('GET', '/sign-in', async (c) => {
    const options = await askToSignIn(vault, site);
    const next = safePath(c.req.query('next') ?? '/');
    const form = passkeyForm({
      kind: 'get',
      action: '/sign-in',
      options,
      button: 'Sign in with a passkey',
      hidden: { next },
    });
    const main = html`<h1>Sign in</h1>
      ${form} ${withProvider(`/sign-in/provider?${new URLSearchParams({ next })}`)}
      <p class="quiet">
        If you have no passkey yet, open the link in the mail that invited you. If you lost yours, ask an operator for a
        new link.
      </p>`;
    return sendPage(c, strangerPage({ title: 'Sign in', main }));
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
    const form = passkeyForm({ kind: 'create', action: `/invitations/${token}`, options, button: 'Make a passkey' });
    const main = html`<h1>Welcome, ${claim.name}</h1>
      <p>
        You are invited as <strong>${ROLE[claim.role]}</strong>. A passkey is a key that your device keeps: you open it
        with your finger, your face or a PIN. It replaces a password, and nobody can copy it.
      </p>
      ${form} ${withProvider(`/invitations/${token}/provider`)}`;
    return sendPage(c, strangerPage({ title: 'Welcome', main }));
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
