import { readRemovableIdentity, removeOwnIdentity } from '../../../commands/people/own-identities.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { sendMailSoon } from '../../http/wake.ts';
import { facts } from '../components.ts';
import { type definePages, idOf } from '../guard.ts';
import { html } from '../html.ts';
import { say } from '../say.ts';
import { defineSigning } from '../signing.ts';

/** A person removes an account by which they sign in at their company, and signs that. */
export function identityPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { identityProvider } = deps;
  const sign = defineSigning(deps);

  pages.on('POST /account/identities/{id}/removal', (c, visitor) => {
    const id = idOf(c, 'account');
    const { actorId } = visitor;
    const nameOf = (issuer: string): string => identityProvider?.name ?? issuer;
    return sign(c, visitor, {
      act: 'remove account',
      subject: `identity/${id}`,
      read: (tx) => readRemovableIdentity(tx, { actorId, id }),
      content: (identity) => ({ id: identity.id }),
      typed: {},
      perform: (tx, signatureId, { issuer }) =>
        removeOwnIdentity(tx, visitor, { id, name: nameOf(issuer), signatureId }),
      title: say('identity.remove'),
      here: '/account',
      about: ({ issuer }) =>
        html`${facts([[say('account.accountAt'), nameOf(issuer)]])}
          <p>${say('identity.remove.about')}</p>`,
      button: say('passkeys.removeAndSign'),
      back: '/account',
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect('/account', 303);
      },
    });
  });
}
