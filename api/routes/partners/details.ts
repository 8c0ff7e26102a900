import { z } from '@hono/zod-openapi';

import { Country, Currency, Line } from '../../../domain/fields.ts';
import type { Destination } from '../../../domain/partners/destination.ts';
import { cleanDetails, whyNotDestination } from '../../../domain/partners/payment-forms.ts';
import { PLACES } from '../../../domain/partners/instrument.ts';
import { Email, Name, PostalAddress } from '../../http/schemas.ts';

const DETAILS_MAX = 30;

/** The fields of a form. They are read loosely here, described in bank-forms.ts, and checked with their currency and country below. */
const BankDetails = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9.]{0,39}$/, 'is not the name of a field'), Line(140))
  .refine((details) => Object.keys(details).length <= DETAILS_MAX, `has more than ${DETAILS_MAX} fields`)
  .transform(cleanDetails)
  .openapi({ type: 'object', allOf: [{ $ref: '#/components/schemas/BankDetails' }] });

/**
 * Refuses details that the payment would fail for later, each under the name of its field. A country that is none is refused already, and
 * no sentence repeats it: somebody may have typed their account number there.
 */
function refuseWrong(destination: Destination, context: z.RefinementCtx): void {
  if (destination.method === 'bank' && !Country.safeParse(destination.country).success) return;
  for (const { field, reason } of whyNotDestination(destination)) {
    const [outer = field, ...inner] = field.split('.');
    const path = inner.length > 0 ? [outer, inner.join('.')] : [outer];
    context.addIssue({ code: 'custom', path, message: reason });
  }
}

const PAYPAL_ID = /^[A-Z0-9]{13}$/;

const PLACE = {
  place: z
    .enum(PLACES)
    .default('first')
    .meta({
      description:
        "Where it is put in the partner's order: `first` to be paid to instead of the others, `last` to be used where none of the others can be",
      examples: ['first'],
    }),
};

const BankInstrument = z
  .strictObject({
    method: z.literal('bank').meta({ description: 'A bank transfer' }),
    holder: Name.meta({
      description: 'The owner of the account, as the bank writes the name',
      examples: ['Paula Partner'],
    }),
    currency: Currency,
    country: Country.meta({
      description: 'The country of the bank: an ISO 3166-1 code of two letters',
      examples: ['DE'],
    }),
    details: BankDetails,
    ...PLACE,
  })
  .superRefine(refuseWrong)
  .openapi('BankInstrument', { description: 'A bank account, which receives money in its own currency' });

const PayPalInstrument = z
  .strictObject({
    method: z.literal('paypal').meta({ description: 'A payment by PayPal' }),
    receiver: z
      .union([z.string().regex(PAYPAL_ID), Email.max(127)], 'is neither an e-mail address nor a PayPal account number')
      .meta({
        description: 'The e-mail address of the PayPal account, or its account number of 13 capital letters and digits',
        examples: ['paula@example.com'],
      }),
    ...PLACE,
  })
  .openapi('PayPalInstrument', { description: 'A PayPal account' });

const CheckInstrument = z
  .strictObject({
    method: z.literal('check').meta({ description: 'A paper check' }),
    payee: Name.max(40).meta({ description: 'The name that the check is made out to', examples: ['Paula Partner'] }),
    address: PostalAddress.openapi({ description: 'The address to which the check is mailed' }),
    ...PLACE,
  })
  .superRefine(refuseWrong)
  .openapi('CheckInstrument', { description: 'A name and a postal address, for a check' });

/** The destination that a partner wants to be paid to, with the fields that its gateway will ask for. */
export const NewInstrumentBody = z
  .discriminatedUnion('method', [BankInstrument, PayPalInstrument, CheckInstrument])
  .openapi('NewInstrument', {
    description: 'The destination of payments to a partner: a bank account, a PayPal account or an address for checks',
  });

/** The destination alone, without the place of the instrument in the order. */
export const destinationOf = ({ place: _place, ...destination }: z.output<typeof NewInstrumentBody>): Destination =>
  destination;
