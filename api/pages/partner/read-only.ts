/** Forms that change something, and the dialogs and buttons around them. A person who only reads must not meet them. */
const ACTS = [
  /<dialog [\s\S]*?<\/dialog>/g,
  /<button type="button" command="[\s\S]*?<\/button>/g,
  /<form method="post"[\s\S]*?<\/form>/g,
];
const LINK = /<a [^>]*href="([^"]*)"[^>]*>[\s\S]*?<\/a>/g;
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
