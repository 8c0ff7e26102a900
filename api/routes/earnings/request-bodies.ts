import { z } from '@hono/zod-openapi';

import type { RequestWish } from '../../../commands/earnings/requests.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { isException, REQUEST_KINDS, type RequestKind } from '../../../domain/earnings/request.ts';
import { Code, Currency, Decimal, whyNotAmount } from '../../../domain/fields.ts';
import { parseDecimal } from '../../../domain/money.ts';
import * as fields from '../../http/fields.ts';
import { LocalDate, Reason } from '../../http/schemas.ts';

/** Requests as they are sent. */

const PLAN = 'The plan that the partner would get. Without it, the people who decide name one';

export const REQUEST_FIELDS = {
  program: Code.meta({ description: 'The program that it is about', examples: ['resale'] }),
  kind: fields.oneOf(
    REQUEST_KINDS,
    '`special_price` and `special_incentive` are an exception from the plan; `development_funds` is a budget to claim from',
    'development_funds',
  ),
  wish: Reason.meta({ description: 'The purpose, in one line', examples: ['A stand at the spring fair'] }),
  plan: Code.meta({ description: PLAN, examples: ['standard'] }).optional(),
  currency: Currency.optional(),
  amount: Decimal.meta({
    description: 'The amount, in major units of `currency`. A fund needs one',
    examples: ['5000.00'],
  }).optional(),
  startsOn: LocalDate.meta({ description: 'The first local day on which it would hold', examples: ['2030-01-01'] }),
  endsOn: LocalDate.meta({ description: 'The first local day on which it no longer would', examples: ['2030-07-01'] }),
};

type Sent = {
  program: string;
  kind: RequestKind;
  wish: string;
  plan?: string | undefined;
  currency?: CurrencyCode | undefined;
  amount?: string | undefined;
  startsOn: string;
  endsOn: string;
};

export function refuseRequest(
  { kind, plan, currency, amount, startsOn, endsOn }: Sent,
  context: z.RefinementCtx,
): void {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (endsOn <= startsOn) refuse('endsOn', 'is not after startsOn');
  if ((currency === undefined) !== (amount === undefined)) refuse('currency', 'and amount belong together');
  if (!isException(kind) && amount === undefined) refuse('amount', 'is needed for a fund');
  if (!isException(kind) && plan !== undefined) refuse('plan', 'is only for an exception');
  const wrong =
    amount === undefined || !currency
      ? undefined
      : (whyNotAmount(amount, currency) ?? (Number(amount) === 0 ? 'is 0' : undefined));
  if (wrong) refuse('amount', wrong);
}

export const MyNewRequestBody = z.strictObject(REQUEST_FIELDS).superRefine(refuseRequest).openapi('MyNewRequest');

export const wishOf = ({ plan, currency, amount, ...sent }: Sent, partner: string): RequestWish => ({
  ...sent,
  partner,
  plan: plan ?? null,
  currency: currency ?? null,
  minor: amount === undefined || !currency ? null : parseDecimal(amount, currency).minor,
});
