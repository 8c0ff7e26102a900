import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { OpenAPIHono } from '@hono/zod-openapi';

import { createApp } from '../api/app.ts';
import type { ApiDeps, ApiEnv } from '../api/http/deps.ts';
import { openApiDocument } from '../api/openapi.ts';

/** `npm run openapi` writes docs/openapi.json from the routes. With `--check` it only verifies that the file is up to date. */

const FILE = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

/** The document needs only the routes, and none of their dependencies. */
const app: OpenAPIHono<ApiEnv> = createApp({ settings: {} } as ApiDeps);
const current = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;

if (process.argv.includes('--check')) {
  const written = await readFile(FILE, 'utf8').catch(() => '');
  if (written !== current) {
    console.error('docs/openapi.json differs from the routes: run `npm run openapi` and commit it.');
    process.exitCode = 1;
  }
} else await writeFile(FILE, current);
