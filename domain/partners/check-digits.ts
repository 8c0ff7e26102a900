import { isValidBIC, isValidIBAN } from 'ibantools';

import { isRoutingNumber } from '../payers/routing-number.ts';

/**
 * The numbers that carry their own check digits, so that a typing error is found before a payment: ISO 13616 (IBAN), ISO 9362 (SWIFT
 * code), the American Bankers Association's routing numbers, Mexico's CLABE, Brazil's CPF and CNPJ, Argentina's CBU and CUIT, Chile's
 * RUT, and Poland's NRB, which is an IBAN without its country.
 */

const digitsOf = (text: string): number[] => Array.from(text, Number);

/** The sum of each digit times its weight. The weights repeat. */
const weigh = (digits: readonly number[], weights: readonly number[]): number =>
  digits.reduce((sum, digit, index) => sum + digit * (weights[index % weights.length] ?? 0), 0);

const CLABE_WEIGHTS = [3, 7, 1];
/** The last of 18 digits completes the weighted sum of the others, each cut to its last digit, to a multiple of ten. */
function isClabe(text: string): boolean {
  if (!/^\d{18}$/.test(text)) return false;
  const digits = digitsOf(text);
  const sum = digits
    .slice(0, 17)
    .reduce((total, digit, index) => total + ((digit * (CLABE_WEIGHTS[index % 3] ?? 0)) % 10), 0);
  return (10 - (sum % 10)) % 10 === digits[17];
}

/** Brazil's check digit: eleven minus the rest of the weighted sum, and 0 where that has two digits. */
const brazilianDigit = (values: readonly number[], weights: readonly number[]): number => {
  const rest = weigh(values, weights) % 11;
  return rest < 2 ? 0 : 11 - rest;
};
const fallingFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first - index);

function isCpf(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || /^(\d)\1*$/.test(digits)) return false;
  const values = digitsOf(digits);
  const [first, second] = [9, 10].map((count) => brazilianDigit(values.slice(0, count), fallingFrom(count + 1, count)));
  return first === values[9] && second === values[10];
}

const CNPJ_WEIGHTS = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
/** Since July 2026 a CNPJ may hold letters. A letter counts as its character code minus that of `0`. */
function isCnpj(text: string): boolean {
  if (!/^[0-9A-Z]{12}\d{2}$/.test(text) || /^(.)\1*$/.test(text)) return false;
  const values = Array.from(text, (character) => character.charCodeAt(0) - 48);
  const first = brazilianDigit(values.slice(0, 12), CNPJ_WEIGHTS.slice(1));
  const second = brazilianDigit(values.slice(0, 13), CNPJ_WEIGHTS);
  return first === values[12] && second === values[13];
}

/** A Brazilian tax number, of a person or a company. Dots, hyphens and slashes do not count. */
function isBrazilianTaxNumber(text: string): boolean {
  const bare = text.toUpperCase().replaceAll(/[.\-/ ]/g, '');
  return isCpf(bare) || isCnpj(bare);
}

/** A block of a CBU ends with the digit that completes its weighted sum, counted from the right, to a multiple of ten. */
function isCbuBlock(block: string): boolean {
  const digits = digitsOf(block).toReversed();
  return (10 - (weigh(digits.slice(1), [3, 1, 7, 9]) % 10)) % 10 === digits[0];
}
const isCbu = (text: string): boolean =>
  /^\d{22}$/.test(text) && isCbuBlock(text.slice(0, 8)) && isCbuBlock(text.slice(8));

function isCuit(text: string): boolean {
  const bare = text.replaceAll('-', '');
  if (!/^\d{11}$/.test(bare)) return false;
  const digits = digitsOf(bare);
  return (11 - (weigh(digits.slice(0, 10), [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digits[10];
}

function isRut(text: string): boolean {
  const bare = text.toUpperCase().replaceAll(/[.-]/g, '');
  if (!/^\d{7,8}[\dK]$/.test(bare)) return false;
  const rest = (11 - (weigh(digitsOf(bare.slice(0, -1)).toReversed(), [2, 3, 4, 5, 6, 7]) % 11)) % 11;
  return bare.endsWith(rest === 10 ? 'K' : String(rest));
}

/** Each kind of number that has check digits: whether a text is one, and the reason against a text that is not. */
export const CHECK_DIGITS = {
  iban: { passes: (text: string) => isValidIBAN(text), reason: 'is not a valid IBAN' },
  bic: { passes: (text: string) => isValidBIC(text), reason: 'is not a valid SWIFT code' },
  aba: { passes: isRoutingNumber, reason: 'is not a valid routing number' },
  clabe: { passes: isClabe, reason: 'is not a valid CLABE' },
  brazilianTaxNumber: { passes: isBrazilianTaxNumber, reason: 'is not a valid CPF or CNPJ' },
  cbu: { passes: isCbu, reason: 'is not a valid CBU' },
  cuit: { passes: isCuit, reason: 'is not a valid CUIT or CUIL' },
  rut: { passes: isRut, reason: 'is not a valid RUT' },
  nrb: { passes: (text: string) => isValidIBAN(`PL${text}`), reason: 'is not a valid Polish account number' },
} as const satisfies Record<string, { passes: (text: string) => boolean; reason: string }>;
export type CheckDigits = keyof typeof CHECK_DIGITS;
