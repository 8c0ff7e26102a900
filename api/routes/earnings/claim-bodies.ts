import { z } from '@hono/zod-openapi';

import type { ClaimWish } from '../../../commands/earnings/fund-claims.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { Code, Currency, Decimal, Line, whyNotAmount } from '../../../domain/fields.ts';
import { parseDecimal } from '../../../domain/money.ts';
import { Reason, Uuid } from '../../http/schemas.ts';

/** Claims as they are sent. */

export const SHA256 = {
  description: 'The SHA-256 of the document, 64 hexadecimal digits',
  examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
};

export const CLAIM_FIELDS = {
  program: Code.meta({ description: 'The program that pays it', examples: ['resale'] }),
  fund: Uuid.meta({
    description: 'The fund that it is claimed from. Without it, the policy must allow such a claim',
    examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
  }).optional(),
  currency: Currency,
  amount: Decimal.meta({ description: 'The amount, in major units of `currency`', examples: ['500.00'] }),
  wish: Reason.meta({
    description: 'The thing that was paid for, in one line',
    examples: ['The stand at the spring fair'],
  }),
  proof: z
    .strictObject({
      document: Line(200).meta({ description: 'The name or number of the document', examples: ['invoice 4711'] }),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'is not 64 small hexadecimal digits')
        .meta(SHA256),
    })
    .meta({ description: 'The proof. Bursar keeps where the document is and its hash, and not the document' }),
};

type Sent = {
  program: string;
  fund?: string | undefined;
  currency: CurrencyCode;
  amount: string;
  wish: string;
  proof: { document: string; sha256: string };
};

export function refuseAmount({ currency, amount }: Sent, context: z.RefinementCtx): void {
  const message = whyNotAmount(amount, currency) ?? (Number(amount) === 0 ? 'is 0' : undefined);
  if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
}

export const MyNewClaimBody = z.strictObject(CLAIM_FIELDS).superRefine(refuseAmount).openapi('MyNewFundClaim');

export const wishOf = ({ program, fund, currency, amount, wish, proof }: Sent, partner: string): ClaimWish => ({
  program,
  partner,
  fundId: fund ?? null,
  currency,
  minor: parseDecimal(amount, currency).minor,
  wish,
  proof: proof.document,
  proofSha256: proof.sha256,
});
