import { createRoute, z } from '@hono/zod-openapi';

import { askAudit, controlsOf } from '../../../commands/books/audits.ts';
import {
  AUDIT_STATES,
  type Audit,
  type AuditDifference,
  getAudit,
  listAuditDifferences,
  listAudits,
  listAuditSources,
  listAuditTotals,
} from '../../../db/books/audits.ts';
import type { Database } from '../../../db/database.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { ControlTotal } from '../../../domain/books/audit.ts';
import { isCurrency } from '../../../domain/currency.ts';
import { roundExact } from '../../../domain/exact-amount.ts';
import { formatMinor } from '../../../domain/money.ts';
import { digitsOf } from '../../../domain/unit.ts';
import { wakeAudit } from '../../../temporal/starts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, pageOf, pageQuery, RowNumber, Uuid, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';

const CONTROLS_MAX = 100;

/** A month such as 2026-03. */
export const Month = z.string().regex(/^[2-9]\d{3}-(0[1-9]|1[0-2])$/, 'is not a month such as 2026-03');

const NewAuditBody = z
  .strictObject({
    month: Month.meta({ description: 'A month that is over, in the zone of the pay schedule', examples: ['2026-03'] }),
    controls: z
      .array(ControlTotal)
      .max(CONTROLS_MAX)
      .default([])
      .meta({
        description:
          'The totals of the month as the sources state them: the number of events, and their amount, of all events of a source or of those of a kind or currency. An amount needs a currency',
        examples: [[{ source: 'shop', kind: 'sale', currency: 'USD', count: 1204, amount: '98765.43' }]],
      }),
  })
  .openapi('NewAudit');

const AuditBody = z
  .object({
    id: fields.id('The id of the audit'),
    program: fields.code('The code of the program', 'resale'),
    month: fields.text('The month', '2026-03'),
    state: fields.oneOf(AUDIT_STATES, 'Whether it is worked out', 'done'),
    askedBy: fields.code('The person who asked for it; null if it started by itself', 'paula').nullable(),
    askedAt: fields.at('When it was asked for'),
    endedAt: fields.at('When it ended; null while it runs').nullable(),
  })
  .openapi('Audit');

const amountIn = (description: string) => fields.text(`${description}. A decimal string in \`unit\``, '1234.56');

const sumFields = {
  unit: fields.text('A currency, or a unit of points', 'USD'),
  earned: amountIn(
    'The earnings of the events of the month, as they should be: `booked` and what is missing there of what events and windows are worth',
  ),
  booked: amountIn('The booked earnings of these events'),
  posted: amountIn('The earnings that were booked in the month, for events of any day; 0 for points'),
  ledger: amountIn('The accrual postings of the month in the ledger; 0 for points'),
};

const AuditResultBody = AuditBody.extend({
  differences: fields.count('The number of differences found so far: partners and control totals', 0),
  verdict: fields.text(
    'The result as a sentence',
    'Everything that was worked out again is as it was booked: 12345.67 USD of 42 partners.',
  ),
  notWorkedOut: fields.count('The events of the month whose earnings are still to be worked out', 0),
  totals: z
    .array(z.object({ partners: fields.count('The number of partners', 42), ...sumFields }))
    .meta({ description: 'The totals by unit' }),
  controls: z
    .array(
      z.object({
        source: fields.text('The source', 'shop'),
        kind: fields.text('The kind of the events; null for all kinds', 'sale').nullable(),
        currency: fields.text('The currency; null for all currencies', 'USD').nullable(),
        count: fields.count('The number of events that the source states', 1204),
        found: fields.count('The number of events on file', 1204),
        amount: fields.text('The amount that the source states; null if it states none', '98765.43').nullable(),
        foundAmount: fields.text('The amount on file; null if the source states none', '98765.43').nullable(),
        differs: z.boolean().meta({ description: 'Whether they differ' }),
      }),
    )
    .meta({ description: 'The control totals, each compared with the events on file' }),
  sources: z
    .array(
      z.object({
        source: fields.text('The source', 'shop'),
        kind: fields.text('The kind of the events', 'sale'),
        currency: fields.text('The currency; null for events without an amount', 'USD').nullable(),
        count: fields.count('The number of events', 1204),
        amount: fields.text('The sum of their amounts; null for events without an amount', '98765.43').nullable(),
      }),
    )
    .meta({ description: 'The events of the month on file, each in its highest revision' }),
}).openapi('AuditResult');

const DifferenceBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    ...sumFields,
    events: z.array(z.string()).meta({
      description: 'The first events of the month by which an event or a window differs, by source and id',
      examples: [['shop/order-1001']],
    }),
  })
  .openapi('AuditDifference');

const ask = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/audits',
  operationId: 'askAudit',
  tags: ['programs'],
  summary: 'Audit a month of a program',
  request: { params: CodePath, body: jsonBody(NewAuditBody) },
  responses: { 201: answers(AuditBody, 'The audit was started.') },
});

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/audits',
  operationId: 'listAudits',
  tags: ['programs'],
  summary: 'List the audits of a program',
  request: { params: CodePath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(AuditBody), 'The audits, the newest first.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/audits/{id}',
  operationId: 'getAudit',
  tags: ['programs'],
  summary: 'Get an audit with its totals',
  request: { params: UuidPath },
  responses: { 200: answers(AuditResultBody, 'The audit, with what was found so far.') },
});

const differences = createRoute({
  method: 'get',
  path: '/v1/audits/{id}/differences',
  operationId: 'listAuditDifferences',
  tags: ['programs'],
  summary: 'List the partners whose books differ',
  request: {
    params: UuidPath,
    query: pageQuery(z.strictObject({ partnerId: RowNumber, unit: z.string().max(50) })),
  },
  responses: { 200: answers(pageOf(DifferenceBody), 'Every partner and unit that differs; empty if none does.') },
});

const auditBody = ({ id, program, month, state, askedBy, askedAt, endedAt }: Audit) => ({
  id,
  program,
  month: month.slice(0, 'YYYY-MM'.length),
  state,
  askedBy,
  askedAt: askedAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});

type Sums = Pick<AuditDifference, 'unit' | 'earnedMinor' | 'bookedMinor' | 'postedMinor' | 'ledgerMinor'>;
const sumsBody = ({ unit, earnedMinor, bookedMinor, postedMinor, ledgerMinor }: Sums) => {
  const print = (minor: bigint) => formatMinor(minor, digitsOf(unit));
  return {
    unit,
    earned: print(earnedMinor),
    booked: print(bookedMinor),
    posted: print(postedMinor),
    ledger: print(ledgerMinor),
  };
};

async function resultBody(db: Database, audit: Audit) {
  const totals = await listAuditTotals(db, audit.id);
  const controls = await controlsOf(db, audit);
  const sources = await listAuditSources(db, audit.id);
  const found =
    totals.reduce((sum, total) => sum + total.differences, 0) + controls.filter(({ differs }) => differs).length;
  return {
    ...auditBody(audit),
    differences: found,
    verdict: verdictOf(audit, totals, found),
    notWorkedOut: audit.notWorkedOut,
    totals: totals.map(({ partners, ...sums }) => ({ partners, ...sumsBody(sums) })),
    controls: controls.map(({ control, count, amount, differs }) => ({
      source: control.source,
      kind: control.kind ?? null,
      currency: control.currency ?? null,
      count: control.count,
      found: count,
      amount: control.amount ?? null,
      foundAmount: amount,
      differs,
    })),
    sources: sources.map(({ source, kind, currency, count, exact }) => ({
      source,
      kind,
      currency: currency === '' ? null : currency,
      count,
      amount: isCurrency(currency) ? formatMinor(roundExact(exact), digitsOf(currency)) : null,
    })),
  };
}

/** The result of an audit as a sentence. */
export function verdictOf(
  { state }: Audit,
  totals: Awaited<ReturnType<typeof listAuditTotals>>,
  found: number,
): string {
  if (state === 'running') return 'The audit is not worked out yet.';
  if (state === 'failed') return 'The audit could not be worked out. Ask for a new one.';
  if (found > 0) {
    const counted = found === 1 ? '1 difference was' : `${found} differences were`;
    return `${counted} found. Nothing was changed.`;
  }
  const sums = totals.map(
    ({ unit, earnedMinor, partners }) => `${formatMinor(earnedMinor, digitsOf(unit))} ${unit} of ${partners} partners`,
  );
  return `Everything that was worked out again is as it was booked: ${sums.length > 0 ? sums.join(', ') : 'nothing was earned'}.`;
}

const differenceBody = ({ partner, events, ...sums }: AuditDifference) => ({ partner, ...sumsBody(sums), events });

/** Months of programs that are worked out again and compared with the books. */
export const auditedMonthRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(ask, async (c) => {
      const { month, controls } = c.req.valid('json');
      const program = await getProgram(db, c.req.valid('param').code);
      const audit = await askAudit(db, program, { month: `${month}-01`, controls }, c.get('caller').actorId);
      await wakeQuietly({ temporal, log }, { audit: audit.id }, () => wakeAudit(temporal, audit.id));
      return c.json(auditBody(audit), 201);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const program = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listAudits(db, program.id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: auditBody }), 200);
    })
    .openapi(get, async (c) => c.json(await resultBody(db, await getAudit(db, c.req.valid('param').id)), 200))
    .openapi(differences, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getAudit(db, c.req.valid('param').id);
      const read = (count: number) => listAuditDifferences(db, id, cursor, count);
      const key = ({ partnerId, unit }: AuditDifference) => ({ partnerId, unit });
      return c.json(await readPage(limit, read, { key, item: differenceBody }), 200);
    });
