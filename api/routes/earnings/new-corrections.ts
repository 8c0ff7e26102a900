import { z } from '@hono/zod-openapi';

import type { WishedItem } from '../../../commands/earnings/correction-proposals.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { Code, Currency, Decimal, isEventYear, Line, notEventYear, whyNotAmount } from '../../../domain/fields.ts';
import { parseDecimal } from '../../../domain/money.ts';
import { LocalDate, Reason } from '../../http/schemas.ts';

/** The bodies with which people propose corrections. */

const partner = (description: string) => Code.meta({ description, examples: ['paula'] });

export const CorrectionReason = Reason.meta({
  description:
    'The reason. The partner reads it next to the amount. The reason goes to each partner as it is: name no other partner in it',
  examples: ['Chargeback fee for order 1001'],
});
export const CorrectionReference = Line(200).meta({
  description: 'Where the evidence is: the name or number of a document, a ticket or an attachment',
  examples: ['ticket 4711'],
});

const ABOUT = {
  program: Code.meta({
    description: "The program that the amount belongs to. The runs of this program's schedule pay it",
    examples: ['resale'],
  }),
  currency: Currency,
  reason: CorrectionReason,
  reference: CorrectionReference.optional(),
  availableOn: LocalDate.refine(isEventYear, notEventYear)
    .meta({
      description:
        "The local day from which the amount counts, in the zone of the program's schedule. The first cut-off after this day includes it. Without it, it counts from today on",
      examples: ['2026-03-01'],
    })
    .optional(),
};

type Amount = { currency: CurrencyCode; amount?: string | undefined };

function refuseAmount({ currency, amount }: Amount, context: z.RefinementCtx): void {
  if (amount === undefined || !Decimal.safeParse(amount).success) return;
  const message = whyNotAmount(amount, currency) ?? (Number(amount) === 0 ? 'is 0' : undefined);
  if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
}

const sized = (description: string) => Decimal.meta({ description, examples: ['15.00'] });

const CreditBody = z
  .strictObject({
    kind: z.literal('credit').meta({ description: 'The partner is owed more' }),
    partner: partner('The partner who gets the amount'),
    amount: sized('The amount to add, in major units of `currency`'),
    ...ABOUT,
  })
  .superRefine(refuseAmount)
  .openapi('NewCredit', { description: 'An amount that is added to what a partner is owed' });

const DeductionBody = z
  .strictObject({
    kind: z.literal('deduction').meta({ description: 'The partner is owed less' }),
    partner: partner('The partner from whom the amount is taken'),
    amount: sized('The amount to take, in major units of `currency`'),
    ...ABOUT,
  })
  .superRefine(refuseAmount)
  .openapi('NewDeduction', {
    description: 'An amount that is taken from what a partner is owed. The balance may fall below zero',
  });

const TransferBody = z
  .strictObject({
    kind: z.literal('transfer').meta({ description: 'One partner is owed less, and another one more' }),
    from: partner('The partner from whom the amount is taken'),
    to: partner('The partner who gets it'),
    amount: sized('The amount to move, in major units of `currency`'),
    ...ABOUT,
  })
  .superRefine(refuseAmount)
  .openapi('NewTransfer', { description: 'An amount that moves from one partner to another one' });

const WriteOffBody = z
  .strictObject({
    kind: z.literal('write_off').meta({ description: 'The balance is given up' }),
    partner: partner('The partner whose balance is given up'),
    amount: sized('The part of the balance to give up; without it, the whole balance').optional(),
    ...ABOUT,
  })
  .superRefine(refuseAmount)
  .openapi('NewWriteOff', {
    description:
      'A balance that is given up: one that the partner owes, or one that is smaller than the smallest payout. It never goes past zero',
  });

export const NewCorrectionBody = z
  .discriminatedUnion('kind', [CreditBody, DeductionBody, TransferBody, WriteOffBody])
  .openapi('NewCorrection', { description: 'A correction of what partners are owed' });
type NewCorrectionBody = z.output<typeof NewCorrectionBody>;

export type MovingBody = Exclude<NewCorrectionBody, { kind: 'write_off' }>;

/** The items of a credit, a deduction or a transfer. */
export function itemsOf(body: MovingBody): WishedItem[] {
  const { program, currency, availableOn = null } = body;
  const item = { program, currency, availableOn, reason: null };
  const { minor } = parseDecimal(body.amount, currency);
  if (body.kind === 'transfer')
    return [
      { ...item, partner: body.from, minor: -minor },
      { ...item, partner: body.to, minor },
    ];
  return [{ ...item, partner: body.partner, minor: body.kind === 'credit' ? minor : -minor }];
}
