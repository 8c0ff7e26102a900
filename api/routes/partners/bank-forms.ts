import { z } from 'zod';

/**
 * The forms in which a bank account can be named, as Wise asks for them. They describe what you should send.
 * Only Wise knows which further fields a route needs, so they are passed on unread.
 */

const Digits = (description: string, example: string) =>
  z
    .string()
    .regex(/^\d+$/)
    .meta({ description, examples: [example] });
const Text = (description: string, example: string) => z.string().meta({ description, examples: [example] });

const LegalType = z.enum(['PRIVATE', 'BUSINESS']).meta({
  description: 'Whether a person or a company owns the account',
  examples: ['PRIVATE'],
});
const AccountType = z.enum(['CHECKING', 'SAVINGS']).meta({
  description: 'The kind of account',
  examples: ['CHECKING'],
});
const AccountNumber = (example: string) => Digits('The number of the account', example);

/** One form: the kinds of account that it is for, and the fields that it needs. It may hold other fields that Wise asks for. */
const form = <Shape extends z.ZodRawShape>(id: string, description: string, shape: Shape) =>
  z
    .object({ ...shape, legalType: LegalType.optional() })
    .catchall(z.string())
    .meta({ id, description });

const ofType = <Type extends string>(type: Type) => z.literal(type).meta({ description: 'The form' });

const NAMED = [
  form('IbanDetails', 'An account with an IBAN: EUR, and many other currencies of Europe and the Middle East', {
    type: ofType('iban').optional(),
    IBAN: Text('The IBAN; spaces are removed', 'DE89370400440532013000'),
  }),
  form('UsAbaDetails', 'A US account: USD', {
    type: ofType('aba'),
    abartn: z
      .string()
      .regex(/^\d{9}$/)
      .meta({ description: 'The ABA routing number, nine digits', examples: ['122100024'] }),
    accountNumber: AccountNumber('12345678'),
    accountType: AccountType,
    'address.country': Text('The country of the owner: an ISO 3166-1 code of two letters', 'US').optional(),
    'address.state': Text('The US state of the owner, as two letters', 'IL').optional(),
    'address.city': Text('The city of the owner', 'Springfield').optional(),
    'address.postCode': Text('The postal code of the owner', '62701').optional(),
    'address.firstLine': Text('The street and number of the owner', '500 Main Street').optional(),
  }),
  form('UkSortCodeDetails', 'An account in the United Kingdom: GBP', {
    type: ofType('sort_code'),
    sortCode: Digits('The sort code, six digits', '231470'),
    accountNumber: AccountNumber('28821822'),
  }),
  form('CanadianDetails', 'A Canadian account: CAD', {
    type: ofType('canadian'),
    institutionNumber: Digits('The number of the bank, three digits', '006'),
    transitNumber: Digits('The number of the branch, five digits', '04841'),
    accountNumber: AccountNumber('3456712'),
    accountType: AccountType,
  }),
  form('AustralianDetails', 'An Australian account: AUD', {
    type: ofType('australian'),
    bsbCode: Digits('The BSB code, six digits', '023604'),
    accountNumber: AccountNumber('123456789'),
  }),
  form('IndianDetails', 'An Indian account: INR', {
    type: ofType('indian'),
    ifscCode: Text('The IFSC code of the branch', 'YESB0236041'),
    accountNumber: AccountNumber('678911234567891'),
  }),
  form('BrazilianDetails', 'A Brazilian account: BRL', {
    type: ofType('brazil'),
    bankCode: Digits('The number of the bank', '001'),
    branchCode: Digits('The number of the branch', '1234'),
    accountNumber: Text('The number of the account with its check digit', '12345-6'),
    accountType: Text('The kind of account, such as `checking`', 'checking'),
    cpf: Text("The owner's tax number", '12345678909').optional(),
  }),
  form('MexicanDetails', 'A Mexican account: MXN', {
    type: ofType('mexican'),
    clabe: Digits('The CLABE, 18 digits', '032180000118359719'),
  }),
  form('SwiftDetails', 'An account that is reached by SWIFT', {
    type: ofType('swift_code'),
    swiftCode: Text('The SWIFT code (BIC) of the bank', 'DEUTDEFF'),
    accountNumber: Text('The number of the account, or its IBAN', '1234567890'),
  }),
] as const;

const TYPES = ['iban', 'aba', 'sort_code', 'canadian', 'australian', 'indian', 'brazil', 'mexican', 'swift_code'];

const OtherDetails = z
  .object({
    type: z.string().meta({
      description: "The form, by Wise's name for it; each name above has its own form",
      examples: ['singapore'],
      not: { enum: TYPES },
    }),
  })
  .catchall(z.string())
  .meta({
    id: 'OtherBankDetails',
    description:
      "Any other form of Wise, field by field, with Wise's names; a nested field is written with a dot, such as `address.city`",
  });

export const BankForm = z.xor([...NAMED, OtherDetails]).meta({
  id: 'BankDetails',
  description: 'The fields of one form for bank accounts, by the `type` of the form',
});
