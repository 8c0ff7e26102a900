import { createRoute, z } from '@hono/zod-openapi';

import { importFacts, importPartners, type TableFile } from '../../../commands/partners/import.ts';
import { TABLE_LINES_MAX, type TableResult } from '../../../commands/table.ts';
import { refused } from '../../../domain/errors.ts';
import type { ApiDeps, Upload } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers } from '../../http/schemas.ts';
import { giverOf } from './instruments.ts';

/** Small CSV files about partners. They are taken in line by line, and a preview shows the same answer without writing. */

const REFUSALS_MAX = 1_000;

const ResultBody = z
  .object({
    preview: z
      .boolean()
      .meta({ description: 'Whether nothing was written, because a preview was asked for', examples: [true] }),
    lines: fields.count('The number of lines below the header', 120),
    taken: fields.count('The number of lines that were taken in, or that would be', 118),
    refused: fields.count('The number of reasons against lines', 2),
    refusals: z
      .array(
        z
          .object({
            line: fields.count('The line of the file on which the row ends', 17),
            column: fields.text('The column that cannot be accepted; `(row)` for the row as a whole', 'kind'),
            reason: fields.text('The reason', 'is not a kind of partner: reseller, distributor'),
          })
          .openapi('LineRefusal'),
      )
      .meta({ description: `The first ${REFUSALS_MAX} reasons, in the order of the lines` }),
  })
  .openapi('TableResult');

const formOf = (example: string) => ({
  'multipart/form-data': {
    schema: {
      type: 'object' as const,
      required: ['file'],
      properties: {
        file: {
          type: 'string' as const,
          contentMediaType: 'text/csv',
          description: `The CSV file, in UTF-8 and with a header line; at most ${TABLE_LINES_MAX} lines`,
          examples: [example],
        },
      },
    },
  },
});

const PreviewQuery = z.object({
  preview: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'With `true`, nothing is written: the answer says what would be', examples: ['true'] }),
});

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
  responses: { 200: answers(ResultBody, TAKEN), 400: UNREADABLE },
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
  responses: { 200: answers(ResultBody, TAKEN), 400: UNREADABLE },
});

function fileOf({ files, fields: others }: Upload): TableFile {
  const file = files.get('file');
  if (!file) throw refused('file', 'is missing: send the CSV file as the part "file"');
  const [other] = [...files.keys(), ...others.keys()].filter((name) => name !== 'file');
  if (other !== undefined) throw refused(other, 'is a part that means nothing here');
  return file;
}

const resultBody = ({ lines, taken, refusals }: TableResult, preview: boolean) => ({
  preview,
  lines,
  taken,
  refused: refusals.length,
  refusals: refusals.slice(0, REFUSALS_MAX),
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
