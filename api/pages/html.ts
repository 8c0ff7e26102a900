import { html as hono, type raw } from 'hono/html';

/** Markup that is safe to send: every text in it was escaped. */
export type Html = ReturnType<typeof raw>;
/** Everything that a template prints. Objects and `true` do not compile, because Hono would print them wrongly or not at all. */
export type Part = Html | string | number | bigint | null | undefined | false | readonly Part[];

/** A template of a page. Each text in it is escaped; null, undefined and false print nothing. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  hono(strings, ...parts.map(printable)) as Html;

function printable(part: Part): unknown {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'bigint' || typeof part === 'number') return String(part);
  return Array.isArray(part) ? part.map(printable) : part;
}
