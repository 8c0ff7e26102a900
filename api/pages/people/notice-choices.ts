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
import { NOTICE } from '../words.ts';

const PATH = '/notices/choices';

type Group = { audience: Exclude<Audience, 'person'>; title: string; about: string; isContact: boolean };

/** The groups of notices that a person may read. A person who reads the address of a partner chooses for that address. */
async function groupsOf({ db }: ApiDeps, { actorId, roles, partners }: Visitor): Promise<Group[]> {
  const shared = audiencesOf(roles.filter((role) => role !== 'auditor')).map((audience) => ({
    audience,
    title: audience === 'finance' ? 'Payments' : 'Running the system',
    about: `The shared address of ${audience} always gets each of these at once, so that none is missed. You choose whether you get your own mail as well.`,
    isContact: false,
  }));
  if (partners.length === 0) return shared;
  const contacts = await listOwnContacts(db, actorId);
  const isContact = partners.some(({ code }) => contacts.includes(code));
  const about = isContact
    ? `You read the address that ${contacts.join(', ')} gave us, so you choose how mail comes to it.`
    : 'The address that your company gave us gets these. You choose whether you get your own mail as well.';
  return [...shared, { audience: 'partner', title: 'Your partner account', about, isContact }];
}

/** The ways that a person may choose for a kind. A single way leaves nothing to choose. */
function waysFor(kind: NoticeKind, { isContact }: Group): readonly Way[] {
  if (isOptional(kind)) return WAYS;
  return isContact ? ['now'] : ['now', 'off'];
}

const label = (way: Way, isContact: boolean): string =>
  ({ now: 'At once', daily: 'Once a day, in one mail', off: isContact ? 'No mail' : 'No mail of your own' })[way];

const WHY: Record<'act' | 'security', string> = {
  act: 'It asks somebody to act, so nobody can turn it off.',
  security: 'It protects the account, so nobody can turn it off.',
};

function row(kind: NoticeKind, group: Group, chosen: ReadonlyMap<string, string>): Html {
  const { weight } = NOTICES[kind];
  const ways = waysFor(kind, group);
  const why = weight === 'news' ? undefined : WHY[weight];
  if (ways.length === 1)
    return html`<div class="field">
      <strong>${NOTICE[kind]}</strong>
      <span>At once</span>
      <small>${why}</small>
    </div>`;
  const value = chosen.get(kind) ?? (group.isContact ? 'now' : 'off');
  const choices = ways.map((way) => ({ value: way, label: label(way, group.isContact) }));
  return field(
    { name: kind, label: NOTICE[kind], help: why, choices, required: true, always: true },
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
        <h1>Your mail</h1>
        <p>
          The page of notices shows every notice, whatever you choose here. A day's mail is sent at 05:00 UTC on the day
          after.
        </p>
      </header>
      ${c.req.query('saved') !== undefined && html`<p class="card notice" data-tone="good" role="status">Your choice is saved.</p>`}
      ${
        groups.length === 0
          ? html`<section class="empty">
              <h2>You are sent no notices</h2>
              <p>
                Notices go to people who prepare, approve or operate, and to partners. You have none of these roles now.
              </p>
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
              <p class="buttons"><button class="primary">Save</button></p>
            </form>`
      }`;
    return sendPage(c, sharedPage({ title: 'Your mail', main }, visitor));
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
    const main = html`<h1>Stop this mail?</h1>
      <p>${aboutStop(what)} Its notices stay on your page of notices.</p>
      <form method="post" action="/unsubscribe/${tokenOf(c)}"><button class="primary">Stop this mail</button></form>`;
    return sendPage(c, strangerPage({ title: 'Stop this mail', main }));
  });

  // A mail program sends this form for its reader (RFC 8058), so it comes from another site. The token alone says what it may do.
  pages.app.post('/unsubscribe/:token', async (c) => {
    const stop = readStopToken(vault, tokenOf(c));
    await stopMail(db, stop);
    const main = html`<h1>The mail is stopped</h1>
      <p>${aboutStop(stop.what)} You get it no longer. To have it again, sign in and choose.</p>
      <p><a class="button" href="${PATH}">Choose which mail you get</a></p>`;
    return sendPage(c, strangerPage({ title: 'The mail is stopped', main }));
  });
}

const tokenOf = (c: PageContext): string => c.req.param('token') ?? '';

const aboutStop = (what: Stopped): string =>
  what === 'digest' ? 'This is the daily mail of your notices.' : `This is the mail about: ${NOTICE[what]}.`;
