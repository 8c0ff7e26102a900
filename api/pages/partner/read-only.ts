/** Forms that change something, and the dialogs and buttons around them. A person who only reads must not meet them. */
const ACTS = [
  /<dialog\s[\s\S]*?<\/dialog\s*>/g,
  /<button\s[^>]*command="[\s\S]*?<\/button\s*>/g,
  /<form\s[^>]*method="post"[\s\S]*?<\/form\s*>/g,
];
const LINK = /<a\s[^>]*href="([^"]*)"[^>]*>[\s\S]*?<\/a\s*>/g;
const MAIN = '<main id="main">';

/**
 * Takes everything that changes something out of a page of the portal, in one place, so that no page can forget it. A link stays if it
 * leads to a page that only reads.
 */
export async function withoutForms(page: Response, mayOpen: (path: string) => boolean): Promise<Response> {
  if (!page.headers.get('content-type')?.startsWith('text/html')) return page;
  const [frame = '', ...main] = (await page.text()).split(MAIN);
  const read = ACTS.reduce((text, act) => text.replaceAll(act, ''), main.join(MAIN)).replaceAll(
    LINK,
    (link, path: string) => (mayOpen(path.replace(/[?#].*/, '')) ? link : ''),
  );
  return new Response(frame + MAIN + read, { status: page.status, headers: page.headers });
}
