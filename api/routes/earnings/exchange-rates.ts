import { createRoute, z } from '@hono/zod-openapi';

import { importRates, type RecordedRates, recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { listRates, type RecordedRate } from '../../../db/programs/exchange-rates.ts';
import { refused } from '../../../domain/errors.ts';
import { Currency } from '../../../domain/fields.ts';
import { ECB, PUBLISHING_DAYS, RateSourceCode } from '../../../domain/programs/exchange-rate.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps, Upload } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, LocalDate, pageOf, pageQuery } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';

const RATES_MAX = 1_000;
const RATE_CHARS_MAX = 40;

const NewRatesBody = z
  .strictObject({
    source: RateSourceCode.default(ECB),
    base: Currency.optional(),
    rates: z
      .array(
        z.strictObject({
          day: LocalDate.meta({
            description: 'The day for which the source published the rate',
            examples: ['2026-03-06'],
          }),
          quote: Currency,
          rate: z
            .string()
            .max(RATE_CHARS_MAX)
            .nullable()
            .meta({
              description:
                'How much of `quote` one unit of the base is, a decimal string; null if the source published none for this day',
              examples: ['1.0850'],
            }),
        }),
      )
      .min(1)
      .max(RATES_MAX)
      .meta({ description: 'The rates; all are recorded, or none' }),
  })
  .openapi('NewExchangeRates');

const RecordedBody = z
  .object({
    source: fields.text('The source of the rates', ECB),
    base: Currency,
    days: fields.oneOf(
      PUBLISHING_DAYS,
      'The days for which the source publishes rates: the working days of TARGET, or all weekdays. On other days the last ones hold',
      'target',
    ),
    recorded: fields.count('How many rates were recorded', 30),
    corrected: fields.count('How many of these supersede another rate of their day', 0),
    replayed: fields.count('How many were known already, so that nothing was recorded', 0),
    skippedCurrencies: z
      .array(z.string())
      .meta({ description: 'The currencies of the file that no longer exist, and were left out', examples: [['LTL']] }),
    skippedDays: z.array(z.string()).meta({
      description: 'The days of the file for which the source publishes no rates, and were left out',
      examples: [[]],
    }),
    eventsWoken: fields.count('How many events waited for these rates. Their earnings are worked out now', 12),
  })
  .openapi('RecordedExchangeRates');

const RateBody = z
  .object({
    source: fields.text('The source of the rate', ECB),
    day: fields.day('The day for which it was published', '2026-03-06'),
    base: Currency,
    quote: Currency,
    rate: fields
      .text('How much of `quote` one unit of `base` is; null if the source published none for this day', '1.0850')
      .nullable(),
    supersedes: fields.count('How many earlier records of this day it supersedes', 0),
    recordedBy: fields.code('The person who recorded it', 'olga'),
    recordedAt: fields.at('When it was recorded'),
  })
  .openapi('ExchangeRate');

const KEPT = 'Earnings keep the rate that they took: a refund or a correction uses the rate of its sale.';
const WRONG = problemResponse('Some rates cannot be accepted; `errors` names each of them. Nothing was recorded.');

const record = createRoute({
  method: 'post',
  path: '/v1/rates',
  operationId: 'recordExchangeRates',
  tags: ['rates'],
  summary: 'Record exchange rates',
  description: `A rate that differs from the known one of its day supersedes it. \`base\` is needed for a source that is new, and is the same ever after. ${KEPT}`,
  request: { body: jsonBody(NewRatesBody) },
  responses: { 200: answers(RecordedBody, 'The rates are recorded.'), 400: WRONG },
});

const importFile = createRoute({
  method: 'post',
  path: '/v1/rates/import',
  operationId: 'importExchangeRates',
  tags: ['rates'],
  summary: 'Import a file of exchange rates',
  description: `The file is the XML or the CSV of the European Central Bank, of a day, of 90 days or of all days, or a CSV with the columns \`date\`, \`base\`, \`quote\` and \`rate\`. The same file again changes nothing. ${KEPT}`,
  request: {
    query: z.object({ source: RateSourceCode.default(ECB) }),
    body: {
      required: true,
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object' as const,
            required: ['file'],
            properties: {
              file: {
                type: 'string' as const,
                contentMediaType: 'text/csv',
                description: 'The file, in UTF-8 and not packed',
                examples: ['Date, USD, JPY\n6 March 2026, 1.0850, 160.25\n'],
              },
            },
          },
        },
      },
    },
  },
  responses: { 200: answers(RecordedBody, 'The rates are recorded.'), 400: WRONG },
});

const RateCursor = z.strictObject({ day: LocalDate, quote: z.string().regex(/^[A-Z]{3}$/) });

const list = createRoute({
  method: 'get',
  path: '/v1/rates',
  operationId: 'listExchangeRates',
  tags: ['rates'],
  summary: 'List the exchange rates that hold',
  description: 'With `base` or `quote`, only rates of the one, or in the other.',
  request: {
    query: pageQuery(RateCursor).extend({
      source: RateSourceCode.default(ECB),
      day: LocalDate.optional().openapi({ description: 'Only the rates of this day', examples: ['2026-03-06'] }),
      base: Currency.optional(),
      quote: Currency.optional(),
    }),
  },
  responses: { 200: answers(pageOf(RateBody), 'The rates, those of the latest day first.') },
});

function fileOf({ files }: Upload) {
  const file = files.get('file');
  if (!file) throw refused('file', 'is missing: send the file as the part "file"');
  const [other] = [...files.keys()].filter((name) => name !== 'file');
  if (other !== undefined) throw refused(other, 'is a part that means nothing here');
  return file;
}

const recordedBody = ({ code, shards: _shards, skippedCurrencies, skippedDays, ...recorded }: RecordedRates) => ({
  source: code,
  ...recorded,
  skippedCurrencies: [...skippedCurrencies],
  skippedDays: [...skippedDays],
});

const rateBody = ({ id: _id, recordedAt, ...rate }: RecordedRate) => ({
  ...rate,
  recordedAt: recordedAt.toISOString(),
});

/** Exchange rates, at which events in other currencies than that of their incentive are worked out. */
export const exchangeRateRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(record, async (c) => {
      const { source, base, rates } = c.req.valid('json');
      const given = rates.map(({ rate, ...one }) => ({ ...one, rate: rate ?? 'N/A' }));
      const by = c.get('caller').actorId;
      const recorded = await recordRates(db, given, { source, base, by, nowMs: Date.now() });
      await wakeAccruals({ temporal, log }, recorded.shards);
      return c.json(recordedBody(recorded), 200);
    })
    .openapi(importFile, async (c) => {
      const { path } = fileOf(c.get('upload'));
      const { source } = c.req.valid('query');
      const recorded = await importRates(db, path, { source, by: c.get('caller').actorId, nowMs: Date.now() });
      await wakeAccruals({ temporal, log }, recorded.shards);
      return c.json(recordedBody(recorded), 200);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const read = (count: number) => listRates(db, filter, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ day, quote }) => ({ day, quote }), item: rateBody }), 200);
    });
