import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { OpenAPIHono } from '@hono/zod-openapi';
import { html } from 'hono/html';

import type { ApiEnv } from './http/deps.ts';
import { createRouter } from './http/router.ts';
import { openApiDocument } from './openapi.ts';

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const ASSET_TYPES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};

const START = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, defaultModelsExpandDepth: 0, validatorUrl: null });`;

const page = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Bursar API</title>
      <link rel="stylesheet" href="/docs/swagger-ui.css" />
    </head>
    <body>
      <div id="reference"></div>
      <script src="/docs/swagger-ui-bundle.js"></script>
      <script src="/docs/start.js"></script>
    </body>
  </html>`;

/** The document at `/openapi.json`, and at `/docs` a page that shows it and loads nothing from elsewhere. */
export const referenceRoutes = (app: OpenAPIHono<ApiEnv>) =>
  createRouter()
    .get('/openapi.json', (c) => c.json(openApiDocument(app)))
    .get('/docs', (c) => c.html(page))
    .get('/docs/start.js', (c) => c.body(START, 200, { 'content-type': 'text/javascript' }))
    .get('/docs/:asset', async (c) => {
      const name = c.req.param('asset');
      const type = Object.hasOwn(ASSET_TYPES, name) ? ASSET_TYPES[name] : undefined;
      if (!type) return c.notFound();
      return c.body(await readFile(join(assets, name), 'utf8'), 200, {
        'content-type': type,
        'cache-control': 'max-age=3600',
      });
    });
