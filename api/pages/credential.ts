import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';

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

/** Reads a passkey's signature, as a form sends it. Throws Failure `not_authenticated`. */
export const readSignature = (text: string): AuthenticationResponseJSON => read(Signed, text);

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
