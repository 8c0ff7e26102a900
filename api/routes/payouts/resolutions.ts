import { createRoute, z } from '@hono/zod-openapi';

import { decideResolution, proposeResolution } from '../../../commands/payouts/resolutions.ts';
import type { Resolution } from '../../../db/payouts/resolutions.ts';
import { getPayoutStart } from '../../../db/payouts/starts.ts';
import { Currency, Line } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { RESOLUTION_OUTCOMES, RESOLUTION_STATUSES } from '../../../domain/payouts/resolution.ts';
import { wakePayout } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';

const OUTCOME =
  'The outcome of the payment (`paid`, `not_paid`, `returned`), or of a part that came back: the partner gets it again (`credit_partner`), you keep it (`keep`), or nothing more will come back and it counts as a full return (`returned`)';

export const ResolutionBody = z
  .object({
    id: fields.id('The id of the resolution'),
    payoutId: fields.id('The id of the payout that the resolution is about'),
    outcome: fields.oneOf(RESOLUTION_OUTCOMES, OUTCOME, 'not_paid'),
    currency: Currency,
    amount: fields
      .amount('The amount that came back and that this decides about; null if it decides about the whole payment')
      .nullable(),
    evidence: fields.text(
      'The evidence: what you saw, where you saw it, and who said so',
      'Support case 4711: no payment under our key.',
    ),
    reference: fields
      .text("The provider's id of the payment, if it was found at the provider; otherwise null", '50000042')
      .nullable(),
    status: fields.oneOf(
      RESOLUTION_STATUSES,
      'The status of the resolution; `applied` if the books now say so, `overtaken` if the provider reported the outcome first',
      'applied',
    ),
    proposedBy: fields.code('The person who proposed it', 'olga'),
    proposedAt: fields.at('When the resolution was proposed'),
    decidedBy: fields.code('The person who decided it; null until then', 'anna').nullable(),
    decidedAt: fields.at('When the resolution was decided; null until then').nullable(),
    note: fields.text('The note of the person who decided; null if there is none', 'I called them too.').nullable(),
  })
  .openapi('Resolution');

/** A provider's id of a payment. It becomes part of URLs. */
const Reference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_:-]{0,99}$/, 'is not the id of a payment at a provider');

/** The fields of a proposal, also as a page sends them. */
export const ProposalForm = z.strictObject({
  outcome: fields.oneOf(RESOLUTION_OUTCOMES, OUTCOME, 'not_paid'),
  evidence: Line(2000).meta({
    description: 'The evidence: what you saw, where you saw it, and who said so',
    examples: ['Support case 4711: no payment under our key.'],
  }),
  reference: Reference.meta({
    description: "The provider's id of the payment, if you found it at the provider and Bursar did not know it",
    examples: ['50000042'],
  }).optional(),
});
const ProposalBody = ProposalForm.openapi('NewResolution');

/** The fields of a decision, also as a page sends them. */
export const DecisionForm = z.strictObject({
  decision: fields.oneOf(['confirm', 'refuse'], 'Your decision about the proposal', 'confirm'),
  note: Reason.meta({
    description: 'A note for the people who read the decision later',
    examples: ['I called them too.'],
  }).optional(),
});
const NewDecisionBody = DecisionForm.openapi('ResolutionDecision');

const propose = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/resolution',
  operationId: 'proposePayoutResolution',
  tags: ['resolutions'],
  summary: 'Propose the outcome of a payment',
  request: { params: UuidPath, body: jsonBody(ProposalBody) },
  responses: {
    201: answers(ResolutionBody, 'The proposal was recorded. Nothing moves until another person confirms it.'),
    403: problemResponse('The payout pays you, so another person must propose. Nothing was recorded.'),
    409: problemResponse(
      'No open task asks for this outcome, the provider can still report it, or another proposal is waiting. Nothing was recorded.',
    ),
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/resolution/decision',
  tags: ['resolutions'],
  summary: 'Confirm or refuse a proposed outcome',
  request: {
    params: UuidPath,
    body: jsonBody(NewDecisionBody),
  },
  responses: {
    200: answers(ResolutionBody, 'The decision was recorded. A confirmed proposal is applied at once.'),
    403: problemResponse(
      'You, or a person who gave you your role, proposed it, or the payout pays you, so another person must decide. Nothing was recorded.',
    ),
    409: problemResponse('No proposal is waiting for a decision. Nothing was recorded.'),
  },
});

export const resolutionBody = (resolution: Resolution) => ({
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

/** Two people state the outcome of a payment: one gives the evidence, and another confirms after reading it. */
export const resolutionRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(propose, async (c) => {
      const { outcome, evidence, reference = null } = c.req.valid('json');
      const { actorId } = c.get('caller');
      const payoutId = c.req.valid('param').id;
      const resolution = await proposeResolution(db, { payoutId, actorId, outcome, evidence, reference });
      return c.json(resolutionBody(resolution), 201);
    })
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { actorId } = c.get('caller');
      const payoutId = c.req.valid('param').id;
      const resolution = await decideResolution(db, { payoutId, actorId, decision, note });
      const start = await getPayoutStart(db, payoutId);
      if (decision === 'confirm')
        await wakeQuietly({ temporal, log }, { payout: payoutId }, () => wakePayout(temporal, start));
      return c.json(resolutionBody(resolution), 200);
    });
