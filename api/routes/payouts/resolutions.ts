import { createRoute, z } from '@hono/zod-openapi';

import { decideResolution, proposeResolution } from '../../../commands/payouts/resolutions.ts';
import type { Resolution } from '../../../db/payouts/resolutions.ts';
import { getPayoutStart } from '../../../db/payouts/starts.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { RESOLUTION_OUTCOMES, RESOLUTION_STATUSES } from '../../../domain/payouts/resolution.ts';
import { wakePayout } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Line, Reason, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';

export const ResolutionAnswer = z
  .object({
    id: z.string(),
    payoutId: z.string(),
    outcome: z.enum(RESOLUTION_OUTCOMES),
    currency: z.string(),
    /** Of a part that came back: how much of it this decides. */
    amount: z.string().nullable(),
    evidence: z.string(),
    reference: z.string().nullable(),
    /** `applied`: the books say so; `overtaken`: the provider said what became of it first. */
    status: z.enum(RESOLUTION_STATUSES),
    proposedBy: z.string(),
    proposedAt: z.string(),
    decidedBy: z.string().nullable(),
    decidedAt: z.string().nullable(),
    note: z.string().nullable(),
  })
  .openapi('Resolution');

/** A provider's id of a payment; it becomes part of addresses. */
const Reference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_:-]{0,99}$/, 'is not the id of a payment at a provider');

const ProposalBody = z.strictObject({
  outcome: z.enum(RESOLUTION_OUTCOMES),
  /** What was seen, where, and who said so. */
  evidence: Line(2000),
  /** What the provider calls the payment, where it is found there and was not known. */
  reference: Reference.optional(),
});

const propose = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/resolution',
  tags: ['resolutions'],
  summary: 'Propose what became of a payment',
  request: { params: UuidPath, body: jsonBody(ProposalBody) },
  responses: {
    201: answers(ResolutionAnswer, 'Recorded; nothing moves until another person confirms it'),
    403: problemResponse('The payout pays whoever proposes'),
    409: problemResponse('No open task asks for it, its provider can still tell, or another proposal waits'),
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/resolution/decision',
  tags: ['resolutions'],
  summary: 'Confirm or refuse what another person proposed',
  request: {
    params: UuidPath,
    body: jsonBody(z.strictObject({ decision: z.enum(['confirm', 'refuse']), note: Reason.optional() })),
  },
  responses: {
    200: answers(ResolutionAnswer, 'Recorded; a confirmed one is applied at once'),
    403: problemResponse('Who proposed it, or is paid by it, does not decide it'),
    409: problemResponse('Nothing waits for a decision'),
  },
});

export const resolutionAnswer = (resolution: Resolution) => ({
  id: resolution.id,
  payoutId: resolution.payoutId,
  outcome: resolution.outcome,
  currency: resolution.currency,
  amount: resolution.minor === null ? null : formatDecimal(money(resolution.minor, resolution.currency)),
  evidence: resolution.evidence,
  reference: resolution.reference,
  status: resolution.status,
  proposedBy: resolution.proposedBy,
  proposedAt: resolution.proposedAt.toISOString(),
  decidedBy: resolution.decidedBy,
  decidedAt: resolution.decidedAt?.toISOString() ?? null,
  note: resolution.note,
});

/** Two people say what became of a payment: one with the evidence, another one after reading it. */
export const resolutionRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(propose, async (c) => {
      const { outcome, evidence, reference = null } = c.req.valid('json');
      const { actorId } = c.get('caller');
      const payoutId = c.req.valid('param').id;
      const resolution = await proposeResolution(db, { payoutId, actorId, outcome, evidence, reference });
      return c.json(resolutionAnswer(resolution), 201);
    })
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { actorId } = c.get('caller');
      const payoutId = c.req.valid('param').id;
      const resolution = await decideResolution(db, { payoutId, actorId, decision, note });
      const start = await getPayoutStart(db, payoutId);
      if (decision === 'confirm')
        await wakeQuietly({ temporal, log }, { payout: payoutId }, () => wakePayout(temporal, start));
      return c.json(resolutionAnswer(resolution), 200);
    });
