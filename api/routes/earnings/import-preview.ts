import { createRoute, z } from '@hono/zod-openapi';

import { KINDS_MAX, type Preview, previewFile } from '../../../commands/earnings/import-preview.ts';
import { WireEvent } from '../../../domain/event.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers } from '../../http/schemas.ts';
import { warningFields, warningsBody } from './event-warnings.ts';
import { IMPORT_FORM, readMapping } from './import-form.ts';

const ROWS_SHOWN_MAX = 100;

const ProblemBody = z.object({
  column: fields.text('The column that cannot be read; `(row)` for the row as a whole', 'price'),
  reason: fields.text('The reason why the row would be rejected', '"12,5o" is not an amount such as 1234.50'),
});

const PreviewBody = z
  .object({
    fileName: fields.text('The name of the file as it was sent', 'sales-2026-02.csv'),
    isWhole: z.boolean().meta({
      description: 'Whether the file was read to its end. A preview reads 100,000 rows at most',
    }),
    brokenOff: z
      .object({
        line: fields.count('The line from which on the file cannot be read', 17),
        reason: fields.text('The reason', 'a quote is opened here and never closed'),
      })
      .nullable()
      .meta({ description: 'Where the file cannot be read any further; null if it can be read' }),
    rows: fields.count('The number of rows that were read, without those that the mapping leaves out', 1200),
    accepted: fields.count('The number of rows that would be new', 1180),
    replayed: fields.count('The number of rows that are already known', 15),
    quarantined: fields.count('The number of rows that are already known with other content', 1),
    parked: fields.count('The number of rows that would wait until their partner is added', 2),
    rejected: fields.count('The number of rows that would be rejected', 4),
    skipped: fields.count('The number of rows that the mapping leaves out', 3),
    first: z
      .array(
        z.object({
          line: fields.count('The line of the file on which the row ends', 2),
          status: fields.oneOf(
            ['accepted', 'replayed', 'quarantined', 'parked', 'rejected'],
            'The status that an import would give the row',
            'accepted',
          ),
          events: z
            .array(WireEvent)
            .meta({ description: 'The events of the row, as `POST /v1/events` would take them' }),
          problems: z.array(ProblemBody).meta({ description: 'The reasons why the row would be rejected' }),
        }),
      )
      .meta({ description: 'The first rows that the mapping does not leave out' }),
    rejections: z
      .array(
        z.object({
          column: fields.text('The column that the rejections name', 'price'),
          rule: fields.text('The rule that these rows break', 'is not an amount such as 1234.50'),
          count: fields.count('The number of rows that would be rejected for it', 4),
          examples: z
            .array(
              z.object({
                line: fields.count('The line of the file on which the row ends', 17),
                reason: fields.text('The reason for this row', '"12,5o" is not an amount such as 1234.50'),
              }),
            )
            .meta({ description: 'The first of these rows' }),
        }),
      )
      .max(KINDS_MAX)
      .meta({ description: 'The kinds of rejection, the most frequent first' }),
    ...warningFields,
  })
  .openapi('ImportPreview');

const preview = createRoute({
  method: 'post',
  path: '/v1/imports/preview',
  operationId: 'previewImport',
  tags: ['imports'],
  summary: 'Preview an import',
  description:
    'Reads a file as an import would, and writes nothing. The answer shows the first rows as events, and each kind of rejection.',
  request: {
    query: z.object({
      rows: z.coerce
        .number()
        .int()
        .min(1)
        .max(ROWS_SHOWN_MAX)
        .default(20)
        .meta({ description: 'How many rows are shown as events', examples: [20] }),
    }),
    body: { required: true, content: IMPORT_FORM },
  },
  responses: {
    200: answers(PreviewBody, 'The file was read. Nothing was written.'),
    400: problemResponse(
      'The mapping, a header or an encoding is wrong. An import would be refused with the same reasons.',
    ),
  },
});

const previewBody = ({ fileName, isWhole, broken, counts, first, rejections, warnings }: Preview) => ({
  fileName,
  isWhole,
  brokenOff: broken ?? null,
  ...counts,
  first: first.map(({ line, status, events, problems }) => ({
    line,
    status: status === 'skipped' ? ('rejected' as const) : status,
    events: [...events],
    problems: problems.map(({ column, reason }) => ({ column, reason })),
  })),
  rejections: rejections.map((kind) => ({ ...kind, examples: [...kind.examples] })),
  ...warningsBody(warnings),
});

export const importPreviewRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(preview, async (c) => {
    const { files, fields: parts } = c.get('upload');
    const mapping = readMapping(parts.get('mapping'));
    return c.json(previewBody(await previewFile(db, files, mapping, { rowsShown: c.req.valid('query').rows })), 200);
  });
