import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';

import { siteOf } from '../../commands/people/passkeys.ts';
import { findVisitor, type Visitor } from '../../db/people/sessions.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { readWithin } from '../../db/wall.ts';
import { isUuid } from '../../domain/ids.ts';
import { joinReaches } from '../../domain/people/reach.ts';
import type { ApiDeps, ApiEnv, Reading, Upload } from '../http/deps.ts';
import { mayUse, type PageRoute } from '../http/page-permissions.ts';
import { problemOf } from '../http/problem.ts';
import { receiveUpload, tooLarge } from '../http/upload.ts';
import { aboutOf } from '../http/reach.ts';
import { readSessionCookie } from '../http/visitor.ts';
import { refusalOf, rolesWithin } from '../http/within-reach.ts';
import { formAgain } from './again.ts';
import { html, type Html } from './html.ts';
import { isStaff, sharedPage, strangerPage } from './layout.ts';
import { sayProblem } from './problem-words.ts';
import { hearBrowser, say, sayAgain, speakTo } from './say.ts';

type Answer = Response | Promise<Response>;
export type PageContext = Context<ApiEnv>;
/** Does the work of a page or a form for a person who may use it. The visitor has the roles that reach what it is about. */
export type Handler = (c: PageContext, visitor: Visitor) => Answer;

type UploadHandlers = {
  handle: (c: PageContext, visitor: Visitor, upload: Upload) => Answer;
  refuse: (c: PageContext, visitor: Visitor, failure: Failure) => Answer;
};

const FORM_BYTES_MAX = 256 * 1024;
/** The forms that take a file, or what was in one. */
const FILE_FORMS: Partial<Record<PageRoute, number>> = {
  'POST /portal/{partner}/claims': 10 * 1024 * 1024,
  'POST /earnings/corrections/import/signed': 2 * 1024 * 1024,
};

/** Registers pages. Every one has a row in the table of permissions, and a form accepts what this site sent alone. */
export function definePages(deps: ApiDeps) {
  const app = new Hono<ApiEnv>();
  const ownForm = ownForms(deps);
  app.use(hearBrowser);
  app.onError((error, c) => answerError(deps, error, c as PageContext));
  const guardedBy = async (c: PageContext, route: PageRoute): Promise<Visitor | null> => {
    const visitor = await visitorOf(deps, c);
    if (!visitor) return null;
    c.set('visitor', visitor);
    speakToVisitor(c, visitor);
    c.env?.admit?.();
    if (!mayUse(visitor.roles, route)) throw new Failure('not_found', `There is nothing for you at ${c.req.path}.`);
    const asked = { route, path: c.req.path, readBody: () => formOf(c) };
    const roles = await rolesWithin(deps.db, visitor.held, asked);
    if (!mayUse(roles, route)) throw refusalOf(asked);
    return { ...visitor, roles };
  };
  /** A person whose roles have limits reads the rows in their reach alone, whatever a query forgets. */
  const readingOf =
    (visitor: Visitor, route: PageRoute): Reading =>
    (work) => {
      const held = visitor.held.filter(({ role }) => role !== 'partner' && mayUse([role], route));
      const reach = joinReaches(held.map((one) => one.reach));
      const hasWall = reach !== null && held.length > 0 && aboutOf(route) !== 'person';
      return hasWall ? readWithin(deps.db, reach, work) : work();
    };
  return {
    app,
    /** A page or form for people who are signed in. */
    on(route: PageRoute, handle: Handler): void {
      const [method, path] = splitRoute(route);
      const guarded = async (c: PageContext): Promise<Response> => {
        const visitor = await guardedBy(c, route);
        if (!visitor) return askToSignIn(c);
        const reading = readingOf(visitor, route);
        if (method === 'GET') return reading(async () => handle(c, visitor));
        await refuseBroken(c);
        c.set('reading', reading);
        return handle(c, visitor);
      };
      if (method === 'GET') app.get(path, refuseNul, guarded);
      else app.post(path, refuseNul, ownForm, limitForm(FILE_FORMS[route]), guarded);
    },
    /** A form with files of at most so many bytes. Whatever cannot be accepted in it is drawn by `refuse`. */
    onUpload(route: PageRoute, bytesMax: number, { handle, refuse }: UploadHandlers): void {
      const receive = receiveUpload(bytesMax);
      app.post(splitRoute(route)[1], refuseNul, ownForm, async (c: PageContext) => {
        const visitor = await guardedBy(c, route);
        if (!visitor) return askToSignIn(c);
        let answer: Response | undefined;
        try {
          await receive(c, async () => {
            answer = await handle(c, visitor, c.get('upload'));
          });
        } catch (error) {
          if (!(error instanceof Failure) || error.code !== 'invalid_input') throw error;
          return refuse(c, visitor, error);
        }
        return answer ?? c.body(null, 400);
      });
    },
    /** A page or form for everybody. */
    open(method: 'GET' | 'POST', path: string, handle: (c: PageContext) => Answer): void {
      if (method === 'GET') app.get(path, refuseNul, handle);
      else
        app.post(path, refuseNul, ownForm, limitForm(), async (c: PageContext) => {
          await refuseBroken(c);
          return handle(c);
        });
    },
  };
}

/** The console speaks English. Elsewhere a person reads the language that they chose, or else that of their browser. */
function speakToVisitor(c: PageContext, visitor: Visitor): void {
  if (isStaff(visitor) && !c.req.path.startsWith('/portal')) speakTo('en');
  else if (visitor.language) speakTo(visitor.language);
}

function splitRoute(route: PageRoute): ['GET' | 'POST', string] {
  const [method, path = ''] = route.split(' ');
  return [method === 'POST' ? 'POST' : 'GET', path.replaceAll(/\{(\w+)\}/g, ':$1')];
}

async function visitorOf({ db }: ApiDeps, c: PageContext): Promise<Visitor | null> {
  const token = readSessionCookie(c);
  return token === undefined ? null : findVisitor(db, token);
}

/** A page leads back to itself after the sign-in. A form does not: its content is lost, and the page says so. */
function askToSignIn(c: PageContext): Answer {
  if (c.req.method === 'GET') return c.redirect(`/sign-in?${new URLSearchParams({ next: c.req.path })}`, 303);
  throw new Failure('not_authenticated', 'Your session has ended. Nothing was done. Sign in, and send the form again.');
}

const limitForm = (maxSize = FORM_BYTES_MAX): MiddlewareHandler<ApiEnv> =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge(maxSize);
    },
  });

/** Refuses a form of another site, whatever the browser sends with it. */
function ownForms({ settings }: ApiDeps): MiddlewareHandler<ApiEnv> {
  const { origin } = siteOf(settings.publicUrl);
  /** A form of ours has no origin where the browser was told to send no referrer, so the browser's word about the site counts first. */
  const isOwn = (site: string | undefined, from: string | undefined): boolean =>
    site === undefined ? from === origin : site === 'same-origin' && [undefined, 'null', origin].includes(from);
  return async (c, next) => {
    if (!isOwn(c.req.header('sec-fetch-site'), c.req.header('origin')))
      throw new Failure('not_allowed', 'This form came from another site. Nothing was done.');
    return next();
  };
}

/** An address with a NUL leads nowhere: no column of the database keeps one. */
const refuseNul: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.url.includes('%00'))
    throw new Failure('not_found', 'There is nothing at this address. It contains a NUL character.');
  return next();
};

/** Refuses a form that nobody can read, or with a NUL, which no column of the database keeps. No browser sends one. */
async function refuseBroken(c: PageContext): Promise<void> {
  const form = await c.req.parseBody({ all: true }).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure(
      'invalid_input',
      'This form cannot be read. Nothing was done. Open the page again, and send it again.',
    );
  });
  for (const [name, value] of Object.entries(form))
    if ([name, value].flat().some((one) => typeof one === 'string' && one.includes('\0')))
      throw new Failure('invalid_input', 'Nothing was done. A text of this form contains a NUL character.', {
        details: [{ field: name.replaceAll('\0', ''), reason: 'contains a NUL character' }],
      });
}

/** Every field of a form that can be read. */
async function formOf(c: PageContext): Promise<Record<string, unknown>> {
  await refuseBroken(c);
  return c.req.parseBody();
}

async function answerError(deps: ApiDeps, error: Error, c: PageContext): Promise<Response> {
  const problem = problemOf(error, c.get('requestId'));
  const { detail, ...said } = sayProblem(problem, c.get('requestId'));
  const visitor = c.get('visitor');
  const isSignature = visitor !== undefined && problem.code === 'not_authenticated';
  const title = isSignature ? say('sign.refused') : said.title;
  if (problem.status >= 500)
    deps.log.error({ requestId: c.get('requestId'), error: error.name, stack: error.stack }, 'a page failed');
  const again = await formAgain(c, problem.errors);
  const main = html`<header class="title"><h1>${title}</h1></header>
    <p>${detail}</p>
    ${
      again ??
      html`${
          problem.errors.length > 0 &&
          html`<ul class="plain">
            ${problem.errors.map(({ field, reason }) => html`<li>${say('error.field', { field, reason: sayAgain(reason) ?? reason })}</li>`)}
          </ul>`
        }
        <p class="buttons"><a class="button" href="/">${say('error.toStart')}</a></p>`
    }`;
  const page = { title, main };
  return sendPage(c, visitor ? sharedPage(page, visitor) : strangerPage(page), problem.status);
}

/** A page is for its reader alone, so no cache keeps it. */
export const sendPage = (c: PageContext, page: Html, status = 200): Answer =>
  c.html(page, status as ContentfulStatusCode, { 'cache-control': 'no-store' });

/** Reads for a form that is drawn again, as the page read it that showed it. */
export const readAgain = <Done>(c: PageContext, work: () => Promise<Done>): Promise<Done> =>
  c.get('reading')?.(work) ?? work();

/** The address of a page on this site, with its filters. */
export const pathOf = (c: PageContext): string => {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
};

const REASON_CHARS_MAX = 500;

/** The reason that a form gives, in one line. Throws Failure `invalid_input` where it is missing or too long. */
export async function readReason(c: PageContext): Promise<string> {
  const { reason } = await readForm(c, 'reason');
  const line = reason.replaceAll(/\s+/g, ' ').trim();
  if (line !== '' && line.length <= REASON_CHARS_MAX) return line;
  throw new Failure('invalid_input', `Nothing was done. Give a reason of 1 to ${REASON_CHARS_MAX} letters.`, {
    details: [{ field: 'reason', reason: line === '' ? 'is missing' : 'is too long' }],
  });
}

/** The id in an address. Another text names nothing that exists. */
export function idOf(c: PageContext, what: string): string {
  const id = c.req.param('id') ?? '';
  if (isUuid(id)) return id;
  throw new Failure('not_found', `There is no ${what} ${id}.`);
}

/** The number of a row in an address. Another text names nothing that exists. */
export function numberOf(c: PageContext, what: string): bigint {
  const number = c.req.param('id') ?? '';
  if (/^\d{1,18}$/.test(number)) return BigInt(number);
  throw new Failure('not_found', `There is no ${what} ${number}.`);
}

/** Every field of a form that is a text. */
export async function readValues(c: PageContext): Promise<Record<string, string>> {
  const form = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** The fields of a form as text. A field that was not sent, or is a file, is an empty text. */
export async function readForm<Name extends string>(c: PageContext, ...names: Name[]): Promise<Record<Name, string>> {
  const form = await c.req.parseBody();
  return Object.fromEntries(names.map((name) => [name, typeof form[name] === 'string' ? form[name] : ''])) as Record<
    Name,
    string
  >;
}

/** Filters as they were typed, and what is wrong with them. */
export type Filters<Name extends string> = {
  readonly values: Partial<Record<Name, string>> & Record<string, string>;
  readonly objections: readonly FailureDetail[];
};

/** The filters in an address, each with its shape. */
export function readFilters<Name extends string>(
  c: PageContext,
  shapes: Readonly<Record<Name, z.ZodType>>,
): Filters<Name> {
  const values: Record<string, string> = {};
  const objections: FailureDetail[] = [];
  for (const [name, shape] of Object.entries<z.ZodType>(shapes)) {
    const value = c.req.query(name);
    if (value === undefined || value === '') continue;
    values[name] = value;
    const reason = shape.safeParse(value).error?.issues[0]?.message;
    if (reason !== undefined) objections.push({ field: name, reason });
  }
  return { values: values as Filters<Name>['values'], objections };
}
