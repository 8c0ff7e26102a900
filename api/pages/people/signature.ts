import { siteOf } from '../../../commands/people/passkeys.ts';
import {
  askToSign,
  nonceFor,
  type Signed,
  type Signer,
  type SigningPlace,
} from '../../../commands/people/signatures.ts';
import { listIdentities } from '../../../db/people/identities.ts';
import { listPasskeys } from '../../../db/people/passkeys.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { sealText } from '../../http/provider-cookie.ts';
import { readSignature } from '../credential.ts';
import { type PageContext, readForm } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { say } from '../say.ts';
import { passkeyForm } from './passkey-form.ts';

/**
 * How a page asks a person for a signature. `signatureForm` draws the form, `readSigned` reads what it sends, and `keepSignature` keeps it
 * in the transaction that does what was signed. The sentence is said from the same facts each time.
 */

/** The sealed form that waits for the signature of a provider of identities. */
export const REQUEST_RECORD = 'signature-request';

export const signingPlace = ({ vault, settings }: Pick<ApiDeps, 'vault' | 'settings'>): SigningPlace => ({
  vault,
  site: siteOf(settings.publicUrl),
});

type SignatureForm = { action: string; button: string; hidden?: Readonly<Record<string, string>> };

/**
 * The form with which a person signs a statement and sends `hidden` to `action`: with their passkey, or with a new sign-in at their
 * provider of identities if they have no passkey.
 */
export async function signatureForm(
  deps: ApiDeps,
  { actorId, statement }: Signer,
  { action, button, hidden = {} }: SignatureForm,
): Promise<Html> {
  const { db, vault, identityProvider } = deps;
  const [passkeys, identities] = await Promise.all([listPasskeys(db, actorId), listIdentities(db, actorId)]);
  const nonce = nonceFor(vault, actorId);
  const fields = { ...hidden, nonce };
  if (passkeys.length > 0) {
    const options = await askToSign(signingPlace(deps), statement(nonce), passkeys);
    return passkeyForm({ kind: 'get', action, options, button, hidden: fields });
  }
  if (!identityProvider || identities.length === 0)
    return html`<p class="notice" data-tone="alert">${say('sign.noPasskey')}</p>`;
  const request = sealText(vault, REQUEST_RECORD, { actorId, statement: statement(nonce), action, button, fields });
  return html`<form method="post" action="/account/signature">
    <input type="hidden" name="request" value="${request}" />
    <p>${say('sign.again', { provider: identityProvider.name })}</p>
    <p class="buttons">
      <button class="primary">${say('sign.with', { button, provider: identityProvider.name })}</button>
    </p>
  </form>`;
}

/** Reads the signature that the form of `signatureForm` sent. Throws Failure `not_authenticated`. */
export async function readSigned(c: PageContext): Promise<Signed> {
  const { nonce, credential } = await readForm(c, 'nonce', 'credential');
  return { nonce, answer: readSignature(credential) };
}
