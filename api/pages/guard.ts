import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { siteOf } from '../../commands/people/passkeys.ts';
import { findVisitor, type Visitor } from '../../db/people/sessions.ts';
import { Failure } from '../../domain/errors.ts';
import { isUuid } from '../../domain/ids.ts';
import type { ApiDeps, ApiEnv } from '../http/deps.ts';
import { mayUse, type PageRoute } from '../http/page-permissions.ts';
import { problemOf } from '../http/problem.ts';
import { tooLarge } from '../http/upload.ts';
import { readSessionCookie } from '../http/visitor.ts';
import { html, type Html } from './html.ts';
import { sharedPage, strangerPage } from './layout.ts';

type Answer = Response | Promise<Response>;
export type PageContext = Context<ApiEnv>;
/** Does the work of a page or a form for a person who may use it. */
export type Handler = (c: PageContext, visitor: Visitor) => Answer;

const FORM_BYTES_MAX = 256 * 1024;
/** The forms that take a file. */
const FILE_FORMS: Partial<Record<PageRoute, number>> = { 'POST /portal/{partner}/claims': 10 * 1024 * 1024 };

/** Registers pages. Every one has a row in the table of permissions, and a form accepts what this site sent alone. */
export function definePages(deps: ApiDeps) {
  const app = new Hono<ApiEnv>();
  const ownForm = ownForms(deps);
  app.onError((error, c) => answerError(deps, error, c as PageContext));
  return {
    app,
    /** A page or form for people who are signed in. */
    on(route: PageRoute, handle: Handler): void {
      const [method, path] = splitRoute(route);
      const guarded = async (c: PageContext): Promise<Response> => {
        const visitor = await visitorOf(deps, c);
        if (!visitor) return askToSignIn(c);
        c.set('visitor', visitor);
        c.env?.admit?.();
        if (!mayUse(visitor.roles, route)) throw new Failure('not_found', `There is nothing for you at ${c.req.path}.`);
        return handle(c, visitor);
      };
      if (method === 'GET') app.get(path, guarded);
      else app.post(path, ownForms(deps, FILE_FORMS[route]), guarded);
    },
    /** A page or form for everybody. */
    open(method: 'GET' | 'POST', path: string, handle: (c: PageContext) => Answer): void {
      if (method === 'GET') app.get(path, handle);
      else app.post(path, ownForm, handle);
    },
  };
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

/** Refuses a form of another site, whatever the browser sends with it, and one that is too large. */
function ownForms({ settings }: ApiDeps, maxSize = FORM_BYTES_MAX): MiddlewareHandler<ApiEnv> {
  const { origin } = siteOf(settings.publicUrl);
  const size = bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge(maxSize);
    },
  });
  return async (c, next) => {
    if (c.req.header('sec-fetch-site') !== 'same-origin' && c.req.header('origin') !== origin)
      throw new Failure('not_allowed', 'This form came from another site. Nothing was done.');
    return size(c, next);
  };
}

/** Titles for people, where those of the API speak of keys. */
const TITLES: Partial<Record<string, string>> = {
  not_authenticated: 'You are not signed in',
  not_allowed: 'You may not do that',
  claim_not_valid: 'This link does not work',
};

async function answerError(deps: ApiDeps, error: Error, c: PageContext): Promise<Response> {
  const problem = problemOf(error, c.get('requestId'));
  const title = TITLES[problem.code] ?? problem.title;
  if (problem.status >= 500)
    deps.log.error({ requestId: c.get('requestId'), error: error.name, stack: error.stack }, 'a page failed');
  const main = html`<header class="title"><h1>${title}</h1></header>
    <p>${problem.detail}</p>
    ${
      problem.errors.length > 0 &&
      html`<ul class="plain">
        ${problem.errors.map(({ field, reason }) => html`<li>${field}: ${reason}</li>`)}
      </ul>`
    }
    <p class="buttons"><a class="button" href="/">Go to the start</a></p>`;
  const visitor = c.get('visitor');
  const page = { title, main };
  return sendPage(c, visitor ? sharedPage(page, visitor) : strangerPage(page), problem.status);
}

/** A page is for its reader alone, so no cache keeps it. */
export const sendPage = (c: PageContext, page: Html, status = 200): Answer =>
  c.html(page, status as ContentfulStatusCode, { 'cache-control': 'no-store' });

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
