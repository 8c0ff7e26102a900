import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';

import type { Signed as SignedForm } from '../../commands/people/signatures.ts';
import { Failure } from '../../domain/errors.ts';

type Answer = SignedForm['answer'];

const Part = z.string().regex(/^[\w-]{1,20000}$/);
const Credential = z.object({
  id: Part,
  rawId: Part,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
});
const Signed = Credential.extend({
  response: z.object({ clientDataJSON: Part, authenticatorData: Part, signature: Part }),
});
const Made = Credential.extend({
  response: z.object({
    clientDataJSON: Part,
    attestationObject: Part,
    transports: z.array(z.string()).max(10).default([]),
  }),
});

const Token = z.strictObject({
  idToken: z.string().regex(/^[\w.-]{1,20000}$/),
  key: z.record(z.string(), z.string()),
  seal: Part,
});

/** Reads the answer of a passkey, as a form sends it. Throws Failure `not_authenticated`. */
export const readAssertion = (text: string): AuthenticationResponseJSON => read(Signed, text);

/** Reads the signature of a passkey or of a provider of identities, as a form sends it. Throws Failure `not_authenticated`. */
export const readSignature = (text: string): Answer => read<Answer>(z.union([Signed, Token]), text);

/** Reads a new passkey, as a form sends it. Throws Failure `not_authenticated`. */
export const readNewPasskey = (text: string): RegistrationResponseJSON =>
  read(Made, text) as z.infer<typeof Made> & Pick<RegistrationResponseJSON, 'response'>;

function read<Shape>(shape: z.ZodType<Shape>, text: string): Shape {
  const answer = shape.safeParse(jsonOf(text));
  if (answer.success) return answer.data;
  throw new Failure(
    'not_authenticated',
    'Your browser sent no passkey. Nothing was done. Go back, open the page again, and try once more.',
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
