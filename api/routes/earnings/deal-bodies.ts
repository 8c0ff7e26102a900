import { z } from '@hono/zod-openapi';

import type { DealWish } from '../../../commands/earnings/deals.ts';
import { type Deal, listExtensions } from '../../../db/earnings/deals.ts';
import { listDealSales } from '../../../db/earnings/deal-sales.ts';
import type { Database } from '../../../db/database.ts';
import { DEAL_STATUSES, normalDomain, normalNumber } from '../../../domain/earnings/deal.ts';
import { Code, Country, Currency, Decimal, Line, whyNotAmount } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import * as fields from '../../http/fields.ts';
import { LocalDate, Reason } from '../../http/schemas.ts';
import { reviewsField, reviewsOf } from '../programs/reviews.ts';

/** Deals as they are sent and shown. */

const LINES_MAX = 20;

export const DealFields = {
  program: Code.meta({ description: 'The program under which the deal is registered', examples: ['resale'] }),
  customer: Line(200).meta({ description: "The customer's name", examples: ['Kim GmbH'] }),
  domain: Line(253)
    .refine((text) => normalDomain(text) !== undefined, 'is not a domain such as kim.example')
    .meta({ description: "The customer's website or domain", examples: ['kim.example'] })
    .optional(),
  registrationNumber: Line(50)
    .refine((text) => normalNumber(text) !== '', 'has no letter and no digit')
    .meta({ description: "The customer's number in the register of companies of its country", examples: ['HRB 1234'] })
    .optional(),
  country: Country.meta({ description: "The customer's country", examples: ['DE'] }),
  productLines: z
    .array(Line(100))
    .min(1)
    .max(LINES_MAX)
    .meta({
      description: 'The product lines that the partner wants to sell. Each is protected on its own',
      examples: [['routers']],
    }),
  currency: Currency,
  amount: Decimal.meta({ description: 'The expected amount, in major units of `currency`', examples: ['25000.00'] }),
  expectedClose: LocalDate.meta({
    description: 'The day on which the partner expects to close',
    examples: ['2026-09-30'],
  }),
};

type Sent = {
  program: string;
  customer: string;
  domain?: string | undefined;
  registrationNumber?: string | undefined;
  country: string;
  productLines: string[];
  currency: Deal['currency'];
  amount: string;
  expectedClose: string;
};

export function refuseDeal({ domain, registrationNumber, currency, amount }: Sent, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (domain === undefined && registrationNumber === undefined)
    refuse('domain', 'is needed, or a registrationNumber: the customer must be known by one of them');
  const wrong = whyNotAmount(amount, currency) ?? (Number(amount) === 0 ? 'is 0' : undefined);
  if (wrong) refuse('amount', wrong);
}

export const MyNewDealBody = z.strictObject(DealFields).superRefine(refuseDeal).openapi('MyNewDeal');

export const wishOf = (sent: Sent, partner: string): DealWish => ({
  program: sent.program,
  partner,
  customer: sent.customer,
  domain: sent.domain ?? null,
  registrationNumber: sent.registrationNumber ?? null,
  country: sent.country,
  productLines: sent.productLines,
  currency: sent.currency,
  minor: parseDecimal(sent.amount, sent.currency).minor,
  expectedClose: sent.expectedClose,
});

export const DealBody = z
  .object({
    id: fields.id('The id of the deal'),
    program: fields.code('The program', 'resale'),
    partner: fields.code('The partner who registered it', 'paula'),
    status: fields.oneOf(
      DEAL_STATUSES,
      'The status. `review`: people decide; `protected`: nobody else can register the customer',
      'protected',
    ),
    customer: fields.text("The customer's name", 'Kim GmbH'),
    domain: fields.text("The customer's domain; null if none was given", 'kim.example').nullable(),
    registrationNumber: fields
      .text("The customer's registration number; null if none was given", 'HRB 1234')
      .nullable(),
    country: fields.text("The customer's country", 'DE'),
    productLines: z.array(z.string()).meta({ description: 'The product lines', examples: [['routers']] }),
    currency: Currency,
    amount: fields.amount('The expected amount', '25000.00'),
    expectedClose: fields.day('The day on which the partner expects to close', '2026-09-30'),
    protectedUntil: fields
      .day('The first day on which it is no longer protected; null if it never was', '2026-12-01')
      .nullable(),
    reason: fields.text('The reason why it ended; null if there is none', 'The protection is over.').nullable(),
    registeredAt: fields.at('When it was registered'),
    endedAt: fields.at('When it ended; null until then').nullable(),
  })
  .openapi('Deal');

export const DealDetailBody = DealBody.extend({
  reviews: reviewsField,
  extensions: z
    .array(
      z.object({
        until: fields.day('The day until which protection was asked for', '2027-03-01'),
        reason: fields.text('The reason', 'The customer decides in January'),
      }),
    )
    .meta({ description: 'The extensions that were asked for, oldest first' }),
  sales: z
    .array(
      z.object({
        source: fields.text('The source of the sale', 'shop'),
        id: fields.text('The id of the sale in its source', 'order-1001'),
      }),
    )
    .meta({ description: 'The sales that closed it' }),
}).openapi('DealDetail');

export const ExtensionBody = z
  .strictObject({
    until: LocalDate.meta({
      description: 'The first day on which it would no longer be protected',
      examples: ['2027-03-01'],
    }),
    reason: Reason.meta({ description: 'The reason', examples: ['The customer decides in January'] }),
  })
  .openapi('DealExtension');

export const dealBody = ({
  programId: _program,
  partnerId: _partner,
  registeredById: _by,
  extensions: _count,
  dueAt: _due,
  minor,
  registeredAt,
  endedAt,
  ...deal
}: Deal) => ({
  ...deal,
  amount: formatDecimal(money(minor, deal.currency)),
  registeredAt: registeredAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});

export const dealDetail = async (db: Database, deal: Deal) => ({
  ...dealBody(deal),
  reviews: await reviewsOf(db, 'deal', deal.id),
  extensions: (await listExtensions(db, deal.id)).map(({ until, reason }) => ({ until, reason })),
  sales: (await listDealSales(db, deal.id)).map(({ source, id }) => ({ source, id })),
});
