import type { Visitor } from '../../db/people/sessions.ts';
import { PORTAL_VIEWS } from '../http/portal-pages.ts';
import { mayOpen } from '../http/within-reach.ts';
import { html, type Html } from './html.ts';
import { linkTo, readersLanguage, say, strong, tell } from './say.ts';
import { roleOf } from './role-words.ts';

type Place = readonly [name: string, path: string];
type Group = { readonly name?: string; readonly places: readonly Place[] };

/** The places of the console in their groups. A person sees those that a role of theirs may open. */
const GROUPS = [
  {
    places: [
      ['Today', '/'],
      ['Tasks', '/tasks'],
      ['Notices', '/notices'],
    ],
  },
  {
    name: 'Payments',
    places: [
      ['Runs', '/runs'],
      ['Payouts', '/payouts'],
    ],
  },
  {
    name: 'Earning',
    places: [
      ['Earnings', '/earnings/events'],
      ['Programs', '/programs'],
    ],
  },
  {
    name: 'Partners',
    places: [
      ['Partners', '/partners'],
      ['Deals', '/deals'],
      ['Requests', '/requests'],
      ['Claims', '/claims'],
      ['Questions', '/questions'],
    ],
  },
  {
    name: 'Books',
    places: [
      ['Reconciliation', '/reconciliation'],
      ['Ledger', '/ledger'],
      ['Reports', '/reports'],
      ['Audit', '/audit'],
    ],
  },
  { name: 'Company', places: [['Settings', '/settings']] },
  {
    name: 'You',
    places: [
      ['Portal', '/portal'],
      ['Account', '/account'],
    ],
  },
] as const satisfies readonly Group[];

/** The places of the portal, below the address of the partner. */
const PORTAL_PLACES = [
  ['home', ''],
  ['earnings', '/earnings'],
  ['payouts', '/payouts'],
  ['statements', '/statements'],
  ['deals', '/deals'],
  ['requests', '/requests'],
  ['questions', '/questions'],
  ['details', '/details'],
  ['notices', '/notices'],
  ['users', '/users'],
] as const satisfies readonly Place[];

/** A partner whose data a person may read. `isViewed` if a colleague sees the portal as the partner does. */
export type Own = Visitor['partners'][number] & { isViewed?: true };

/** Whether the person may change something for the partner. */
export const mayAct = ({ access }: Own): boolean => access === 'owner';

type Content<Here> = {
  title: string;
  /** The place that the page belongs to, if it belongs to one. */
  here?: Here | undefined;
  main: Html;
};
export type PageContent = Content<(typeof GROUPS)[number]['places'][number][1]>;
export type PortalContent = Content<(typeof PORTAL_PLACES)[number][1]>;

/** A role in words, with its limits. Only that of a partner is said in every language, because the others belong to the console. */
const nameOf = (held: Visitor['held'][number]): string =>
  held.role === 'partner' ? say('role.partner') : roleOf(held);

/** The roles of a person in words. */
export const rolesOf = ({ held }: Visitor): string => [...new Set(held.map(nameOf))].join(', ') || say('frame.noRole');

export const isStaff = ({ roles }: Visitor): boolean => roles.some((role) => role !== 'partner');

const searchBox = html`<form role="search" action="/search">
  <input name="q" type="search" placeholder="Partner, payout, event" aria-label="Search" />
</form>`;

/** A page of the console for a person who is signed in. */
export const consolePage = ({ title, here, main }: PageContent, visitor: Visitor): Html =>
  framed({
    title,
    main,
    here,
    visitor,
    home: '/',
    about: mayOpen(visitor, 'GET /search') && searchBox,
    groups: GROUPS.map(({ places, ...group }) => ({
      ...group,
      places: places.filter(([, path]) => mayOpen(visitor, `GET ${path}`)),
    })),
  });

/** The address of a partner's portal. */
export const portalOf = ({ code, isViewed }: Own): string =>
  isViewed ? `/partners/${encodeURIComponent(code)}/portal` : `/portal/${encodeURIComponent(code)}`;

/** A page of the portal, about one partner. */
export const portalPage = ({ title, here, main }: PortalContent, visitor: Visitor, own: Own): Html =>
  portalFrame(
    { title: `${title}, ${own.name}`, main, here: here === undefined ? here : portalOf(own) + here },
    visitor,
    own,
  );

/** The choice of a partner, for a person who has several. */
export const choicePage = ({ title, main }: Pick<PageContent, 'title' | 'main'>, visitor: Visitor): Html =>
  portalFrame({ title, main, here: '/portal' }, visitor, undefined);

/** A page that the console and the portal share, in the frame of the person's work. */
export function sharedPage(content: PageContent, visitor: Visitor): Html {
  const { partners } = visitor;
  if (isStaff(visitor) || partners.length === 0) return consolePage(content, visitor);
  return portalFrame(content, visitor, partners.length === 1 ? partners[0] : undefined);
}

function portalFrame(content: Content<string>, visitor: Visitor, own: Own | undefined): Html {
  if (own?.isViewed) return viewFrame(content, visitor, own);
  const base = own ? portalOf(own) : '/portal';
  const places: readonly Place[] = own
    ? PORTAL_PLACES.map(([name, path]) => [say(`place.${name}`), base + path])
    : [[say('place.partners'), '/portal']];
  const others: readonly Place[] = isStaff(visitor) ? [[say('frame.console'), '/']] : [];
  return framed({
    ...content,
    visitor,
    home: base,
    about:
      own &&
      html`<p class="about">
        ${own.name} ${visitor.partners.length > 1 && html`<a href="/portal">${say('frame.choosePartner')}</a>`}
      </p>`,
    groups: [{ places: [...places, [say('place.account'), '/account'], ...others] }],
  });
}

/** The portal of a partner for a colleague. It has no form, and says on every page whose view it is. */
function viewFrame(content: Content<string>, visitor: Visitor, own: Own): Html {
  const back = `/partners/${encodeURIComponent(own.code)}`;
  const banner = html`<div class="card notice" data-tone="watch" role="note">
    <p>${tell('frame.view', { name: own.name, strong, link: linkTo(back) })}</p>
  </div>`;
  return framed({
    ...content,
    main: html`${banner} ${content.main}`,
    visitor,
    home: '/',
    about: html`<p class="about">${say('frame.viewOf', { name: own.name })}</p>`,
    groups: [
      {
        name: say('frame.portal'),
        places: PORTAL_PLACES.filter(([, path]) => PORTAL_VIEWS.some((view) => view === path)).map(
          ([name, path]): Place => [say(`place.${name}`), portalOf(own) + path],
        ),
      },
      { name: say('frame.console'), places: [[say('frame.backToPartner'), back]] },
    ],
  });
}

type Frame = Content<string> & {
  visitor: Visitor;
  home: string;
  groups: readonly Group[];
  about?: Html | false | undefined;
};

const groupOf = ({ name, places }: Group, here: string | undefined): Html | false =>
  places.length > 0 &&
  html`${name && html`<h2>${name}</h2>`}
    <ul>
      ${places.map(([label, path]) => html`<li><a href="${path}" ${path === here && html`aria-current="page"`}>${label}</a></li>`)}
    </ul>`;

/** On a narrow screen the menu is behind a button. On a wide one it always shows, and the button is gone. */
const framed = ({ title, main, visitor, home, here, groups, about }: Frame): Html =>
  document({
    title,
    body: html`<a class="skip" href="#main">${say('frame.skip')}</a>
      <header class="places">
        <a class="mark" href="${home}">Bursar</a>
        <button type="button" class="open" popovertarget="menu">${say('frame.menu')}</button>
        ${about}
        <div id="menu" popover>
          <nav aria-label="${say('frame.places')}">${groups.map((group) => groupOf(group, here))}</nav>
          <div class="me">
            <strong>${visitor.name}</strong>
            <small>${rolesOf(visitor)}</small>
            <form method="post" action="/sign-out"><button>${say('frame.signOut')}</button></form>
          </div>
        </div>
      </header>
      <main id="main">${main}</main>`,
  });

/** A page for people who are not signed in: one card. The browser goes on to `goTo` by itself. */
export const strangerPage = ({ title, main, goTo }: Pick<PageContent, 'title' | 'main'> & { goTo?: string }): Html =>
  document({
    title,
    goTo,
    body: html`<main id="main" class="alone">
      <p class="mark">Bursar</p>
      ${main}
    </main>`,
  });

type Document = { title: string; body: Html; goTo?: string | undefined };

const document = ({ title, body, goTo }: Document): Html =>
  html`<!doctype html>
    <html lang="${readersLanguage()}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="htmx-config" content='{"includeIndicatorCSS":false}' />
        ${goTo !== undefined && html`<meta http-equiv="refresh" content="0;url=${goTo}" />`}
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
