import { randomBytes } from 'node:crypto';

import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';

import type { Database } from '../../db/database.ts';
import { insertPasskey, listPasskeys, lockPasskey, markPasskeyUsed, type Passkey } from '../../db/people/passkeys.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { Failure } from '../../domain/errors.ts';
import { makeChallenge, readChallenge } from '../../domain/people/challenge.ts';

/** The site whose passkeys we take. `origin` is such as `https://pay.example.com`, and `host` its name without a port. */
export type Site = { origin: string; host: string };

export const siteOf = (publicUrl: string): Site => {
  const { origin, hostname } = new URL(publicUrl);
  return { origin, host: hostname };
};

const SITE_NAME = 'Bursar';
const RANDOM_BYTES = 16;

export const sealWith = (vault: VaultKeys) => (text: string) => fingerprint(vault, text);
export const challengeFor = (vault: VaultKeys, purpose: string): Buffer =>
  makeChallenge(sealWith(vault), purpose, randomBytes(RANDOM_BYTES), Date.now());
export const bytesOf = (base64url: string) => Buffer.from(base64url, 'base64url');
export const TOO_OLD = 'This page is too old, or was used already. Open it again, and try once more.';

export const notSigned = (message: string): Failure => new Failure('not_authenticated', message);

/** The question to a browser for a new passkey of a person. Passkeys that the person has are left out. */
export async function askForPasskey(
  db: Database,
  vault: VaultKeys,
  { host }: Site,
  person: { actorId: string; actor: string },
) {
  const known = await listPasskeys(db, person.actorId);
  return generateRegistrationOptions({
    rpName: SITE_NAME,
    rpID: host,
    userID: Uint8Array.from(Buffer.from(person.actorId)),
    userName: person.actor,
    challenge: Uint8Array.from(challengeFor(vault, `register/${person.actorId}`)),
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: known.map(({ credentialId }) => ({ id: Buffer.from(credentialId).toString('base64url') })),
  });
}

/** Keeps a new passkey that a browser made for a person, and returns its id. Throws Failure `not_authenticated`. */
export async function keepPasskey(
  tx: Database,
  vault: VaultKeys,
  { origin, host }: Site,
  { actorId, name = null }: { actorId: string; name?: string | null },
  response: RegistrationResponseJSON,
): Promise<string> {
  const purpose = `register/${actorId}`;
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response,
    expectedChallenge: (challenge) => readChallenge(sealWith(vault), purpose, bytesOf(challenge), Date.now()) !== null,
    expectedOrigin: origin,
    expectedRPID: host,
    requireUserVerification: true,
  }).catch(() => ({ verified: false, registrationInfo: undefined }) as const);
  if (!verified || !registrationInfo) throw notSigned(`Your browser's passkey was not accepted. ${TOO_OLD}`);
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
  const passkeyId = await insertPasskey(tx, {
    actorId,
    credentialId: bytesOf(id),
    publicKey,
    signCount: BigInt(counter),
    transports,
    name,
  });
  if (passkeyId === null) throw new Failure('already_exists', 'This passkey is known already. Nothing was changed.');
  return passkeyId;
}

/** The question to a browser for any passkey of this site. The person says who they are by choosing one. */
export const askToSignIn = (vault: VaultKeys, { host }: Site) =>
  generateAuthenticationOptions({
    rpID: host,
    challenge: Uint8Array.from(challengeFor(vault, 'sign-in')),
    userVerification: 'required',
  });

/**
 * Finds the passkey that answered a question of `askToSignIn`, and when the question ends. Throws Failure `not_authenticated`.
 */
export async function readSignIn(
  tx: Database,
  vault: VaultKeys,
  site: Site,
  response: AuthenticationResponseJSON,
): Promise<{ passkey: Passkey; challenge: Uint8Array; endsMs: number }> {
  let used: { challenge: Uint8Array; endsMs: number } | undefined;
  const passkey = await readAssertion(tx, site, response, (challenge) => {
    const bytes = bytesOf(challenge);
    const endsMs = readChallenge(sealWith(vault), 'sign-in', bytes, Date.now());
    if (endsMs !== null) used = { challenge: bytes, endsMs };
    return endsMs !== null;
  });
  if (!used) throw notSigned(TOO_OLD);
  return { passkey, ...used };
}

/** Finds the passkey that signed an expected challenge. Throws Failure `not_authenticated`. */
export async function readAssertion(
  tx: Database,
  { origin, host }: Site,
  response: AuthenticationResponseJSON,
  isExpected: (challenge: string) => boolean,
): Promise<Passkey> {
  const passkey = await lockPasskey(tx, bytesOf(response.id));
  if (!passkey)
    throw notSigned('This passkey is not known here, or was removed. Ask an operator for a new invitation.');
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: isExpected,
    expectedOrigin: origin,
    expectedRPID: host,
    credential: {
      id: response.id,
      publicKey: Uint8Array.from(passkey.publicKey),
      counter: Number(passkey.signCount),
    },
    requireUserVerification: true,
  }).catch(() => ({ verified: false, authenticationInfo: undefined }) as const);
  if (!verified || !authenticationInfo) throw notSigned(`Your passkey's signature was not accepted. ${TOO_OLD}`);
  await markPasskeyUsed(tx, passkey.id, BigInt(authenticationInfo.newCounter));
  return passkey;
}
