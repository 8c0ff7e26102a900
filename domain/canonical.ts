import { hash } from 'node:crypto';

/**
 * Prints a value as JSON that is the same for the same content (in the manner of RFC 8785): keys are sorted, there are no spaces,
 * and a bigint is a string. Throws TypeError for a value that can be written in more than one way, or in none: undefined,
 * functions, class instances, numbers that are not safe integers, and text with half a surrogate pair.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value);
  if (typeof value === 'bigint') return `"${value}"`;
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
  if (isPlainObject(value)) {
    const keys = Object.keys(value).toSorted();
    return `{${keys.map((key) => `${canonicalJson(key)}:${canonicalJson(value[key])}`).join(',')}}`;
  }
  throw new TypeError(
    `${typeof value === 'object' ? 'a class instance' : `this ${typeof value}`} has no canonical JSON`,
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The SHA-256 of bytes, or of a text in UTF-8: 32 bytes. */
export const sha256 = (content: string | Uint8Array): Buffer => hash('sha256', content, 'buffer');
