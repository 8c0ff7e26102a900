import { defineReader } from '../message.ts';
import type { Objection } from '../partners/form-field.ts';
import { ENGLISH, type Voice } from '../voice.ts';
import { FAULTS_EN } from '../words/en/faults.ts';

const NUMBERS = ['accountNumber', 'IBAN', 'clabe', 'bankgiroNumber'];
const BANKS = [
  'abartn',
  'bankCode',
  'bsbCode',
  'clearingNumber',
  'ifscCode',
  'institutionNumber',
  'sortCode',
  'swiftCode',
];
const IDS = ['cpf', 'idDocumentNumber', 'rut', 'taxId'];
const inDetails = (...names: readonly string[]): string[] => names.map((name) => `details.${name}`);

type Said = Exclude<keyof typeof FAULTS_EN, 'fault.quoted' | 'fault.code'>;
type Fault = { readonly fields: readonly string[]; readonly says: Said };

const noAccount: Fault = { fields: ['receiver'], says: 'fault.receiver' };

/** The fields of our forms that a provider's code is about, whichever of them a form has, and what is wrong with them. */
const FAULTS: Readonly<Record<string, Fault>> = {
  ACCOUNT_CLOSED: { fields: inDetails(...NUMBERS), says: 'fault.closed' },
  WRONG_ACCOUNT_NUMBER: { fields: inDetails(...NUMBERS), says: 'fault.account' },
  WRONG_ACCOUNT_TYPE: { fields: inDetails('accountType'), says: 'fault.type' },
  WRONG_BANK_CODE: { fields: inDetails(...BANKS), says: 'fault.bank' },
  WRONG_BRANCH_CODE: { fields: inDetails('branchCode', 'transitNumber'), says: 'fault.branch' },
  WRONG_NAME: { fields: ['holder'], says: 'fault.name' },
  WRONG_PHONE_NUMBER: { fields: inDetails('phoneNumber'), says: 'fault.number' },
  WRONG_ID_NUMBER: { fields: inDetails(...IDS), says: 'fault.number' },
  INVALID_EMAIL: noAccount,
  RECEIVER_ACCOUNT_INVALID: noAccount,
  RECEIVER_UNREGISTERED: noAccount,
  RECEIVER_UNCONFIRMED: { fields: ['receiver'], says: 'fault.unconfirmed' },
};

/** The objections of a provider's reason to the fields of a form, by their names in a request. Empty where it is about none of them. */
export function objectionsByCode(reason: string, fields: readonly string[], voice = ENGLISH): Objection[] {
  const [code = ''] = reason.split(' at ');
  const fault = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
  return fault
    ? fields.filter((field) => fault.fields.includes(field)).map((field) => ({ field, reason: voice.say(fault.says) }))
    : [];
}

const readFault = defineReader(FAULTS_EN);

/** Says an objection again that was stored in English. */
export function faultAgain(stored: string, voice: Voice): string {
  const found = readFault(stored);
  return found ? voice.say(found.key, found.parameters as never) : stored;
}
