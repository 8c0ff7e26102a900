import { html, type raw } from 'hono/html';

import type { Language } from '../domain/language.ts';
import type { NoticeContent, NoticePart } from '../domain/tasks/notice-content.ts';

/** A notice written out as e-mail. Both forms print the same parts. */
export type Mail = { subject: string; text: string; html: string };

/** Why the reader gets the mail, and the page where they choose otherwise. */
export type Footer = { text: string; path: string | null };

/** Every text in it was escaped. */
type Html = ReturnType<typeof raw>;
/** The page where people choose their mail. */
export const CHOICES = '/notices/choices';

type UrlOf = (path: string) => string;

/** Writes a notice, or several in one mail, as e-mail in the language of their words. */
export function writeMail(
  content: NoticeContent,
  urlOf: UrlOf,
  footer: Footer | null = null,
  language: Language = 'en',
): Mail {
  const subject = content.subject.replaceAll(/\p{Cc}+/gu, ' ').trim();
  const parts = [...content.parts, ...(footer ? [footerPart(footer)] : [])];
  return {
    subject,
    text: parts.map((part) => textOf(part, urlOf)).join('\n\n'),
    html: (htmlOf({ subject, parts, language }, urlOf) as Html).toString(),
  };
}

type Part = NoticePart | ({ is: 'footer' } & Footer);
const footerPart = (footer: Footer): Part => ({ is: 'footer', ...footer });

function textOf(part: Part, urlOf: UrlOf): string {
  switch (part.is) {
    case 'text':
    case 'reference':
      return part.text;
    case 'heading':
      return `${part.text}\n${'-'.repeat(part.text.length)}`;
    case 'link':
      return `${part.label}: ${urlOf(part.path)}`;
    case 'command':
      return part.before + urlOf(part.path) + part.after;
    case 'totals':
      return inLines(
        part.title,
        part.rows.map(({ amount, about }) => `${amount} ${about}`),
      );
    case 'list':
      return inLines(
        part.title,
        part.items.map(({ text, path }) => (path === null ? text : `${text}  ${urlOf(path)}`)),
      );
    case 'footer':
      return `-- \n${part.text}${part.path === null ? '' : ` ${urlOf(part.path)}`}`;
  }
}

const inLines = (title: string, lines: readonly string[]): string =>
  [title, ...lines.map((line) => `  ${line}`)].join('\n');

/** Mail programs ignore most style sheets, so each element carries its own style. */
const STYLE = {
  body: 'margin:0;padding:24px 12px;font:16px/1.5 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif',
  card: 'max-width:36rem;margin:0 auto;padding:24px;border:1px solid #8886;border-radius:10px',
  mark: 'margin:0 0 16px;font-weight:700;letter-spacing:-.02em',
  h1: 'margin:0 0 16px;font-size:20px;line-height:1.3',
  h2: 'margin:24px 0 8px;padding-top:16px;border-top:1px solid #8886;font-size:17px;line-height:1.3',
  p: 'margin:0 0 14px;white-space:pre-line',
  title: 'margin:0 0 6px;font-weight:600',
  list: 'margin:0 0 14px;padding-left:20px',
  table: 'margin:0 0 14px;border-collapse:collapse',
  amount:
    'padding:4px 16px 4px 0;text-align:right;white-space:nowrap;font-weight:600;font-variant-numeric:tabular-nums',
  about: 'padding:4px 0',
  link: 'display:inline-block;padding:9px 16px;border-radius:7px;background:#0b6b4f;color:#fff;font-weight:600;text-decoration:none',
  command:
    'margin:0 0 14px;padding:10px;border-radius:7px;background:#8882;font:13px/1.5 monospace;white-space:pre-wrap;word-break:break-all',
  small: 'margin:0 0 8px;font-size:13px;opacity:.75;word-break:break-word',
} as const;

function partOf(part: Part, urlOf: UrlOf) {
  switch (part.is) {
    case 'text':
      return html`<p style="${STYLE.p}">${part.text}</p>`;
    case 'heading':
      return html`<h2 style="${STYLE.h2}">${part.text}</h2>`;
    case 'reference':
      return html`<p style="${STYLE.small}">${part.text}</p>`;
    case 'link':
      return html`<p style="${STYLE.p}"><a href="${urlOf(part.path)}" style="${STYLE.link}">${part.label}</a></p>`;
    case 'command':
      return html`<pre style="${STYLE.command}">${part.before}${urlOf(part.path)}${part.after}</pre>`;
    case 'totals':
      return html`<p style="${STYLE.title}">${part.title}</p>
        <table style="${STYLE.table}">
          ${part.rows.map(
            ({ amount, about }) =>
              html`<tr>
                <td style="${STYLE.amount}">${amount}</td>
                <td style="${STYLE.about}">${about}</td>
              </tr>`,
          )}
        </table>`;
    case 'list':
      return html`<p style="${STYLE.title}">${part.title}</p>
        <ul style="${STYLE.list}">
          ${part.items.map(({ text, path }) => html`<li>${path === null ? text : html`<a href="${urlOf(path)}">${text}</a>`}</li>`)}
        </ul>`;
    case 'footer':
      return html`<p style="${STYLE.small}">
        ${part.text} ${part.path === null ? '' : html`<a href="${urlOf(part.path)}">${urlOf(part.path)}</a>`}
      </p>`;
  }
}

const htmlOf = (
  { subject, parts, language }: { subject: string; parts: readonly Part[]; language: Language },
  urlOf: UrlOf,
) =>
  html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${subject}</title>
      </head>
      <body style="${STYLE.body}">
        <div style="${STYLE.card}">
          <p style="${STYLE.mark}">Bursar</p>
          <h1 style="${STYLE.h1}">${subject}</h1>
          ${parts.map((part) => partOf(part, urlOf))}
        </div>
      </body>
    </html>`;
