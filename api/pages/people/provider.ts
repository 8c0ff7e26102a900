import { randomBytes } from 'node:crypto';

import {
  acceptInvitationByIdentity,
  getIdentity,
  type ProvenIdentity,
  signInByIdentity,
  useAnswer,
} from '../../../commands/people/identities.ts';
import { notSigned } from '../../../commands/people/passkeys.ts';
import { readInvitation } from '../../../commands/people/sessions.ts';
import { digestOf, sealToken } from '../../../commands/people/signatures.ts';
import { Failure } from '../../../domain/errors.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { CALLBACK_PATH, type IdentityProvider } from '../../http/identity-provider.ts';
import {
  type Errand,
  keepQuestion,
  type SignatureRequest,
  takeQuestion,
  unsealText,
} from '../../http/provider-cookie.ts';
import { limitTries } from '../../http/rate-limit.ts';
import { safePath, setSessionCookie, userAgentOf } from '../../http/visitor.ts';
import { type definePages, type PageContext, readForm, sendPage } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { strangerPage } from '../layout.ts';
import { say } from '../say.ts';
import { REQUEST_RECORD } from './signature.ts';

const FAILURES_A_MINUTE = 20;
const NONCE_BYTES = 32;

/** A person signs in, accepts an invitation or signs a statement at the company's own provider of identities. */
export function providerPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  const tries = limitTries(FAILURES_A_MINUTE);
  const provider = (): IdentityProvider => {
    if (deps.identityProvider) return deps.identityProvider;
    throw new Failure('not_found', 'People sign in with passkeys here. Nothing was done.');
  };

  /** Sends a person to the provider with a question that this browser keeps. */
  async function ask(c: PageContext, errand: Errand, wish: { nonce: string; isFresh: boolean }): Promise<URL> {
    const { url, question } = await provider().ask(wish);
    keepQuestion(c, vault, { question, errand });
    return url;
  }
  const anyNonce = () => ({ nonce: randomBytes(NONCE_BYTES).toString('base64url'), isFresh: false });

  pages.open('GET', '/sign-in/provider', async (c) => {
    const url = await ask(c, { does: 'sign-in', next: safePath(c.req.query('next') ?? '/') }, anyNonce());
    return c.redirect(url.href, 303);
  });

  pages.open('GET', '/invitations/:token/provider', async (c) => {
    const token = c.req.param('token') ?? '';
    await tries(c, () => readInvitation(db, token));
    return c.redirect((await ask(c, { does: 'accept', token }, anyNonce())).href, 303);
  });

  pages.on('POST /account/signature', async (c, { actorId }) => {
    const { request: sealed } = await readForm(c, 'request');
    const request = unsealText(vault, REQUEST_RECORD, sealed) as SignatureRequest | undefined;
    if (request?.actorId !== actorId)
      throw notSigned('This form is not one of ours. Nothing was done. Open the page again, and try once more.');
    const url = await ask(c, { does: 'sign', request }, { nonce: digestOf(request.statement), isFresh: true });
    return sendPage(
      c,
      strangerPage({ title: say('newDetails.sign'), main: onwards(url, provider().name), goTo: url.href }),
    );
  });

  pages.open('GET', CALLBACK_PATH, async (c) => {
    const kept = takeQuestion(c, vault);
    if (!kept)
      throw notSigned(
        'This browser asked your provider nothing, or the answer comes too late. Nothing was done. Begin again.',
      );
    const proven = await tries(c, () => provider().readAnswer(new URL(c.req.url).search, kept.question));
    return finish(c, kept.errand, proven);
  });

  async function finish(c: PageContext, errand: Errand, proven: ProvenIdentity) {
    const door = { userAgent: userAgentOf(c) };
    switch (errand.does) {
      case 'sign-in':
        setSessionCookie(c, await tries(c, () => signInByIdentity(db, door, proven)));
        return c.redirect(errand.next, 303);
      case 'accept':
        setSessionCookie(c, await tries(c, () => acceptInvitationByIdentity(db, door, errand.token, proven)));
        return c.redirect('/', 303);
      case 'sign': {
        const { request } = errand;
        const { actorId } = await getIdentity(db, proven);
        if (actorId !== request.actorId)
          throw notSigned(`You signed in at ${proven.provider} as somebody else. Nothing was recorded.`);
        await db.transaction((tx) => useAnswer(tx, proven));
        return sendPage(c, strangerPage({ title: request.button, main: signedForm(request, proven) }));
      }
    }
  }

  function signedForm(
    { action, button, fields }: SignatureRequest,
    { provider: name, idToken, key }: ProvenIdentity,
  ): Html {
    const credential = JSON.stringify({ idToken, key, seal: sealToken(vault, { idToken, key }) });
    return html`<h1>${say('provider.signed')}</h1>
      <p>${say('provider.signed.about', { provider: name })}</p>
      <form method="post" action="${action}">
        ${Object.entries({ ...fields, credential }).map(
          ([field, value]) => html`<input type="hidden" name="${field}" value="${value}" />`,
        )}
        <p class="buttons"><button class="primary">${button}</button></p>
      </form>
      <p><a href="/">${say('provider.doNot')}</a></p>`;
  }
}

/** Pages send forms to our own site alone, so a link, and not the form, leads to the provider. The browser follows it by itself. */
const onwards = (url: URL, name: string): Html =>
  html`<h1>${say('provider.again')}</h1>
    <p>${say('provider.again.about', { provider: name })}</p>
    <p class="buttons">
      <a class="button primary" href="${url.href}">${say('signIn.withProvider', { provider: name })}</a>
    </p>`;
