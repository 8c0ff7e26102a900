import type { Choice, FormField } from './form-field.ts';

/** The fields that the forms of several countries share. */

type FieldWish = Partial<FormField> & Pick<FormField, 'name' | 'label' | 'example'>;

/** A required field of 1 to 140 characters, unless the wish says otherwise. */
export const field = (wish: FieldWish): FormField => ({
  help: wish.label,
  isRequired: true,
  lengthMin: 1,
  lengthMax: 140,
  ...wish,
});

const digits = (min: number, max = min) => ({
  expression: `^\\d{${min === max ? min : `${min},${max}`}}$`,
  words: min === max ? `${min} digits` : `${min} to ${max} digits`,
});

/** A field of a fixed or bounded number of digits. Spaces and hyphens between them do not count. */
export const digitField = (wish: FieldWish, min: number, max = min): FormField =>
  field({ separators: ' -', pattern: digits(min, max), lengthMin: min, lengthMax: max, ...wish });

const LETTERS_AND_DIGITS = { expression: '^[A-Za-z0-9][A-Za-z0-9 -]*$', words: 'letters, digits, spaces and hyphens' };

export const accountNumber = (example: string, min = 1, max = 34): FormField =>
  field({
    name: 'accountNumber',
    label: 'Account number',
    help: 'The number of the account',
    pattern: LETTERS_AND_DIGITS,
    lengthMin: min,
    lengthMax: max,
    example,
  });

export const accountDigits = (example: string, min: number, max: number): FormField =>
  digitField({ name: 'accountNumber', label: 'Account number', help: 'The number of the account', example }, min, max);

/** Wise lists the codes of a country's banks. The list changes, so only the shape is checked. */
export const bankCode = (example: string, help = "The code of the bank in its country's list"): FormField =>
  field({ name: 'bankCode', label: 'Bank code', help, pattern: LETTERS_AND_DIGITS, lengthMax: 20, example });

export const branchCode = (example: string): FormField =>
  field({
    name: 'branchCode',
    label: 'Branch code',
    help: 'The code of the branch',
    pattern: LETTERS_AND_DIGITS,
    lengthMax: 20,
    example,
  });

export const swiftCode = (example: string): FormField =>
  field({
    name: 'swiftCode',
    label: 'SWIFT code (BIC)',
    help: 'The code of the bank, 8 or 11 letters and digits',
    separators: ' ',
    pattern: { expression: '^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$', words: '8 or 11 letters and digits' },
    checkDigits: 'bic',
    example,
  });

export const iban = (example: string): FormField =>
  field({
    name: 'IBAN',
    label: 'IBAN',
    help: 'The international account number; it begins with the letters of its country',
    separators: ' -',
    pattern: { expression: '^[A-Z]{2}[A-Z0-9]{13,32}$', words: 'two letters and 13 to 32 letters and digits' },
    lengthMax: 34,
    checkDigits: 'iban',
    example,
  });

const CHECKING_OR_SAVINGS: readonly Choice[] = [
  { value: 'CHECKING', label: 'Checking (current) account' },
  { value: 'SAVINGS', label: 'Savings account' },
];

export const accountType = (more: readonly Choice[] = []): FormField =>
  field({
    name: 'accountType',
    label: 'Account type',
    help: 'The kind of account',
    choices: [...CHECKING_OR_SAVINGS, ...more],
    example: 'CHECKING',
  });

export const phoneNumber = (example: string): FormField =>
  field({
    name: 'phoneNumber',
    label: 'Phone number',
    help: "The recipient's phone number with its country code",
    pattern: { expression: '^\\+?[0-9 ()-]{6,20}$', words: 'a phone number such as +55 21 5555 5555' },
    lengthMax: 22,
    example,
  });

export const legalType: FormField = field({
  name: 'legalType',
  label: 'Owner',
  help: 'Whether a person or a company owns the account',
  choices: [
    { value: 'PRIVATE', label: 'A person' },
    { value: 'BUSINESS', label: 'A company' },
  ],
  example: 'PRIVATE',
});

/** The countries for which Wise asks for the state of an address. */
const WITH_STATE = ['US', 'CA', 'BR', 'AU'];

/** The address of the account's owner. Where Wise does not need it, it may still be given. */
export const ownerAddress = (isRequired: boolean): readonly FormField[] => [
  field({
    name: 'address.country',
    label: 'Country',
    help: 'The country where the owner lives or is registered, as two letters',
    pattern: { expression: '^[A-Z]{2}$', words: 'a country code of two letters' },
    isRequired,
    example: 'US',
  }),
  field({
    name: 'address.state',
    label: 'State or province',
    help: 'The state or province of the owner; in the US and Canada its two letters',
    isRequired: false,
    requiredWhen: { field: 'address.country', values: WITH_STATE },
    example: 'IL',
  }),
  field({ name: 'address.city', label: 'City', help: 'The city of the owner', isRequired, example: 'Springfield' }),
  field({
    name: 'address.postCode',
    label: 'Postal code',
    help: 'The postal code of the owner',
    isRequired,
    lengthMax: 20,
    example: '62701',
  }),
  field({
    name: 'address.firstLine',
    label: 'Street and number',
    help: 'The street and the number of the owner',
    isRequired,
    example: '500 Main Street',
  }),
];
