import {
  allowInsecureRequests,
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  getJwksCache,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';

import type { ProvenIdentity } from '../../commands/people/identities.ts';
import { notSigned } from '../../commands/people/passkeys.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { readIdToken } from '../../domain/people/id-token.ts';

/** The company's own provider of identities. `name` is how people call it, such as `Acme`. */
export type ProviderSettings = { name: string; issuer: string; clientId: string; clientSecret: string };

/** A question to the provider. The browser that asks keeps it sealed, and nobody else can have it answered. */
export type ProviderQuestion = {
  state: string;
  verifier: string;
  nonce: string;
  /** Whether the person must sign in again, although the provider knows them already. */
  isFresh: boolean;
  beganMs: number;
  endsMs: number;
};

/** The address to which the provider sends people back. */
export const CALLBACK_PATH = '/sign-in/provider/callback';

/** How long a person may take at their provider. */
const QUESTION_MS = 10 * MINUTE_MS;
const TIMEOUT_SECONDS = 5;
/** Clocks of the provider and of ours differ by less. */
const CLOCK_MS = 30 * SECOND_MS;

/**
 * Asks the provider who a person is, by the code flow of OpenID Connect with PKCE, a state and a nonce. Its addresses and keys are looked up
 * at the first question, so that the API starts while it is down.
 */
export function openIdentityProvider({ name, issuer, clientId, clientSecret }: ProviderSettings, publicUrl: string) {
  const callback = new URL(CALLBACK_PATH, publicUrl);
  let found: Promise<Configuration> | undefined;
  const find = (): Promise<Configuration> => {
    found ??= discovery(new URL(issuer), clientId, clientSecret, undefined, {
      timeout: TIMEOUT_SECONDS,
      execute: [enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [allowInsecureRequests] : [])],
    }).catch((cause: unknown) => {
      found = undefined;
      throw unavailable(cause);
    });
    return found;
  };
  const unavailable = (cause: unknown): Failure =>
    new Failure(
      'identity_provider_unavailable',
      `${name} does not answer, so it cannot say who you are. Nothing was done. Try again in a minute, or sign in with a passkey.`,
      { cause },
    );

  return {
    name,

    /** The address at which the provider asks the person, and the question that its answer must fit. */
    async ask({ nonce, isFresh }: Pick<ProviderQuestion, 'nonce' | 'isFresh'>) {
      const config = await find();
      const beganMs = Date.now();
      const verifier = randomPKCECodeVerifier();
      const question = { state: randomState(), verifier, nonce, isFresh, beganMs, endsMs: beganMs + QUESTION_MS };
      const url = buildAuthorizationUrl(config, {
        redirect_uri: callback.href,
        scope: 'openid',
        state: question.state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(isFresh ? { max_age: '0', prompt: 'login' } : {}),
      });
      return { url, question };
    },

    /** Reads who a person is from the answer of the provider. Throws Failure `not_authenticated` unless its answer fits the question. */
    async readAnswer(search: string, question: ProviderQuestion): Promise<ProvenIdentity> {
      const config = await find();
      const { state, verifier, nonce, isFresh, beganMs, endsMs } = question;
      const tokens = await authorizationCodeGrant(config, new URL(`${callback.href}${search}`), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        ...(isFresh ? { maxAge: QUESTION_MS / SECOND_MS } : {}),
      }).catch((error: unknown) => {
        throw isUnreachable(error) ? unavailable(error) : refused(error);
      });
      const idToken = tokens.id_token ?? '';
      const token = readIdToken(idToken);
      const key = keyOf(config, token?.header.kid);
      if (!token || !key) throw refused(undefined);
      const { iss, sub, auth_time: authTime = 0 } = token.claims;
      if (isFresh && authTime * SECOND_MS < beganMs - CLOCK_MS)
        throw notSigned(
          `${name} did not ask you to sign in again. Nothing was recorded. Sign out there, and try once more.`,
        );
      return { issuer: iss, subject: sub, provider: name, idToken, key, state, endsMs };
    },
  };

  function refused(error: unknown): Failure {
    const why = error instanceof AuthorizationResponseError ? ` (${error.error})` : '';
    return notSigned(`${name} did not sign you in${why}. Nothing was done. Go back, and try once more.`);
  }
}

export type IdentityProvider = ReturnType<typeof openIdentityProvider>;

/** The public key of the provider that verified a token, as it was published. */
function keyOf(config: Configuration, kid: string | undefined): Readonly<Record<string, string>> | undefined {
  const keys = getJwksCache(config)?.jwks.keys ?? [];
  const key = kid === undefined && keys.length === 1 ? keys[0] : keys.find((one) => one.kid === kid);
  return (
    key &&
    Object.fromEntries(Object.entries(key).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  );
}

/** Whether the provider was not reached, so that the same answer may be read later. */
function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause.name === 'TimeoutError' || cause.message === 'fetch failed') return true;
  return false;
}
