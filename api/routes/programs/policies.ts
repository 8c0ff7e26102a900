import { createRoute, z } from '@hono/zod-openapi';

import { addPolicyVersion, confirmPolicyVersion } from '../../../commands/programs/policies.ts';
import { listPolicyVersions, type PolicyVersion } from '../../../db/programs/policies.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { PolicyShape } from '../../../domain/policy.ts';
import { POLICY_OF, POLICY_SUBJECTS } from '../../../domain/programs/policies.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter, refuseFields } from '../../http/router.ts';
import { answers, CodePath, Instant, jsonBody, Ordinal, pageOf, pageQuery } from '../../http/schemas.ts';

const EXAMPLE = {
  rules: [
    {
      title: 'Where we do not sell',
      when: { customerCountry: ['RU'] },
      automatic: { decline: 'We do not sell there.' },
    },
    {
      title: 'Small deals of gold partners',
      when: { amount: { atMost: '10000.00' }, currency: ['USD'], 'partner.tier': ['gold'] },
      automatic: 'approve' as const,
      grants: { protectionDays: 90 },
    },
    {
      title: 'All others',
      when: {},
      stages: [
        {
          role: 'preparer' as const,
          approvals: 1,
          within: { days: 3, counted: 'business' as const },
          escalate: { role: 'operator' as const, within: { days: 2, counted: 'business' as const } },
          atEnd: 'expire' as const,
        },
      ],
      grants: { protectionDays: 60 },
    },
  ],
};

const PolicyPath = CodePath.extend({
  subject: z.enum(POLICY_SUBJECTS).meta({ description: 'The subject of the policy', examples: ['deal'] }),
});

const VersionBody = z
  .object({
    program: fields.code('The code of the program', 'resale'),
    subject: fields.oneOf(POLICY_SUBJECTS, 'The subject of the policy', 'deal'),
    version: fields.count('The number of the version, counted from 1', 2),
    effectiveFrom: fields.at('The instant from which this version decides'),
    policy: PolicyShape,
    createdBy: fields.code('The person who wrote it', 'olga'),
    createdAt: fields.at('When it was added'),
    needsConfirmation: z.boolean().meta({
      description:
        'Whether it pays claims without a person, so that it decides nothing before an approver has confirmed it',
      examples: [false],
    }),
    confirmedBy: fields.code('The approver who confirmed it; null if nobody did', 'anna').nullable(),
  })
  .openapi('PolicyVersion');

const NewVersionBody = z
  .strictObject({
    policy: PolicyShape,
    effectiveFrom: Instant.meta({
      description:
        'An RFC 3339 instant with its offset, from which it decides; now, if left out. Earlier questions keep their version',
      examples: ['2026-07-01T00:00:00Z'],
    }).optional(),
  })
  .openapi('NewPolicyVersion', { description: 'A version of a policy', examples: [{ policy: EXAMPLE }] });

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/policies/{subject}',
  operationId: 'listPolicyVersions',
  tags: ['policies'],
  summary: 'List the versions of a policy',
  request: { params: PolicyPath, query: pageQuery(Ordinal) },
  responses: { 200: answers(pageOf(VersionBody), 'The versions, in the order of their numbers.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/policies/{subject}',
  operationId: 'addPolicyVersion',
  tags: ['policies'],
  summary: 'Add a version to a policy',
  description:
    'The first rule that fits decides. A policy that leaves something undecided, or has a rule that is never reached, is refused with the place of the mistake.',
  request: { params: PolicyPath, body: jsonBody(NewVersionBody) },
  responses: { 201: answers(VersionBody, 'The version was added.') },
});

const confirm = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/policies/{subject}/{version}/confirm',
  operationId: 'confirmPolicyVersion',
  tags: ['policies'],
  summary: 'Confirm a version that pays without a person',
  request: {
    params: PolicyPath.extend({
      version: z
        .string()
        .regex(/^[1-9]\d{0,8}$/, 'is not a number of a version')
        .transform(Number)
        .openapi({
          type: 'string',
          pattern: '^[1-9]\\d{0,8}$',
          description: 'The number of the version',
          examples: ['2'],
        }),
    }),
  },
  responses: {
    200: answers(VersionBody, 'The version is confirmed. A second call changes nothing.'),
    403: problemResponse('You wrote it, or its author gave you your role. Nothing was recorded.'),
  },
});

const versionBody = ({ id: _id, createdById: _by, effectiveFrom, createdAt, ...version }: PolicyVersion) => ({
  ...version,
  effectiveFrom: effectiveFrom.toISOString(),
  createdAt: createdAt.toISOString(),
});

export const policyRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { code, subject } = c.req.valid('param');
      const { cursor = 0, limit } = c.req.valid('query');
      const { id } = await getProgram(db, code);
      const read = (count: number) => listPolicyVersions(db, id, subject, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ version }) => version, item: versionBody }), 200);
    })
    .openapi(confirm, async (c) => {
      const { code, subject, version } = c.req.valid('param');
      const program = await getProgram(db, code);
      const by = c.get('caller').actorId;
      return c.json(versionBody(await confirmPolicyVersion(db, { program, subject, version, by })), 200);
    })
    .openapi(add, async (c) => {
      const { code, subject } = c.req.valid('param');
      const { policy: sent, effectiveFrom } = c.req.valid('json');
      const read = POLICY_OF[subject].safeParse(sent);
      if (!read.success)
        throw refuseFields(
          read.error,
          (count) => `Nothing was added: the policy has ${count} that cannot be accepted.`,
          'policy',
        );
      const program = await getProgram(db, code);
      const wish = { subject, policy: read.data, effectiveFrom: effectiveFrom ? new Date(effectiveFrom) : null };
      const added = await addPolicyVersion(db, program, wish, { by: c.get('caller').actorId, nowMs: Date.now() });
      return c.json(versionBody(added), 201);
    });
