import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

import { SESSION_MS_MAX } from '../../domain/people/session.ts';

/** The cookie of a session: `__Host-session`. No script reads it, no other site or subdomain sends or sets it. */
const NAME = 'session';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The session's token that a browser sent. Undefined if there is none, or it does not have the form of ours. */
export function readSessionCookie(c: Context): string | undefined {
  const token = getCookie(c, NAME, 'host');
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

export const setSessionCookie = (c: Context, token: string): void =>
  setCookie(c, NAME, token, {
    prefix: 'host',
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    maxAge: SESSION_MS_MAX / 1000,
  });

export const clearSessionCookie = (c: Context): void => {
  deleteCookie(c, NAME, { prefix: 'host', path: '/', secure: true });
};

const USER_AGENT_CHARS_MAX = 300;

/** The browser, as it names itself. */
export const userAgentOf = (c: Context): string | null =>
  c.req.header('user-agent')?.slice(0, USER_AGENT_CHARS_MAX) || null;

/** Where a person goes after the sign-in: a path of ours, never an address of another site. */
export const safePath = (path: string): string => (/^\/(?![/\\])[\w/.?=&%~-]*$/.test(path) ? path : '/');
