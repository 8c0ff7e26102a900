import { createRoute, z } from '@hono/zod-openapi';

import { sendClaimAgain } from '../../../commands/people/claims.ts';
import { decideGrant, proposeGrant, revokeGrant } from '../../../commands/people/grants.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { getActor } from '../../../db/people/actors.ts';
import { type Grant, listGrants } from '../../../db/people/grants.ts';
import { Code } from '../../../domain/fields.ts';
import { ACTOR_KINDS } from '../../../domain/people/actor.ts';
import { ACCESSES, GRANT_STATUSES } from '../../../domain/people/grant.ts';
import { LIMITED_MAX } from '../../../domain/people/reach.ts';
import { ROLES } from '../../../domain/people/role.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePath,
  Instant,
  jsonBody,
  LIMIT_FIELDS,
  pageOf,
  pageQuery,
  Reason,
  Uuid,
  UuidPath,
} from '../../http/schemas.ts';
import { sendMailSoon } from '../../http/wake.ts';

const GrantBody = z
  .object({
    id: fields.id('The id of the grant'),
    actor: fields.code('The code of the person', 'petra'),
    name: fields.text("The person's name", 'Petra Preparer'),
    kind: fields.oneOf(ACTOR_KINDS, 'Whether the role is for a person, or for a program of yours', 'person'),
    email: fields
      .text('The address to which the link to the key goes; null if there is none', 'petra@example.com')
      .nullable(),
    role: fields.oneOf(ROLES, 'The role', 'preparer'),
    partner: fields
      .code('The code of the partner whose data the role `partner` can read; null for other roles', 'paula')
      .nullable(),
    access: fields
      .oneOf(ACCESSES, 'Whether the person may act for the partner, or only read; null for other roles', 'owner')
      .nullable(),
    ...LIMIT_FIELDS,
    status: fields.oneOf(GRANT_STATUSES, 'Where the grant is; only `confirmed` gives the role', 'proposed'),
    firstSetup: z.boolean().meta({
      description: 'Whether one person alone, or a command on the server, gave the role during the first set-up',
      examples: [false],
    }),
    proposedBy: fields
      .code('The code of the person who proposed it; null for a command on the server', 'olga')
      .nullable(),
    proposedAt: fields.at('When it was proposed'),
    decidedBy: fields
      .code('The code of the person who confirmed or refused it; null if nobody did', 'oscar')
      .nullable(),
    decidedAt: fields.at('When it was confirmed or refused; null before that').nullable(),
    note: fields.text('The note of the person who decided; null if there is none', 'I know her.').nullable(),
    expiresAt: fields.at('When the role ends by itself; null if it never does').nullable(),
    revokedAt: fields.at('When the role was taken away; null if it was not').nullable(),
    namesakes: z.array(fields.code('The code of another person with the same name', 'petra2')).meta({
      description: 'Other people with the same name: perhaps one person with two accounts',
    }),
    mailboxOf: z.array(fields.code('The code of a partner', 'paula')).meta({
      description: 'Partners who are reached at the same address: the person is perhaps paid by Bursar',
    }),
  })
  .openapi('Grant');

const NewGrantBody = z
  .strictObject({
    role: fields.oneOf(ROLES, 'The role to give', 'preparer'),
    partner: Code.meta({
      description:
        'The code of the partner whose data the role can read; required for the role `partner`, and only allowed there',
      examples: ['paula'],
    }).optional(),
    access: fields
      .oneOf(
        ACCESSES,
        'For the role `partner`: `owner` acts for the partner, `viewer` only reads. By default `owner`',
        'viewer',
      )
      .optional(),
    programs: z
      .array(Code)
      .min(1)
      .max(LIMITED_MAX)
      .meta({
        description:
          'For preparers, approvers and operators: the codes of the programs that the role is limited to. Not together with `payers`',
        examples: [['resale']],
      })
      .optional(),
    payers: z
      .array(Code)
      .min(1)
      .max(LIMITED_MAX)
      .meta({
        description:
          'The codes of the payers that the role is limited to, with their schedules, programs, runs and payouts. By default a role reaches everything',
        examples: [['acme']],
      })
      .optional(),
    expiresAt: Instant.meta({
      description: 'When the role ends by itself: an RFC 3339 instant in the future; without it, it never ends',
      examples: ['2099-12-31T23:59:59Z'],
    }).optional(),
  })
  .refine(({ role, access }) => access === undefined || role === 'partner', {
    path: ['access'],
    message: 'is only allowed for the role partner',
  })
  .superRefine(({ role, partner }, context) => {
    if ((role === 'partner') === (partner !== undefined)) return;
    const message =
      role === 'partner'
        ? 'is required: the partner whose data this role can read'
        : 'is only allowed for the role partner';
    context.addIssue({ code: 'custom', path: ['partner'], message });
  })
  .openapi('NewGrant');

const propose = createRoute({
  method: 'post',
  path: '/v1/actors/{code}/grants',
  operationId: 'proposeGrant',
  tags: ['actors'],
  summary: 'Propose a role for a person',
  description:
    'Another operator must confirm it. Only the access of a partner is given at once, and the second operator of a new deployment.',
  request: { params: CodePath, body: jsonBody(NewGrantBody) },
  responses: {
    201: answers(GrantBody, 'The role was proposed. It gives nothing before another operator confirms it.'),
    403: problemResponse('You cannot propose a role for yourself, or your key belongs to a system.'),
    404: problemResponse('There is no such partner.'),
    409: problemResponse('The person has the role with these limits already, or somebody proposed it.'),
  },
});

const BY_STATUS = pageQuery(Uuid).extend({
  status: fields.oneOf(GRANT_STATUSES, 'Lists only grants in this status', 'proposed').optional(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/grants',
  operationId: 'listGrants',
  tags: ['actors'],
  summary: 'List the roles that people were given',
  request: { query: BY_STATUS },
  responses: { 200: answers(pageOf(GrantBody), 'Grants, the newest first.') },
});

const listOfActor = createRoute({
  method: 'get',
  path: '/v1/actors/{code}/grants',
  operationId: 'listActorGrants',
  tags: ['actors'],
  summary: 'List the roles of a person',
  request: { params: CodePath, query: BY_STATUS },
  responses: { 200: answers(pageOf(GrantBody), 'The grants of the person, the newest first.') },
});

const NewDecisionBody = z
  .strictObject({
    decision: fields.oneOf(['confirm', 'refuse'], 'Your decision about the proposed role', 'confirm'),
    note: Reason.meta({
      description: 'A note for the people who read the decision later',
      examples: ['I know her.'],
    }).optional(),
  })
  .openapi('GrantDecision');

const decide = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/decision',
  operationId: 'decideGrant',
  tags: ['actors'],
  summary: 'Confirm or refuse a proposed role',
  request: { params: UuidPath, body: jsonBody(NewDecisionBody) },
  responses: {
    200: answers(GrantBody, 'The decision was recorded. A confirmed role has its person mailed the link to their key.'),
    403: problemResponse(
      'You proposed it, the role is for you, or your key belongs to a system. Another operator must decide.',
    ),
    409: problemResponse('The grant is not waiting for a decision.'),
  },
});

const SentBody = z
  .object({ sentTo: fields.text('The address to which the link goes', 'petra@example.com') })
  .openapi('SentClaim');

const sendAgain = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/claims',
  operationId: 'sendClaim',
  tags: ['actors'],
  summary: 'Mail a person a new link to their key',
  request: { params: UuidPath },
  responses: {
    201: answers(SentBody, 'A new link is on its way. The link before it no longer works. The keys in use stay valid.'),
    409: problemResponse('The role is not confirmed. No link was sent.'),
  },
});

const revoke = createRoute({
  method: 'delete',
  path: '/v1/grants/{id}',
  operationId: 'revokeGrant',
  tags: ['actors'],
  summary: 'Take a role away',
  request: { params: UuidPath },
  responses: { 204: { description: 'The role is gone, and its keys have stopped.' } },
});

const grantBody = ({ actorId: _actorId, proposedById: _proposedById, ...grant }: Grant) => ({
  ...grant,
  proposedAt: grant.proposedAt.toISOString(),
  decidedAt: grant.decidedAt?.toISOString() ?? null,
  revokedAt: grant.revokedAt?.toISOString() ?? null,
  expiresAt: grant.expiresAt?.toISOString() ?? null,
});

/** One operator proposes a role and another one confirms it. Nobody but its owner ever sees a key. */
export const grantRoutes = (deps: ApiDeps) => {
  const { db, vault } = deps;
  const pageOfGrants = (filter: Parameters<typeof listGrants>[1], before: string | null, limit: number) =>
    readPage(limit, (count) => listGrants(db, filter, before, count), { key: ({ id }) => id, item: grantBody });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, status } = c.req.valid('query');
      return c.json(await pageOfGrants({ status }, cursor, limit), 200);
    })
    .openapi(listOfActor, async (c) => {
      const { cursor = null, limit, status } = c.req.valid('query');
      const { id: actorId } = await getActor(db, c.req.valid('param').code);
      return c.json(await pageOfGrants({ actorId, status }, cursor, limit), 200);
    })
    .openapi(propose, async (c) => {
      const { role, partner, access, programs = [], payers = [], expiresAt } = c.req.valid('json');
      const wish = {
        actor: await getActor(db, c.req.valid('param').code),
        role,
        partnerId: partner === undefined ? null : (await getPartner(db, partner)).id,
        access,
        limited: { programs, payers },
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      };
      const grant = await proposeGrant(db, vault, wish, c.get('caller').actorId);
      if (grant.status === 'confirmed') await sendMailSoon(deps);
      return c.json(grantBody(grant), 201);
    })
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const by = c.get('caller').actorId;
      const grant = await decideGrant(db, vault, { id: c.req.valid('param').id, by, decision, note });
      if (grant.status === 'confirmed') await sendMailSoon(deps);
      return c.json(grantBody(grant), 200);
    })
    .openapi(sendAgain, async (c) => {
      const sentTo = await sendClaimAgain(db, vault, c.req.valid('param').id, c.get('caller').actorId);
      await sendMailSoon(deps);
      return c.json({ sentTo }, 201);
    })
    .openapi(revoke, async (c) => {
      await revokeGrant(db, c.req.valid('param').id, c.get('caller').actorId);
      return c.body(null, 204);
    });
};
