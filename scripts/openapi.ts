import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { OpenAPIHono } from '@hono/zod-openapi';

import { createApp } from '../api/app.ts';
import type { ApiDeps, ApiEnv } from '../api/http/deps.ts';
import { openApiDocument } from '../api/openapi.ts';
import { TYPES, writeTypes } from './api-types/write.ts';

/**
 * `npm run openapi` writes docs/openapi.json from the routes, and the types that scripts/client.ts reads from that document. With
 * `--check` it only verifies that both files are up to date.
 */

const FILE = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

/** The document needs only the routes, and none of their dependencies. */
const app: OpenAPIHono<ApiEnv> = createApp({ settings: { publicUrl: 'http://localhost:4400' } } as ApiDeps);
const current = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;

const isCheck = process.argv.includes('--check');

const refuse = (sentence: string): void => {
  console.error(`${sentence}: run \`npm run openapi\` and commit it.`);
  process.exitCode = 1;
};

if (!isCheck) await writeFile(FILE, current);
else if ((await readFile(FILE, 'utf8').catch(() => '')) !== current)
  refuse('docs/openapi.json differs from the routes');
if (!writeTypes({ isCheck })) refuse(`${TYPES} differs from docs/openapi.json`);
