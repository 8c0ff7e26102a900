import { Hono } from 'hono';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';

/** A mail that came in. */
export type Message = {
  id: string;
  at: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
};

const MESSAGES_A_PAGE = 100;

const CSS = `
  :root { color-scheme: light dark; --line: #8884; --soft: light-dark(#555, #aaa); --accent: light-dark(#0b6b4f, #5fd3ae) }
  * { box-sizing: border-box }
  body { max-width: 62rem; margin: 0 auto; padding: 1.6rem 1rem 4rem; font: 15px/1.5 system-ui, sans-serif }
  h1 { margin: 0 0 .3rem; font-size: 1.5rem; line-height: 1.2; overflow-wrap: anywhere }
  p { margin: 0 0 1rem } a { color: inherit } small, .soft { color: var(--soft) }
  nav { display: flex; flex-wrap: wrap; gap: .6rem; margin: 0 0 1rem }
  nav a, button { display: inline-block; padding: .35rem .8rem; border: 1px solid var(--line); border-radius: 7px; background: none; color: inherit; font: inherit; text-decoration: none; cursor: pointer }
  nav a[aria-current] { border-color: var(--accent); color: var(--accent); font-weight: 600 }
  form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 0 0 1.2rem } label { display: grid; font-size: .85rem }
  input { width: min(22rem, 80vw); padding: .35rem .6rem; border: 1px solid var(--line); border-radius: 7px; background: none; color: inherit; font: inherit }
  ul { margin: 0 0 1rem; padding: 0; list-style: none }
  li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .7rem 0; border-top: 1px solid var(--line) }
  li a { font-weight: 600; overflow-wrap: anywhere } li small { grid-column: 1; overflow-wrap: anywhere } time { color: var(--soft); white-space: nowrap }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: 0 0 1.2rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
  iframe, pre { width: 100%; margin: 0; border: 1px solid var(--line); border-radius: 10px } iframe { height: 70vh; background: light-dark(#fff, #222) }
  pre { padding: 1rem; font: 13px/1.6 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }`;

const page = (title: string, main: unknown) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${CSS}
        </style>
      </head>
      <body>
        <main>${main}</main>
      </body>
    </html>`;

const when = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;

function listPage(messages: readonly Message[], to: string, from: number) {
  const found = messages.filter((message) => to === '' || message.to.includes(to));
  const shown = found.slice(from, from + MESSAGES_A_PAGE);
  const next =
    from + MESSAGES_A_PAGE < found.length ? new URLSearchParams({ to, from: String(from + shown.length) }) : null;
  return page(
    'Mail in the sandbox',
    html`<h1>Mail in the sandbox</h1>
      <p class="soft">Every mail that Bursar sent, newest first. None of it left this machine.</p>
      <form method="get" action="/">
        <label>To the address <input name="to" type="email" value="${to}" /></label>
        <button>Show</button>
      </form>
      ${
        shown.length === 0
          ? html`<p>
              ${to === '' ? 'No mail came yet. A notice to a partner or to finance will be here within a minute.' : html`No mail came to ${to}. <a href="/">Show all mail</a>`}
            </p>`
          : html`<p class="soft">${found.length} ${found.length === 1 ? 'message' : 'messages'}</p>
              <ul>
                ${shown.map(
                  (message) =>
                    html`<li>
                      <a href="/messages/${message.id}">${message.subject || '(no subject)'}</a>
                      <time datetime="${message.at}">${when(message.at)}</time>
                      <small>to ${message.to.join(', ')}</small>
                    </li>`,
                )}
              </ul>`
      }
      ${next && html`<nav><a href="/?${next.toString()}">Older mail</a></nav>`}`,
  );
}

function messagePage(message: Message, asked: string | undefined) {
  const view = asked ?? (message.html ? 'html' : 'text');
  const tab = (name: string, label: string) =>
    html`<a href="/messages/${message.id}?view=${name}" ${name === view ? html`aria-current="page"` : ''}>${label}</a>`;
  return page(
    message.subject,
    html`<nav><a href="/">Back to all mail</a></nav>
      <h1>${message.subject || '(no subject)'}</h1>
      <dl>
        <dt>From</dt>
        <dd>${message.from}</dd>
        <dt>To</dt>
        <dd>${message.to.join(', ')}</dd>
        <dt>At</dt>
        <dd>${when(message.at)}</dd>
      </dl>
      <nav aria-label="Views">
        ${message.html && tab('html', 'As HTML')} ${tab('text', 'As text')} ${tab('headers', 'Headers')}
      </nav>
      ${views(message, view)}`,
  );
}

function views(message: Message, view: string) {
  if (view === 'headers')
    return html`<dl>
      ${Object.entries(message.headers).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`;
  return view === 'html' && message.html
    ? html`<iframe src="/messages/${message.id}/html" title="The mail" sandbox="${FRAME}"></iframe>`
    : html`<pre>${message.text || '(no text)'}</pre>`;
}

/** A mail runs no script and loads nothing. A link opens a tab of its own, as in a mail program. */
const FRAME = 'allow-popups allow-popups-to-escape-sandbox';

const pagePolicy = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'unsafe-inline'"],
    frameSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  originAgentCluster: false,
});

const framePolicy = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'unsafe-inline'"],
    imgSrc: ['data:'],
    sandbox: FRAME.split(' '),
    frameAncestors: ["'self'"],
  },
  xFrameOptions: 'SAMEORIGIN',
  originAgentCluster: false,
});

/** The pages that show what the mail catcher received. */
export function mailPages(newestFirst: () => readonly Message[]): Hono {
  const app = new Hono();
  const find = (id: string): Message | undefined => newestFirst().find((message) => message.id === id);
  const gone = 'There is no such message. The catcher keeps the newest 1,000.';
  app.get('/', pagePolicy, (c) =>
    c.html(listPage(newestFirst(), c.req.query('to') ?? '', Number(c.req.query('from')) || 0)),
  );
  app.get('/messages', (c) => {
    const to = c.req.query('to');
    return c.json(newestFirst().filter((message) => !to || message.to.includes(to)));
  });
  app.get('/messages/:id', pagePolicy, (c) => {
    const message = find(c.req.param('id'));
    return message ? c.html(messagePage(message, c.req.query('view'))) : c.text(gone, 404);
  });
  app.get('/messages/:id/html', framePolicy, (c) => {
    const message = find(c.req.param('id'));
    return message ? c.html(message.html.replace(/<head[^>]*>|^/i, '$&<base target="_blank" />')) : c.text(gone, 404);
  });
  return app;
}
