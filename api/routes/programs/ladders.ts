import { createRoute, z } from '@hono/zod-openapi';

import { addLadderVersion } from '../../../commands/programs/ladders.ts';
import { type LadderPlaced, listLadderPlaces } from '../../../db/earnings/ladder-places.ts';
import { type LadderVersion, listLadderVersions } from '../../../db/programs/ladders.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { FactKey } from '../../../domain/partners/fact.ts';
import { LadderTerms, printVolume } from '../../../domain/programs/ladder.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePath,
  jsonBody,
  LocalDate,
  Ordinal,
  pageOf,
  pageQuery,
  Reason,
  RowNumber,
} from '../../http/schemas.ts';

const TERMS = 'The terms; null if the ladder ends on that day';

const VersionBody = z
  .object({
    fact: fields.text('The key of the fact that the ladder decides', 'tier'),
    version: fields.count('The number of the version, counted from 1', 2),
    from: fields.day('The first day of the first window that it counts', '2026-01-01'),
    terms: fields.orNull(LadderTerms, TERMS),
    reason: fields.text('The reason for the version', 'The program guide of 2026'),
    createdBy: fields.code('The person who added it', 'olga'),
    createdAt: fields.at('When it was added'),
  })
  .openapi('LadderVersion');

export const NewVersionBody = z
  .strictObject({
    from: LocalDate.meta({
      description:
        'The first local day of the first window that it counts. A window that is closed keeps its rungs, so it is after those',
      examples: ['2026-01-01'],
    }),
    terms: fields.orNull(LadderTerms, TERMS),
    reason: Reason,
  })
  .openapi('NewLadderVersion');

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/ladders',
  operationId: 'listLadderVersions',
  tags: ['programs'],
  summary: 'List the versions of the ladders of a program',
  request: { params: CodePath, query: pageQuery(Ordinal) },
  responses: { 200: answers(pageOf(VersionBody), 'The versions, in the order in which they were added.') },
});

const LadderPath = CodePath.extend({ fact: FactKey });

const add = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/ladders/{fact}',
  operationId: 'addLadderVersion',
  tags: ['programs'],
  summary: 'Add a version to a ladder of a program',
  description:
    'A ladder gives each partner of the program the value of a fact, such as a tier, by the volume of a window, for the window after it. The first version begins the ladder.',
  request: { params: LadderPath, body: jsonBody(NewVersionBody) },
  responses: { 201: answers(VersionBody, 'The version was added.') },
});

const PlaceBody = z
  .object({
    partner: fields.code('The partner', 'paula'),
    windowStart: fields.day('The first day of the window that was counted', '2026-01-01'),
    volume: fields.text('The volume of that window', '52000.00 USD'),
    value: fields.text('The rung', 'silver'),
    before: fields.text('The rung before; null if there was none', 'bronze').nullable(),
    from: fields.day('The first day on which the rung holds', '2026-04-01'),
    until: fields.day('The first day on which it no longer holds', '2026-07-01'),
    hasAgreedDays: z.boolean().meta({
      description: 'Whether a person had recorded another value about some of these days, which stays',
      examples: [false],
    }),
    placedAt: fields.at('When the rung was given'),
  })
  .openapi('LadderPlace');

const places = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/ladders/{fact}/rungs',
  operationId: 'listLadderRungs',
  tags: ['programs'],
  summary: 'List the rungs that a ladder gave by a window',
  request: {
    params: LadderPath,
    query: pageQuery(RowNumber).extend({
      from: LocalDate.optional().openapi({
        description: 'The first local day on which the rungs hold; without it, the newest ones are read',
        examples: ['2026-04-01'],
      }),
    }),
  },
  responses: { 200: answers(pageOf(PlaceBody), 'The rungs of the partners, in the order of the partners’ rows.') },
});

const versionBody = ({ id: _id, createdAt, ...version }: LadderVersion) => ({
  ...version,
  createdAt: createdAt.toISOString(),
});

const placeBody = ({ partnerId: _id, terms, volume, placedAt, ...place }: LadderPlaced) => ({
  ...place,
  volume: printVolume(terms, volume),
  placedAt: placedAt.toISOString(),
});

export const ladderRoutes = ({ db }: Pick<ApiDeps, 'db'>) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = 0, limit } = c.req.valid('query');
      const { id: programId } = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listLadderVersions(db, programId, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: versionBody }), 200);
    })
    .openapi(add, async (c) => {
      const { code, fact } = c.req.valid('param');
      const added = await addLadderVersion(db, code, { fact, ...c.req.valid('json') }, c.get('caller').actorId);
      return c.json(versionBody(added), 201);
    })
    .openapi(places, async (c) => {
      const { code, fact } = c.req.valid('param');
      const { cursor = 0n, limit, from = null } = c.req.valid('query');
      const { id } = await getProgram(db, code);
      const read = (count: number) => listLadderPlaces(db, { programId: id, fact, from }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ partnerId }) => partnerId, item: placeBody }), 200);
    });
