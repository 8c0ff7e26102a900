import { z } from 'zod';

/**
 * The content of a notice, composed once. The mail's text, the mail's HTML and the page of notices all print these parts, so they cannot
 * disagree. A path is an address on our own site.
 */

const Path = z.string().startsWith('/').nullable();
const Item = z.strictObject({ text: z.string(), path: Path });

const NoticePart = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('text'), text: z.string() }),
  /** The subject of one of several notices in one mail. */
  z.strictObject({ is: z.literal('heading'), text: z.string() }),
  z.strictObject({ is: z.literal('list'), title: z.string(), items: z.array(Item) }),
  /** Amounts, each with its currency, and for what. */
  z.strictObject({
    is: z.literal('totals'),
    title: z.string(),
    rows: z.array(z.strictObject({ amount: z.string(), about: z.string() })),
  }),
  /** The page where the reader acts, or reads more. */
  z.strictObject({ is: z.literal('link'), label: z.string(), path: z.string().startsWith('/') }),
  /** A command for a terminal, with an address of ours in it. */
  z.strictObject({
    is: z.literal('command'),
    before: z.string(),
    path: z.string().startsWith('/'),
    after: z.string(),
  }),
  /** Ids, for a question to us. */
  z.strictObject({ is: z.literal('reference'), text: z.string() }),
]);
export type NoticePart = z.infer<typeof NoticePart>;

export const NoticeContent = z.strictObject({ subject: z.string(), parts: z.array(NoticePart) });
export type NoticeContent = z.infer<typeof NoticeContent>;

export const say = (text: string): NoticePart => ({ is: 'text', text });
export const go = (label: string, path: string): NoticePart => ({ is: 'link', label, path });
export const cite = (text: string): NoticePart => ({ is: 'reference', text });
export const list = (
  title: string,
  items: readonly (string | { text: string; path: string | null })[],
): NoticePart => ({
  is: 'list',
  title,
  items: items.map((item) => (typeof item === 'string' ? { text: item, path: null } : item)),
});
