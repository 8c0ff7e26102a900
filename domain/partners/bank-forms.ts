import type { CurrencyCode } from '../currency.ts';
import {
  accountDigits,
  accountNumber,
  accountType,
  bankCode,
  branchCode,
  digitField,
  field,
  iban,
  legalType,
  ownerAddress,
  phoneNumber,
  swiftCode,
} from './bank-fields.ts';
import { ADDRESS_CURRENCIES, IBAN_CURRENCIES } from './form-currencies.ts';
import type { FormField } from './form-field.ts';

/** A form for one kind of bank account, under the name that Wise gives it. */
export type BankForm = {
  readonly type: string;
  readonly title: string;
  /** The currencies of the accounts that it is for; null for any. */
  readonly currencies: readonly CurrencyCode[] | null;
  /** The country of the bank; null for any. */
  readonly country: string | null;
  readonly fields: readonly FormField[];
};

const form = (
  type: string,
  title: string,
  currencies: readonly CurrencyCode[] | null,
  country: string | null,
  fields: readonly FormField[],
): BankForm => ({ type, title, currencies, country, fields });

const aba = (help: string): readonly FormField[] => [
  digitField({ name: 'abartn', label: 'Routing number', help, checkDigits: 'aba', example: '122100024' }, 9),
  accountDigits('12345678', 4, 17),
  accountType(),
];

/**
 * The forms of Wise for bank accounts: the required details of each recipient type as Wise publishes them (docs.wise.com, create a
 * recipient account, and the pages of the recipient types before them). The lengths and check digits are those of the countries' own
 * standards. Wise lists banks and branches only through its API, so their codes are checked by their shape.
 */
export const BANK_FORMS: readonly BankForm[] = [
  form('iban', 'Account with an IBAN', IBAN_CURRENCIES, null, [iban('DE89370400440532013000')]),
  form('aba', 'US account, by ACH', ['USD'], 'US', aba('The ACH routing number (ABA), nine digits')),
  form('fedwire_local', 'US account, by wire', ['USD'], 'US', aba('The wire routing number (ABA), nine digits')),
  form('sort_code', 'UK account', ['GBP'], 'GB', [
    digitField({ name: 'sortCode', label: 'Sort code', help: 'The sort code, six digits', example: '231470' }, 6),
    accountDigits('28821822', 8, 8),
  ]),
  form('canadian', 'Canadian account', ['CAD'], 'CA', [
    digitField(
      {
        name: 'institutionNumber',
        label: 'Institution number',
        help: 'The number of the bank, three digits',
        example: '006',
      },
      3,
    ),
    digitField(
      {
        name: 'transitNumber',
        label: 'Transit number',
        help: 'The number of the branch, five digits',
        example: '04841',
      },
      5,
    ),
    accountDigits('3456712', 7, 12),
    accountType(),
  ]),
  form('australian', 'Australian account', ['AUD'], 'AU', [
    digitField({ name: 'bsbCode', label: 'BSB code', help: 'The BSB code, six digits', example: '023604' }, 6),
    accountDigits('123456789', 4, 9),
  ]),
  form('indian', 'Indian account', ['INR'], 'IN', [
    field({
      name: 'ifscCode',
      label: 'IFSC code',
      help: 'The IFSC code of the branch, 11 letters and digits',
      separators: ' ',
      pattern: { expression: '^[A-Z]{4}0[A-Z0-9]{6}$', words: 'four letters, a zero, and six letters or digits' },
      example: 'YESB0236041',
    }),
    accountNumber('678911234567891', 5, 20),
  ]),
  form('brazil', 'Brazilian account', ['BRL'], 'BR', [
    digitField(
      { name: 'bankCode', label: 'Bank code', help: 'The number of the bank, three digits', example: '218' },
      3,
    ),
    field({
      name: 'branchCode',
      label: 'Branch (agência)',
      help: 'The number of the branch, with its check digit if it has one',
      pattern: { expression: '^\\d{1,5}(-?[0-9xX])?$', words: 'up to five digits, and a check digit' },
      example: '1234',
    }),
    field({
      name: 'accountNumber',
      label: 'Account number (conta)',
      help: 'The number of the account with its check digit',
      pattern: { expression: '^\\d{1,20}(-?[0-9xX])?$', words: 'digits, and a check digit' },
      example: '12345678-9',
    }),
    accountType(),
    field({
      name: 'cpf',
      label: 'CPF or CNPJ',
      help: "The owner's tax number, of a person or a company",
      pattern: { expression: '^[0-9A-Z./-]{11,18}$', words: 'a CPF such as 123.456.789-09 or a CNPJ' },
      checkDigits: 'brazilianTaxNumber',
      example: '123.456.789-09',
    }),
    phoneNumber('+55 21 5555 5555'),
  ]),
  form('mexican', 'Mexican account', ['MXN'], 'MX', [
    digitField(
      {
        name: 'clabe',
        label: 'CLABE',
        help: 'The CLABE, 18 digits',
        checkDigits: 'clabe',
        example: '032180000118359719',
      },
      18,
    ),
  ]),
  form('argentina', 'Argentine account', ['ARS'], 'AR', [
    field({
      name: 'taxId',
      label: 'CUIT or CUIL',
      help: "The owner's tax number",
      checkDigits: 'cuit',
      pattern: { expression: '^\\d{2}-?\\d{8}-?\\d$', words: 'eleven digits such as 20-34149938-1' },
      example: '20-34149938-1',
    }),
    digitField(
      {
        name: 'accountNumber',
        label: 'CBU',
        help: 'The CBU, 22 digits',
        checkDigits: 'cbu',
        example: '0110482420048200036238',
      },
      22,
    ),
  ]),
  form('chile', 'Chilean account', ['CLP'], 'CL', [
    bankCode('504'),
    accountDigits('12345678901234567890', 4, 20),
    field({
      name: 'rut',
      label: 'RUT',
      help: "The owner's tax number (Rol Único Tributario)",
      separators: '. ',
      pattern: { expression: '^\\d{7,8}-?[0-9K]$', words: 'a RUT such as 76.086.428-5' },
      checkDigits: 'rut',
      example: '76086428-5',
    }),
    accountType([{ value: 'CUENTA_VISTA', label: 'Cuenta vista' }]),
    phoneNumber('+56 33 555 5555'),
  ]),
  form('peru', 'Peruvian account', ['PEN'], 'PE', [
    bankCode('BCON'),
    accountDigits('12345678901234567890', 10, 20),
    accountType(),
    field({
      name: 'idDocumentType',
      label: 'Kind of identity document',
      help: "The kind of the owner's identity document",
      choices: ['DNI', 'RUC', 'C_EXT', 'PASSP'].map((value) => ({ value, label: value })),
      example: 'DNI',
    }),
    field({
      name: 'idDocumentNumber',
      label: 'Number of the identity document',
      help: "The number of the owner's identity document",
      lengthMax: 20,
      example: '09740475',
    }),
    phoneNumber('+51 987654321'),
  ]),
  form('emirates', 'UAE account', ['AED'], 'AE', [iban('AE070331234567890123456')]),
  form('israeli_local', 'Israeli account', ['ILS'], 'IL', [iban('IL620108000000099999999')]),
  form('turkish_earthport', 'Turkish account', ['TRY'], 'TR', [iban('TR330006100519786457841326')]),
  form('hungarian', 'Hungarian account', ['HUF'], 'HU', [
    field({
      name: 'accountNumber',
      label: 'Account number',
      help: 'The number of the account, 16 or 24 digits',
      pattern: { expression: '^\\d{8}-\\d{8}(-\\d{8})?$', words: 'two or three groups of eight digits with hyphens' },
      example: '12000000-12345678-00000000',
    }),
  ]),
  form('polish', 'Polish account', ['PLN'], 'PL', [
    digitField(
      {
        name: 'accountNumber',
        label: 'Account number (NRB)',
        help: 'The number of the account, 26 digits',
        checkDigits: 'nrb',
        example: '61109010140000071219812874',
      },
      26,
    ),
  ]),
  form('sweden_local', 'Swedish account', ['SEK'], 'SE', [
    digitField(
      { name: 'clearingNumber', label: 'Clearing number', help: 'The clearing number', example: '1234' },
      4,
      5,
    ),
    accountDigits('1234567', 6, 10),
  ]),
  form('bankgiro', 'Swedish Bankgiro', ['SEK'], 'SE', [
    field({
      name: 'bankgiroNumber',
      label: 'Bankgiro number',
      help: 'The Bankgiro number, seven or eight digits',
      pattern: { expression: '^\\d{3,4}-\\d{4}$', words: 'a number such as 1234-5678' },
      example: '1234-5678',
    }),
  ]),
  form('japanese', 'Japanese account', ['JPY'], 'JP', [
    digitField({ name: 'bankCode', label: 'Bank code', help: 'The code of the bank, four digits', example: '6470' }, 4),
    digitField(
      { name: 'branchCode', label: 'Branch code', help: 'The code of the branch, three digits', example: '100' },
      3,
    ),
    accountType([{ value: 'CURRENT', label: 'Current account' }]),
    accountDigits('1234567', 4, 7),
  ]),
  form('singapore', 'Singapore account', ['SGD'], 'SG', [bankCode('7418'), accountDigits('1238827822', 5, 17)]),
  form('hongkong', 'Hong Kong account', ['HKD'], 'HK', [bankCode('307'), accountNumber('005-231289-112', 6, 20)]),
  form('newzealand', 'New Zealand account', ['NZD'], 'NZ', [
    field({
      name: 'accountNumber',
      label: 'Account number',
      help: 'The bank, branch, account and suffix',
      pattern: { expression: '^\\d{2}-?\\d{4}-?\\d{7}-?\\d{2,3}$', words: 'a number such as 03-1587-0050000-00' },
      example: '03-1587-0050000-00',
    }),
  ]),
  form('southafrica', 'South African account', ['ZAR'], 'ZA', [
    swiftCode('ABSAZAJJ'),
    accountDigits('52312891', 7, 16),
  ]),
  form('malaysian', 'Malaysian account', ['MYR'], 'MY', [swiftCode('ABNAMYKL'), accountDigits('159012938613', 5, 17)]),
  form('indonesian', 'Indonesian account', ['IDR'], 'ID', [bankCode('610306'), accountDigits('6789112345678', 5, 20)]),
  form('philippines', 'Philippine account', ['PHP'], 'PH', [bankCode('AMA'), accountDigits('004412345678', 6, 17)]),
  form('thailand', 'Thai account', ['THB'], 'TH', [bankCode('002'), accountDigits('9517384260', 6, 15)]),
  form('vietname_earthport', 'Vietnamese account', ['VND'], 'VN', [
    swiftCode('ABBKVNVX'),
    branchCode('001'),
    accountNumber('1234567890', 4, 20),
  ]),
  form('bangladesh', 'Bangladeshi account', ['BDT'], 'BD', [
    bankCode('015'),
    branchCode('015270362'),
    accountNumber('5060011118', 5, 20),
  ]),
  form('nepal', 'Nepalese account', ['NPR'], 'NP', [bankCode('977056'), accountNumber('1234567890', 5, 24)]),
  form('srilanka', 'Sri Lankan account', ['LKR'], 'LK', [
    bankCode('7214'),
    branchCode('100'),
    accountDigits('5060011118', 5, 15),
  ]),
  form('egypt_local', 'Egyptian account', ['EGP'], 'EG', [bankCode('ECBAEGCA'), accountNumber('123456789', 5, 29)]),
  form('ghana', 'Ghanaian account', ['GHS'], 'GH', [bankCode('030100'), accountNumber('0011123456789', 8, 20)]),
  form('kenya_local', 'Kenyan account', ['KES'], 'KE', [bankCode('35'), accountNumber('0023183991919', 5, 20)]),
  form('morocco', 'Moroccan account', ['MAD'], 'MA', [
    bankCode('BCMAMAMC'),
    accountDigits('123456789012345678901234', 24, 24),
  ]),
  form('nigeria', 'Nigerian account', ['NGN'], 'NG', [bankCode('044'), accountDigits('0584412903', 10, 10)]),
  form('swift_code', 'Account that is reached by SWIFT', null, null, [
    swiftCode('DEUTDEFF'),
    accountNumber('1234567890', 4, 34),
  ]),
];

/** All fields of a form in one currency: who owns the account, the account, and the owner's address. */
export const fieldsOf = ({ fields }: BankForm, currency: CurrencyCode): readonly FormField[] => [
  legalType,
  ...fields,
  ...ownerAddress(ADDRESS_CURRENCIES.includes(currency)),
];
