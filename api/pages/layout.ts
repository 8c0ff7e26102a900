import type { Visitor } from '../../db/people/sessions.ts';
import { ROLE } from './words.ts';
import { html, type Html } from './html.ts';
import { mayUse } from '../http/page-permissions.ts';

/** The places of the console. A person sees those that a role of theirs may open. */
const PLACES = [
  ['Today', '/'],
  ['Runs', '/runs'],
  ['Payouts', '/payouts'],
  ['Account', '/account'],
] as const;

export type PageContent = {
  title: string;
  /** The place that the page belongs to, if it belongs to one. */
  here?: (typeof PLACES)[number][1];
  main: Html;
};

const searchBox = html`<form role="search" action="/search">
  <input name="q" type="search" placeholder="Partner, payout, reference" aria-label="Search" />
</form>`;

/** A page of the console for a person who is signed in. */
export const consolePage = ({ title, here, main }: PageContent, visitor: Visitor): Html =>
  document({
    title,
    body: html`<a class="skip" href="#main">Skip to the page</a>
      <header class="places">
        <a class="mark" href="/">Bursar</a>
        ${mayUse(visitor.roles, 'GET /search') && searchBox}
        <nav aria-label="Places">
          <ul>
            ${PLACES.filter(([, path]) => mayUse(visitor.roles, `GET ${path}`)).map(
              ([name, path]) =>
                html`<li><a href="${path}" ${path === here && html`aria-current="page"`}>${name}</a></li>`,
            )}
          </ul>
        </nav>
        <div class="me">
          <strong>${visitor.name}</strong>
          <small>${visitor.roles.map((role) => ROLE[role]).join(', ') || 'no role now'}</small>
          <form method="post" action="/sign-out"><button>Sign out</button></form>
        </div>
      </header>
      <main id="main">${main}</main>`,
  });

/** A page for people who are not signed in: one card. */
export const strangerPage = ({ title, main }: Pick<PageContent, 'title' | 'main'>): Html =>
  document({
    title,
    body: html`<main id="main" class="alone">
      <p class="mark">Bursar</p>
      ${main}
    </main>`,
  });

const document = ({ title, body }: { title: string; body: Html }): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="htmx-config" content='{"includeIndicatorCSS":false}' />
        <title>${title} – Bursar</title>
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/console.css" />
        <script src="/assets/htmx.min.js" defer></script>
        <script src="/assets/hx-sse.min.js" defer></script>
        <script src="/assets/passkey.js" defer></script>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
