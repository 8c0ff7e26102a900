import type { PostalAddress } from '../fields.ts';
import type { Objection } from './form-field.ts';

/** The states, the federal district, the territories and the military "states" of the US Postal Service (Publication 28, appendix B). */
export const US_STATES: readonly string[] = (
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX ' +
  'UT VT VA WA WV WI WY DC AS FM GU MH MP PR PW VI AA AE AP'
).split(' ');

/** The provinces and territories of Canada Post. */
const CA_PROVINCES: readonly string[] = 'AB BC MB NB NL NS NT NU ON PE QC SK YT'.split(' ');

type PostalRule = { regions: readonly string[]; regionWords: string; code: RegExp; codeWords: string };

/** The countries whose regions and postal codes are checked. */
export const POSTAL_RULES: Readonly<Record<string, PostalRule>> = {
  US: {
    regions: US_STATES,
    regionWords: 'a US state of two letters, such as IL',
    code: /^\d{5}(-\d{4})?$/,
    codeWords: 'a ZIP code such as 62701 or 62701-1234',
  },
  CA: {
    regions: CA_PROVINCES,
    regionWords: 'a Canadian province of two letters, such as ON',
    code: /^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d$/,
    codeWords: 'a Canadian postal code such as K1A 0B1',
  },
};

/** The street that fits on the mail of every check printer: Lob takes 50 characters for both lines together. */
const STREET_LENGTH_MAX = 50;

type Place = { country: string; region: string | undefined; postalCode: string | undefined };

/** The reasons against a region and a postal code of a country, under the names that the form gives them. */
export function whyNotPlace(
  { country, region, postalCode }: Place,
  names: { region: string; postalCode: string },
): Objection[] {
  const rule = Object.hasOwn(POSTAL_RULES, country) ? POSTAL_RULES[country] : undefined;
  if (!rule) return [];
  const { regions, regionWords, code, codeWords } = rule;
  return [
    ...(region !== undefined && !regions.includes(region)
      ? [{ field: names.region, reason: `is not ${regionWords}` }]
      : []),
    ...(postalCode !== undefined && !code.test(postalCode)
      ? [{ field: names.postalCode, reason: `is not ${codeWords}` }]
      : []),
  ];
}

/** The reasons why mail would not reach an address, or why no check printer could print it. */
export function whyNotAddress(address: PostalAddress): Objection[] {
  const { line1, line2 = '', country, region, postalCode } = address;
  const isTooLong = line1.length + line2.length > STREET_LENGTH_MAX;
  return [
    ...(isTooLong
      ? [{ field: 'line1', reason: `and line2 have more than ${STREET_LENGTH_MAX} characters together` }]
      : []),
    ...whyNotPlace({ country, region, postalCode }, { region: 'region', postalCode: 'postalCode' }),
  ];
}
