import { createRoute, z } from '@hono/zod-openapi';

import { claimKey } from '../../../commands/people/claims.ts';
import { ROLES } from '../../../domain/people/role.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { limitTries } from '../../http/rate-limit.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody } from '../../http/schemas.ts';

const ClaimBody = z
  .strictObject({
    token: z
      .string()
      .min(1)
      .max(200)
      .meta({
        description: 'The token from the mail',
        examples: ['bsc_Zk3vV0mB8hQ1tRy5uWc7xNa2sDf4gHj6kLpOiUyTreE'],
      }),
  })
  .openapi('NewClaim');

const ClaimedKeyBody = z
  .object({
    id: fields.id('The id of the key; use it to revoke the key'),
    actor: fields.code('The code of the person to whom the key belongs', 'petra'),
    role: fields.oneOf(ROLES, 'The role of the key, which decides what it may do', 'preparer'),
    prefix: fields.text('The part of the key after `bsk_`, by which a person recognises it', '4f1c09ab77e2'),
    key: fields.text(
      'The key itself, shown only this once',
      'bsk_4f1c09ab77e2_Zk3vV0mB8hQ1tRy5uWc7xNa2sDf4gHj6kLpOiUyTreE',
    ),
  })
  .openapi('ClaimedKey');

const claim = createRoute({
  method: 'post',
  path: '/v1/keys/claim',
  operationId: 'claimKey',
  tags: ['actors'],
  summary: 'Take your key',
  description: 'Needs no key and no `Idempotency-Key`: a token gives one key, once.',
  request: { body: jsonBody(ClaimBody) },
  responses: {
    201: answers(ClaimedKeyBody, 'This is your key. It is shown only this once.'),
    404: problemResponse('The token is unknown, was used, or is too old. No key was made.'),
    415: problemResponse('The body is not JSON. Nothing was done.'),
    429: problemResponse('There were too many wrong tokens from this address. Wait a minute. No key was made.'),
  },
});

const WRONG_TOKENS_A_MINUTE = 20;

/** A person takes their key with the token that was mailed to them. */
export const claimRoutes = ({ db }: ApiDeps) => {
  const tries = limitTries(WRONG_TOKENS_A_MINUTE);
  return createRouter().openapi(claim, async (c) =>
    c.json(await tries(c, () => claimKey(db, c.req.valid('json').token)), 201),
  );
};
