import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { Context } from 'hono';

import type { ApiEnv } from '../http/deps.ts';

const OURS = new URL('assets/', import.meta.url);
const HTMX = join(dirname(createRequire(import.meta.url).resolve('htmx.org/package.json')), 'dist');

const fileOf = (path: string | URL, type: string) => ({ type, body: readFileSync(path, 'utf8') });

/** The files that pages load. They are few and small, so the process reads them once. Nothing comes from elsewhere. */
const FILES: Readonly<Record<string, { type: string; body: string }>> = {
  'console.css': fileOf(new URL('console.css', OURS), 'text/css'),
  'passkey.js': fileOf(new URL('passkey.js', OURS), 'text/javascript'),
  'icon.svg': fileOf(new URL('icon.svg', OURS), 'image/svg+xml'),
  'htmx.min.js': fileOf(join(HTMX, 'htmx.min.js'), 'text/javascript'),
  'hx-sse.min.js': fileOf(join(HTMX, 'ext', 'hx-sse.min.js'), 'text/javascript'),
};

export function serveAsset(c: Context<ApiEnv>): Response | Promise<Response> {
  const name = c.req.param('name') ?? '';
  const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (!file) return c.notFound();
  return c.body(file.body, 200, { 'content-type': `${file.type}; charset=utf-8`, 'cache-control': 'max-age=3600' });
}
