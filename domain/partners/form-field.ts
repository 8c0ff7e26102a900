import { CHECK_DIGITS, type CheckDigits } from './check-digits.ts';

export type Choice = { readonly value: string; readonly label: string };

/** One field of a form: pure data, so that the API, its document and pages show and check the same. */
export type FormField = {
  /** The provider's name for it. A field inside another one is written with a dot, such as `address.city`. */
  readonly name: string;
  /** The name that a person reads. */
  readonly label: string;
  readonly help: string;
  readonly isRequired: boolean;
  /** Where it is not always required: it is if another field has one of these values. */
  readonly requiredWhen?: { readonly field: string; readonly values: readonly string[] };
  readonly lengthMin: number;
  readonly lengthMax: number;
  /** A regular expression that the whole value matches, and what it allows in words. */
  readonly pattern?: { readonly expression: string; readonly words: string };
  readonly choices?: readonly Choice[];
  readonly checkDigits?: CheckDigits;
  /** The characters that people write only to group the others. They are removed. */
  readonly separators?: string;
  readonly example: string;
};

export type Objection = { readonly field: string; readonly reason: string };
export type FormValues = Readonly<Record<string, string>>;

/** Removes what people write only to group digits, and writes codes in capital letters. */
export const cleanField = ({ separators, pattern }: FormField, value: string): string => {
  const joined =
    separators === undefined
      ? value
      : Array.from(value)
          .filter((one) => !separators.includes(one))
          .join('');
  return pattern?.expression.includes('A-Z') && !pattern.expression.includes('a-z') ? joined.toUpperCase() : joined;
};

/** The reason why a value does not fit its field, or undefined. */
export function whyNotField(field: FormField, value: string): string | undefined {
  const { lengthMin, lengthMax, pattern, choices, checkDigits } = field;
  if (choices && !choices.some((choice) => choice.value === value))
    return `is not one of ${choices.map((choice) => choice.value).join(', ')}`;
  if (pattern && !new RegExp(pattern.expression).test(value)) return `is not ${pattern.words}`;
  if (value.length < lengthMin) return `has fewer than ${lengthMin} characters`;
  if (value.length > lengthMax) return `has more than ${lengthMax} characters`;
  if (checkDigits && !CHECK_DIGITS[checkDigits].passes(value)) return CHECK_DIGITS[checkDigits].reason;
  return undefined;
}

/** Whether a field must be there, given the others. */
export const isNeeded = ({ isRequired, requiredWhen }: FormField, values: FormValues): boolean =>
  isRequired || (requiredWhen !== undefined && requiredWhen.values.includes(values[requiredWhen.field] ?? ''));

/** Everything that is wrong with the values of a form: a field that it does not have, one that is missing, one that does not fit. */
export function whyNotFields(fields: readonly FormField[], values: FormValues): Objection[] {
  const known = new Map(fields.map((field) => [field.name, field]));
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  const wrong = fields.flatMap((field) => {
    const value = values[field.name];
    if (value === undefined)
      return isNeeded(field, values) ? [{ field: field.name, reason: `is required: ${field.help}` }] : [];
    const reason = whyNotField(field, value);
    return reason === undefined ? [] : [{ field: field.name, reason }];
  });
  return [...unknown.map((field) => ({ field, reason: 'is not a field of this form' })), ...wrong];
}
