/** A key's public half, by which its row is found, and its secret, of which only the hash is kept. */
export type KeyParts = { prefix: string; secret: string };

export const PREFIX_BYTES = 6;
export const SECRET_BYTES = 32;
const KEY = /^bsk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** The whole key, as it is sent. */
export const formatKey = ({ prefix, secret }: KeyParts): string => `bsk_${prefix}_${secret}`;

/** Reads a key. Undefined if the text does not have the form of our keys. */
export function parseKey(text: string): KeyParts | undefined {
  const [, prefix, secret] = KEY.exec(text) ?? [];
  return prefix && secret ? { prefix, secret } : undefined;
}
