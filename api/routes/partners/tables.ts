import { createRoute } from '@hono/zod-openapi';

import { importFacts, importPartners } from '../../../commands/partners/import.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers } from '../../http/schemas.ts';
import { fileOf, formOf, PreviewQuery, resultBody, TableResultBody } from '../../http/tables.ts';
import { giverOf } from './instruments.ts';

/** Small CSV files about partners. They are taken in line by line, and a preview shows the same answer without writing. */

const TAKEN = 'The file was read. Good lines were taken in, each as a whole, and the others are named.';
const UNREADABLE = problemResponse('The file, its header or an encoding is wrong. Nothing was written.');

const partners = createRoute({
  method: 'post',
  path: '/v1/partners/import',
  operationId: 'importPartners',
  tags: ['partners'],
  summary: 'Import a CSV file of partners',
  description:
    'The columns are `code`, `name`, `kind` and `country`, and if you like `email`; `program`, `plan`, `startsOn` and `endsOn`, also as `program2` and so on; and `fact.<key>` with `factsFrom`.',
  request: {
    query: PreviewQuery,
    body: {
      required: true,
      content: formOf(
        'code,name,kind,country,program,plan,startsOn\npaula,Paula,reseller,US,resale,standard,2026-01-01\n',
      ),
    },
  },
  responses: { 200: answers(TableResultBody, TAKEN), 400: UNREADABLE },
});

const facts = createRoute({
  method: 'post',
  path: '/v1/facts/import',
  operationId: 'importFacts',
  tags: ['partners'],
  summary: 'Import a CSV file of facts about partners',
  description:
    'The columns are `partner`, `key`, `value` and `from`, and if you like `until`, `holds` (yes or no) and `reason`. Later lines supersede earlier ones.',
  request: {
    query: PreviewQuery,
    body: {
      required: true,
      content: formOf('partner,key,value,from,until\npaula,certification,net-1,2026-03-01,2028-03-01\n'),
    },
  },
  responses: { 200: answers(TableResultBody, TAKEN), 400: UNREADABLE },
});

export const tableRoutes = ({ db, vault, settings: { coolingOffDays } }: ApiDeps) =>
  createRouter()
    .openapi(partners, async (c) => {
      const preview = c.req.valid('query').preview === 'true';
      const { actorId: by, role } = c.get('caller');
      const policy = { coolingOffDays, by, givenBy: giverOf(role), preview };
      return c.json(resultBody(await importPartners(db, vault, fileOf(c.get('upload')), policy), preview), 200);
    })
    .openapi(facts, async (c) => {
      const preview = c.req.valid('query').preview === 'true';
      const wish = { preview, by: c.get('caller').actorId };
      return c.json(resultBody(await importFacts(db, fileOf(c.get('upload')), wish), preview), 200);
    });
