import { createRoute, z } from '@hono/zod-openapi';

import { importCorrections, previewCorrections } from '../../../commands/earnings/correction-import.ts';
import { ITEMS_MAX } from '../../../commands/earnings/correction-proposals.ts';
import { totalsOf } from '../../../domain/earnings/correction.ts';
import { refused } from '../../../domain/errors.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal } from '../../../domain/money.ts';
import type { ApiDeps, Upload } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter, refuseFields } from '../../http/router.ts';
import { answers } from '../../http/schemas.ts';
import { CorrectionDetailBody, correctionDetail } from './corrections.ts';
import { CorrectionReason, CorrectionReference } from './new-corrections.ts';

const REFUSALS_MAX = 1_000;

const PreviewBody = z
  .object({
    lines: fields.count('The number of lines below the header', 120),
    refused: fields.count('The number of reasons against lines; the file is proposed only if there are none', 2),
    refusals: z
      .array(
        z.object({
          line: fields.count('The line of the file on which the row ends', 17),
          column: fields.text('The column that cannot be accepted; `(row)` for the row as a whole', 'amount'),
          reason: fields.text('The reason', 'is 0'),
        }),
      )
      .meta({ description: `The first ${REFUSALS_MAX} reasons, in the order of the lines` }),
    totals: z
      .array(
        z.object({
          currency: Currency,
          amount: fields.amount('The sum of the good lines', '1234.50'),
        }),
      )
      .meta({ description: 'The sum of the good lines in each currency' }),
  })
  .openapi('CorrectionPreview');

const FORM = {
  'multipart/form-data': {
    schema: {
      type: 'object' as const,
      required: ['file', 'reason'],
      properties: {
        file: {
          type: 'string' as const,
          contentMediaType: 'text/csv',
          description: `The CSV file, in UTF-8 and with a header line; at most ${ITEMS_MAX} lines`,
          examples: ['partner,program,currency,amount,reason\npaula,resale,USD,25.00,Spring bonus\n'],
        },
        reason: {
          type: 'string' as const,
          description: 'The reason of all lines that have none of their own. The partners read it next to the amount',
          examples: ['Spring bonus'],
        },
        reference: {
          type: 'string' as const,
          description: 'Where the evidence is; without it, the name of the file',
          examples: ['ticket 4711'],
        },
      },
    },
  },
};

const importFile = createRoute({
  method: 'post',
  path: '/v1/corrections/import',
  operationId: 'importCorrections',
  tags: ['corrections'],
  summary: 'Propose the adjustments of a CSV file',
  description:
    'The columns are `partner`, `program`, `currency` and `amount`, which is below zero for a deduction, and if you like `availableOn` and `reason`. Another person confirms or refuses the file as a whole.',
  request: {
    query: z.object({
      preview: z
        .enum(['true', 'false'])
        .default('false')
        .openapi({ description: 'With `true`, nothing is written: the answer says what would be', examples: ['true'] }),
    }),
    body: { required: true, content: FORM },
  },
  responses: {
    200: answers(PreviewBody, 'The file was read, and nothing was written.'),
    201: answers(CorrectionDetailBody, 'The file was proposed. Nothing counts until another person confirms it.'),
    400: problemResponse(
      'The file or some of its lines cannot be accepted; `errors` names each line. Nothing was recorded.',
    ),
    403: problemResponse('You are paid through a partner whom it is about. Nothing was recorded.'),
  },
});

/** The words that all adjustments of a file share. */
export const CorrectionWords = z.strictObject({ reason: CorrectionReason, reference: CorrectionReference.optional() });

function wordsOf({ fields: texts }: Upload): z.output<typeof CorrectionWords> {
  const read = CorrectionWords.safeParse(Object.fromEntries(texts));
  if (read.success) return read.data;
  throw refuseFields(read.error, (count) => `Nothing was recorded: ${count} of the form cannot be accepted.`);
}

function fileOf({ files }: Upload) {
  const file = files.get('file');
  if (!file) throw refused('file', 'is missing: send the CSV file as the part "file"');
  const [other] = [...files.keys()].filter((name) => name !== 'file');
  if (other !== undefined) throw refused(other, 'is a part that means nothing here');
  return file;
}

/** Many adjustments in one file, which two people decide together. */
export const correctionImportRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(importFile, async (c) => {
    const upload = c.get('upload');
    const file = fileOf(upload);
    const { reason, reference = null } = wordsOf(upload);
    if (c.req.valid('query').preview === 'true') {
      const { lines, items, refusals } = await previewCorrections(db, file);
      const totals = totalsOf(items).map((total) => ({ currency: total.currency, amount: formatDecimal(total) }));
      const named = refusals.slice(0, REFUSALS_MAX);
      return c.json({ lines, refused: refusals.length, refusals: named.map((one) => ({ ...one })), totals }, 200);
    }
    const correction = await importCorrections(db, file, { reason, reference, by: c.get('caller').actorId });
    return c.json(await correctionDetail(db, correction), 201);
  });
