import type { WiseRequirements } from './client.ts';
import type { WiseRequest } from './request.ts';

/** Wise takes this answer with the quote, because it changes the price. It takes all others with the transfer. */
const OF_QUOTE = 'transferNature';

/** The facts that a quote carries besides its amounts. Null if the route needs none. */
export const quoteMetadata = ({ transferFields }: WiseRequest): Record<string, string> | null =>
  transferFields[OF_QUOTE] === undefined ? null : { [OF_QUOTE]: transferFields[OF_QUOTE] };

/** The details of a transfer: the reference, and the payer's answers to what Wise asks about it. */
export const transferDetails = ({ reference, transferFields }: WiseRequest): Record<string, string> => {
  const { [OF_QUOTE]: _, ...answers } = transferFields;
  return { ...answers, reference };
};

/** Says what Wise's form for a route would not accept, by the names of its fields. Null if it accepts everything. An answer is never cut. */
export function whyNotAccepted(forms: WiseRequirements, request: WiseRequest): string | null {
  const answers: Readonly<Record<string, string>> = { ...request.transferFields, reference: request.reference };
  const fields = forms.flatMap((form) => form.fields.flatMap(({ group }) => group));
  const missing = fields.filter(({ key, required }) => required && !answers[key]).map(({ key }) => key);
  if (missing.length > 0) return `Wise requires ${[...new Set(missing)].join(', ')} for this payment`;
  for (const { key, maxLength, valuesAllowed } of fields) {
    const answer = answers[key];
    if (answer === undefined) continue;
    if (maxLength && answer.length > Number(maxLength)) return `${key} has more than ${maxLength} characters`;
    if (valuesAllowed?.length && !valuesAllowed.some((allowed) => allowed.key === answer))
      return `${key} is not one of the values that Wise allows`;
  }
  return null;
}
