import { z } from 'zod';

import { readJson } from '../json.ts';

/** Whether the words of a provider may leave the vault: they must repeat nothing of the details that were sent. */

const MESSAGE_CHARS_MAX = 200;
/** The parts of a recipient that say nothing about its owner. */
const PLAIN = new Set(['type', 'currency', 'profile', 'legalType', 'accountType', 'ownedByCustomer']);
/** A part of an account number in the words, wherever they took it from. */
const DIGITS = /\d{4}/;
/** A part of a detail that is shorter than this is in many words by chance. */
const PART_CHARS_MIN = 3;
const WHOLE_CHARS_MIN = 5;

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
const partsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const valuesOf = (value: unknown): string[] =>
  isRecord(value)
    ? Object.entries(value).flatMap(([name, inner]) => (PLAIN.has(name) ? [] : valuesOf(inner)))
    : typeof value === 'string' || typeof value === 'number'
      ? [String(value)]
      : [];

const Recipient = z.record(z.string(), z.unknown());

/** A message in one line without its full stop. Null if it may repeat a detail of the recipient, or is too long to be about a field. */
export function quotable(message: string, recipient: string): string | null {
  const line = message
    .replaceAll(/[\s\p{C}“”"]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  if (line === '' || line.length > MESSAGE_CHARS_MAX || DIGITS.test(plain(line))) return null;
  const values = valuesOf(Recipient.parse(readJson(recipient)));
  const [whole, parts] = [plain(line), new Set(partsOf(line))];
  const repeats = values.some((value) => {
    const joined = plain(value);
    return (
      (joined.length >= WHOLE_CHARS_MIN && whole.includes(joined)) ||
      partsOf(value).some((part) => part.length >= PART_CHARS_MIN && parts.has(part))
    );
  });
  return repeats ? null : line;
}
