import { timingSafeEqual } from 'node:crypto';

import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server';
import { compactVerify, importJWK } from 'jose';

import type { Database } from '../../db/database.ts';
import type { KeptAssertion, KeptSignature, KeptToken } from '../../db/people/audit-log.ts';
import { findIdentity, markIdentityUsed } from '../../db/people/identities.ts';
import type { Passkey } from '../../db/people/passkeys.ts';
import { insertSignature, type Proof } from '../../db/people/signatures.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { readChallenge } from '../../domain/people/challenge.ts';
import { readIdToken } from '../../domain/people/id-token.ts';
import { CHALLENGE_MS } from '../../domain/people/session.ts';
import type { Statement } from '../../domain/people/statement.ts';
import { bytesOf, challengeFor, notSigned, readAssertion, sealWith, type Site, TOO_OLD } from './passkeys.ts';

/** The token of a provider whose nonce is the digest of a statement, with the public key that verifies it, and our seal over both. */
export type TokenAnswer = { idToken: string; key: Readonly<Record<string, string>>; seal: string };
/** The answer of a browser to a statement: the nonce of the sentence, and what the passkey or the provider answered. */
export type Signed = { nonce: string; answer: AuthenticationResponseJSON | TokenAnswer };

/** Where signatures are made: our site, and the key that seals its questions. */
export type SigningPlace = { vault: VaultKeys; site: Site };
/** A person, and the sentence that they sign. */
export type Signer = { actorId: string; statement: Statement };

/** The nonce of a sentence that a person is asked to sign now. */
export const nonceFor = (vault: VaultKeys, actorId: string): string =>
  challengeFor(vault, `sign/${actorId}`).toString('base64url');

/** The question to a browser for the signature of a passkey under a statement. */
export const askToSign = ({ site }: SigningPlace, statement: string, passkeys: readonly Passkey[]) =>
  generateAuthenticationOptions({
    rpID: site.host,
    challenge: Uint8Array.from(sha256(statement)),
    userVerification: 'required',
    allowCredentials: passkeys.map(({ credentialId }) => ({ id: Buffer.from(credentialId).toString('base64url') })),
  });

/**
 * Keeps the signature of a person under a statement, and returns its id. Throws Failure `not_authenticated` if the passkey or the account is
 * not theirs, signed something else, or signed too long ago.
 */
export async function keepSignature(
  tx: Database,
  place: SigningPlace,
  { actorId, statement: say }: Signer,
  { nonce, answer }: Signed,
): Promise<string> {
  const statement = say(nonce);
  const asked = { actorId, nonce, digest: digestOf(statement) };
  const proof =
    'idToken' in answer ? await proveByToken(tx, place, asked, answer) : await proveByPasskey(tx, place, asked, answer);
  return insertSignature(tx, statement, proof);
}

/** The SHA-256 of a statement, as the challenge of a passkey or as the nonce of a token. */
export const digestOf = (statement: string): string => sha256(statement).toString('base64url');

type Asked = { actorId: string; nonce: string; digest: string };

/** Whether we asked a person this question, and it was still open. */
const wasAsked = (vault: VaultKeys, { actorId, nonce }: Pick<Asked, 'actorId' | 'nonce'>, atMs: number): boolean =>
  readChallenge(sealWith(vault), `sign/${actorId}`, bytesOf(nonce), atMs) !== null;

async function proveByPasskey(
  tx: Database,
  { vault, site }: SigningPlace,
  asked: Asked,
  answer: AuthenticationResponseJSON,
): Promise<Proof> {
  if (!wasAsked(vault, asked, Date.now())) throw notSigned(TOO_OLD);
  const passkey = await readAssertion(tx, site, answer, (challenge) => challenge === asked.digest);
  if (passkey.actorId !== asked.actorId)
    throw notSigned('This passkey belongs to somebody else. Nothing was recorded.');
  const { authenticatorData, clientDataJSON, signature } = answer.response;
  return {
    passkeyId: passkey.id,
    authenticatorData: bytesOf(authenticatorData),
    clientData: bytesOf(clientDataJSON),
    signature: bytesOf(signature),
  };
}

/**
 * The token was verified when the provider gave it, and our seal says so. The person signed in again for this statement alone, while the
 * question was open, a short time ago.
 */
async function proveByToken(
  tx: Database,
  { vault }: SigningPlace,
  asked: Asked,
  { idToken, key, seal }: TokenAnswer,
): Promise<Proof> {
  const claims = readIdToken(idToken)?.claims;
  const authMs = (claims?.auth_time ?? 0) * 1000;
  const isOurs = timingSafeEqual(sha256(seal), sha256(sealToken(vault, { idToken, key })));
  if (!isOurs || claims?.nonce !== asked.digest) throw notSigned(`This sign-in is for something else. ${TOO_OLD}`);
  if (!wasAsked(vault, asked, authMs) || authMs < Date.now() - CHALLENGE_MS) throw notSigned(TOO_OLD);
  const identity = await findIdentity(tx, { issuer: claims.iss, subject: claims.sub });
  if (identity?.actorId !== asked.actorId)
    throw notSigned('This account belongs to somebody else. Nothing was recorded.');
  await markIdentityUsed(tx, identity.id);
  return { identityId: identity.id, idToken, key };
}

/** Says that we verified a token with a key of its provider. */
export const sealToken = (vault: VaultKeys, { idToken, key }: Pick<TokenAnswer, 'idToken' | 'key'>): string =>
  fingerprint(vault, `id-token/${canonicalJson({ idToken, key })}`).toString('base64url');

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Whether a signature that was kept still proves that the person signed the statement: with their passkey, or at their provider. */
export const verifiesSignature = (site: Site, { statement, proof }: KeptSignature): Promise<boolean> => {
  const digest = digestOf(statement);
  return ('idToken' in proof ? verifiesToken(proof, digest) : verifiesAssertion(site, proof, digest)).catch(
    () => false,
  );
};

async function verifiesToken({ idToken, key }: KeptToken, digest: string): Promise<boolean> {
  const token = readIdToken(idToken);
  await compactVerify(idToken, await importJWK(key, token?.header.alg));
  return token?.claims.nonce === digest;
}

async function verifiesAssertion({ origin, host }: Site, kept: KeptAssertion, digest: string): Promise<boolean> {
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
    expectedChallenge: digest,
    expectedOrigin: origin,
    expectedRPID: host,
    credential: { id, publicKey: Uint8Array.from(kept.publicKey), counter: 0 },
    requireUserVerification: true,
  });
  return verified;
}
