import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server';

import type { Database } from '../../db/database.ts';
import type { KeptSignature } from '../../db/people/audit-log.ts';
import { insertSignature, listPasskeys } from '../../db/people/passkeys.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { sha256 } from '../../domain/canonical.ts';
import { readChallenge } from '../../domain/people/challenge.ts';
import type { Statement } from '../../domain/people/statement.ts';
import { bytesOf, challengeFor, notSigned, readAssertion, sealWith, type Site, TOO_OLD } from './passkeys.ts';

/** The answer of a browser to a statement: the nonce of the sentence, and what the passkey answered. */
export type Signed = { nonce: string; answer: AuthenticationResponseJSON };

/** Where signatures are made: our site, and the key that seals its questions. */
export type SigningPlace = { vault: VaultKeys; site: Site };
/** A person, and the sentence that they sign. */
export type Signer = { actorId: string; statement: Statement };

/** The question to a browser for the signature of a person, and the nonce of the sentence that it signs. */
export async function askToSign(db: Database, { vault, site }: SigningPlace, { actorId, statement }: Signer) {
  const nonce = challengeFor(vault, `sign/${actorId}`).toString('base64url');
  const known = await listPasskeys(db, actorId);
  const options = await generateAuthenticationOptions({
    rpID: site.host,
    challenge: Uint8Array.from(sha256(statement(nonce))),
    userVerification: 'required',
    allowCredentials: known.map(({ credentialId }) => ({ id: Buffer.from(credentialId).toString('base64url') })),
  });
  return { nonce, options };
}

/**
 * Keeps the signature of a person under a statement, and returns its id. Throws Failure `not_authenticated` if the passkey is not theirs,
 * signed something else, or signed too long ago.
 */
export async function keepSignature(
  tx: Database,
  { vault, site }: SigningPlace,
  { actorId, statement: say }: Signer,
  { nonce, answer }: Signed,
): Promise<string> {
  const statement = say(nonce);
  if (readChallenge(sealWith(vault), `sign/${actorId}`, bytesOf(nonce), Date.now()) === null) throw notSigned(TOO_OLD);
  const expected = sha256(statement).toString('base64url');
  const passkey = await readAssertion(tx, site, answer, (challenge) => challenge === expected);
  if (passkey.actorId !== actorId) throw notSigned('This passkey belongs to somebody else. Nothing was recorded.');
  const { authenticatorData, clientDataJSON, signature } = answer.response;
  return insertSignature(tx, {
    passkeyId: passkey.id,
    statement,
    authenticatorData: bytesOf(authenticatorData),
    clientData: bytesOf(clientDataJSON),
    signature: bytesOf(signature),
  });
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Whether a signature that was kept still proves that the passkey of the person signed the statement. */
export async function verifiesSignature({ origin, host }: Site, kept: KeptSignature): Promise<boolean> {
  const id = text(kept.credentialId);
  const { verified } = await verifyAuthenticationResponse({
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: text(kept.clientData),
        authenticatorData: text(kept.authenticatorData),
        signature: text(kept.signature),
      },
    },
    expectedChallenge: sha256(kept.statement).toString('base64url'),
    expectedOrigin: origin,
    expectedRPID: host,
    credential: { id, publicKey: Uint8Array.from(kept.publicKey), counter: 0 },
    requireUserVerification: true,
  }).catch(() => ({ verified: false }));
  return verified;
}
