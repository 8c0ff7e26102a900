import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hasBrowser, openBrowser } from '../fixtures/browser.ts';
import { faultsInEveryLook } from '../fixtures/looks.ts';

const pageOf = (css: string) => `<!doctype html><html lang="en"><title>A page</title>
  <meta name="viewport" content="width=device-width">
  <style>:root { color-scheme: light dark } body { background: light-dark(#fff, #222) } a { color: inherit } ${css}</style>
  <main><h1>A page</h1><p><button>Pay</button> <a href="/">Home</a></p></main></html>`;
const AT_PHONE = (css: string) => `@media (max-width: 400px) { ${css} }`;

/** The stories find nothing only because nothing is there to be found. */
describe.skipIf(!hasBrowser)('given a page that is unfit for one window or one scheme of colours', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser.close());

  it.each([
    { css: '', finds: [], because: 'nothing is wrong' },
    { css: AT_PHONE('p { width: 500px }'), finds: [/^390: the page is wider/], because: 'it is too wide' },
    {
      css: AT_PHONE('p { width: 20px; overflow: hidden; white-space: nowrap }'),
      finds: [/^390: out of reach: <a/],
      because: 'a link is cut off',
    },
    {
      css: AT_PHONE('main::after { content: ""; position: fixed; inset: 0 }'),
      finds: [/^390: out of reach: <button/, /^390: out of reach: <a/],
      because: 'something lies over it',
    },
    {
      css: '@media (prefers-color-scheme: dark) { h1 { color: #444 } }',
      finds: [/^1440: color-contrast/, /^1024: color-contrast/, /^390: color-contrast/],
      because: 'the dark title cannot be read',
    },
  ])('when $because then that is all that is found', async ({ css, finds }) => {
    await page.setContent(pageOf(css));
    const found = await faultsInEveryLook(page, { width: 1440, dark: false });
    expect(found).toEqual(finds.map((words) => expect.stringMatching(words)));
  });
});
