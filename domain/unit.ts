import { type CurrencyCode, exponentOf, isCurrency } from './currency.ts';
import type { Language } from './language.ts';

/**
 * A unit of a program that is not money. The prefix decides how it is counted: points are whole, and credits have two decimals. Its
 * shape is never that of an ISO code, so nobody takes one for the other.
 */
export type PointsCode = `${'points' | 'credits'}-${string}`;

/** Whatever an incentive may earn in: a currency, or a unit of a program. */
export type UnitCode = CurrencyCode | PointsCode;

export const POINTS_PATTERN = /^(points|credits)-[a-z0-9][a-z0-9-]{0,39}$/;

export const isPoints = (text: unknown): text is PointsCode => typeof text === 'string' && POINTS_PATTERN.test(text);

export const isUnit = (text: unknown): text is UnitCode => isCurrency(text) || isPoints(text);

const CREDIT_DIGITS = 2;

/** How many digits a unit has after the decimal point: those of ISO 4217 for money, 0 for points, 2 for credits. */
export function digitsOf(unit: UnitCode): number {
  if (isCurrency(unit)) return exponentOf(unit);
  return unit.startsWith('credits-') ? CREDIT_DIGITS : 0;
}

/** The word for one and for many. */
const UNIT_WORDS = {
  en: { points: ['point', 'points'], credits: ['credit', 'credits'] },
  de: { points: ['Punkt', 'Punkte'], credits: ['Credit', 'Credits'] },
} as const satisfies Record<Language, object>;

/** Puts the word of a unit behind a decimal: `12.00 USD`, `120 points`, `1 point`. */
export function withUnit(decimal: string, unit: UnitCode, language: Language = 'en'): string {
  if (isCurrency(unit)) return `${decimal} ${unit}`;
  const [one, many] = UNIT_WORDS[language][unit.startsWith('credits-') ? 'credits' : 'points'];
  return `${decimal} ${/^[-−]?1([.,]0+)?$/.test(decimal) ? one : many}`;
}
