import { z } from '@hono/zod-openapi';

import { TABLE_LINES_MAX, type TableResult } from '../../commands/table.ts';
import { refused } from '../../domain/errors.ts';
import type { Upload } from './deps.ts';
import * as fields from './fields.ts';

/** The form, the query and the answer of routes that take a small CSV file, of which a preview writes nothing. */

const REFUSALS_MAX = 1_000;

export const TableResultBody = z
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

export const formOf = (example: string) => ({
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

export const PreviewQuery = z.object({
  preview: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'With `true`, nothing is written: the answer says what would be', examples: ['true'] }),
});

/** The file of a form that has nothing else. */
export function fileOf({ files, fields: others }: Upload) {
  const file = files.get('file');
  if (!file) throw refused('file', 'is missing: send the CSV file as the part "file"');
  const [other] = [...files.keys(), ...others.keys()].filter((name) => name !== 'file');
  if (other !== undefined) throw refused(other, 'is a part that means nothing here');
  return file;
}

export const resultBody = ({ lines, taken, refusals }: TableResult, preview: boolean) => ({
  preview,
  lines,
  taken,
  refused: refusals.length,
  refusals: refusals.slice(0, REFUSALS_MAX),
});
