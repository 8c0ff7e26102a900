import { z } from 'zod';

/** An ID token of a provider of identities, as OpenID Connect defines it: it says who signed in, when, and for which nonce. */
const Header = z.object({ alg: z.string(), kid: z.string().optional() });
const Claims = z.object({
  iss: z.string().min(1),
  sub: z.string().min(1).max(255),
  nonce: z.string().optional(),
  /** When the person proved who they are, in seconds. */
  auth_time: z.number().optional(),
});

export type IdToken = { header: z.infer<typeof Header>; claims: z.infer<typeof Claims> };

/** Reads an ID token, without verifying its signature. Undefined if the text is none. */
export function readIdToken(text: string): IdToken | undefined {
  const [header, claims] = text.split('.').map(jsonOf);
  const known = z.object({ header: Header, claims: Claims }).safeParse({ header, claims });
  return known.success ? known.data : undefined;
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}
