import { siteOf } from '../../../commands/people/passkeys.ts';
import { askToSign, type Signed, type Signer, type SigningPlace } from '../../../commands/people/signatures.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { readSignature } from '../credential.ts';
import { type PageContext, readForm } from '../guard.ts';
import type { Html } from '../html.ts';
import { passkeyForm } from './passkey-form.ts';

/**
 * How a page asks a person for a signature. `signatureForm` draws the form, `readSigned` reads what it sends, and `keepSignature` keeps it
 * in the transaction that does what was signed. The sentence is said from the same facts each time.
 */

export const signingPlace = ({ vault, settings }: ApiDeps): SigningPlace => ({
  vault,
  site: siteOf(settings.publicUrl),
});

type SignatureForm = { action: string; button: string; hidden?: Readonly<Record<string, string>> };

/** The form with which a person signs a statement and sends `hidden` to `action`. */
export async function signatureForm(
  deps: ApiDeps,
  signer: Signer,
  { action, button, hidden = {} }: SignatureForm,
): Promise<Html> {
  const { nonce, options } = await askToSign(deps.db, signingPlace(deps), signer);
  return passkeyForm({ kind: 'get', action, options, button, hidden: { ...hidden, nonce } });
}

/** Reads the signature that the form of `signatureForm` sent. Throws Failure `not_authenticated`. */
export async function readSigned(c: PageContext): Promise<Signed> {
  const { nonce, credential } = await readForm(c, 'nonce', 'credential');
  return { nonce, answer: readSignature(credential) };
}
