import {
  chooseNotices,
  type NoticeChoice,
  readStopToken,
  stopMail,
  type Stopped,
} from '../../../commands/tasks/notices.ts';
import type { Visitor } from '../../../db/people/sessions.ts';
import { listNoticeChoices, listOwnContacts } from '../../../db/tasks/notices.ts';
import {
  type Audience,
  audiencesOf,
  isOptional,
  kindsFor,
  type NoticeKind,
  NOTICES,
  type Way,
  WAYS,
} from '../../../domain/tasks/notice.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { field } from '../form.ts';
import { type definePages, type PageContext, readForm, sendPage } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { sharedPage, strangerPage } from '../layout.ts';
import { say } from '../say.ts';

const PATH = '/notices/choices';

type Group = { audience: Exclude<Audience, 'person'>; title: string; about: string; isContact: boolean };

/** The groups of notices that a person may read. A person who reads the address of a partner chooses for that address. */
async function groupsOf({ db }: ApiDeps, { actorId, roles, partners }: Visitor): Promise<Group[]> {
  const shared = audiencesOf(roles.filter((role) => role !== 'auditor')).map((audience) => ({
    audience,
    title: audience === 'finance' ? say('mail.payments') : say('mail.system'),
    about: say('mail.shared', { audience }),
    isContact: false,
  }));
  if (partners.length === 0) return shared;
  const contacts = await listOwnContacts(db, actorId);
  const isContact = partners.some(({ code }) => contacts.includes(code));
  const about = isContact ? say('mail.contact', { partners: contacts.join(', ') }) : say('mail.company');
  return [...shared, { audience: 'partner', title: say('mail.partner'), about, isContact }];
}

/** The ways that a person may choose for a kind. A single way leaves nothing to choose. */
function waysFor(kind: NoticeKind, { isContact }: Group): readonly Way[] {
  if (isOptional(kind)) return WAYS;
  return isContact ? ['now'] : ['now', 'off'];
}

const label = (way: Way, isContact: boolean): string =>
  way === 'off' && !isContact ? say('mail.offOwn') : say(`mail.${way}`);

function row(kind: NoticeKind, group: Group, chosen: ReadonlyMap<string, string>): Html {
  const { weight } = NOTICES[kind];
  const ways = waysFor(kind, group);
  const why = weight === 'news' ? undefined : say(`mail.why.${weight}`);
  if (ways.length === 1)
    return html`<div class="field">
      <strong>${say(`notice.${kind}`)}</strong>
      <span>${say('mail.now')}</span>
      <small>${why}</small>
    </div>`;
  const value = chosen.get(kind) ?? (group.isContact ? 'now' : 'off');
  const choices = ways.map((way) => ({ value: way, label: label(way, group.isContact) }));
  return field(
    { name: kind, label: say(`notice.${kind}`), help: why, choices, required: true, always: true },
    { values: { [kind]: value } },
  );
}

/** People choose how the mail of each kind of notice comes to them. */
export function noticeChoicePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  pages.on('GET /notices/choices', async (c, visitor) => {
    const [groups, choices] = await Promise.all([groupsOf(deps, visitor), listNoticeChoices(db, visitor.actorId)]);
    const chosen = new Map(choices.map(({ kind, way }) => [kind, way]));
    const main = html`<header class="title">
        <h1>${say('mail.title')}</h1>
        <p>${say('mail.about')}</p>
      </header>
      ${c.req.query('saved') !== undefined && html`<p class="card notice" data-tone="good" role="status">${say('mail.saved')}</p>`}
      ${
        groups.length === 0
          ? html`<section class="empty">
              <h2>${say('mail.none')}</h2>
              <p>${say('mail.none.about')}</p>
            </section>`
          : html`<form method="post" action="${PATH}" class="live">
              ${groups.map(
                (group) =>
                  html`<section class="card">
                    <h2>${group.title}</h2>
                    <p>${group.about}</p>
                    <div class="wishes">${kindsFor(group.audience).map((kind) => row(kind, group, chosen))}</div>
                  </section>`,
              )}
              <p class="buttons"><button class="primary">${say('mail.save')}</button></p>
            </form>`
      }`;
    return sendPage(c, sharedPage({ title: say('mail.title'), main }, visitor));
  });

  pages.on('POST /notices/choices', async (c, visitor) => {
    const groups = await groupsOf(deps, visitor);
    const wishes = groups.flatMap((group) =>
      kindsFor(group.audience).map((kind) => ({ kind, ways: waysFor(kind, group) })),
    );
    const form = await readForm(c, ...wishes.map(({ kind }) => kind));
    const choices = wishes.flatMap(({ kind, ways }): NoticeChoice[] => {
      const way = ways.find((one) => one === form[kind]);
      return way === undefined || ways.length === 1 ? [] : [{ kind, way }];
    });
    await chooseNotices(db, visitor.actorId, choices);
    return c.redirect(`${PATH}?saved`, 303);
  });

  pages.open('GET', '/unsubscribe/:token', (c) => {
    const { what } = readStopToken(vault, tokenOf(c));
    const main = html`<h1>${say('mail.stop')}</h1>
      <p>${say('mail.stop.stays', { about: aboutStop(what) })}</p>
      <form method="post" action="/unsubscribe/${tokenOf(c)}">
        <button class="primary">${say('mail.stop.button')}</button>
      </form>`;
    return sendPage(c, strangerPage({ title: say('mail.stop.button'), main }));
  });

  // A mail program sends this form for its reader (RFC 8058), so it comes from another site. The token alone says what it may do.
  pages.app.post('/unsubscribe/:token', async (c) => {
    const stop = readStopToken(vault, tokenOf(c));
    await stopMail(db, stop);
    const main = html`<h1>${say('mail.stopped')}</h1>
      <p>${say('mail.stop.done', { about: aboutStop(stop.what) })}</p>
      <p><a class="button" href="${PATH}">${say('mail.choose')}</a></p>`;
    return sendPage(c, strangerPage({ title: say('mail.stopped'), main }));
  });
}

const tokenOf = (c: PageContext): string => c.req.param('token') ?? '';

const aboutStop = (what: Stopped): string =>
  what === 'digest' ? say('mail.stop.digest') : say('mail.stop.kind', { kind: say(`notice.${what}`) });
