import { z } from 'zod';

/** The one who says a fact: a person, a file of a person, an event, or the ladder of a program. */
export const FACT_SOURCES = ['person', 'csv', 'event', 'ladder'] as const;
export type FactSource = (typeof FACT_SOURCES)[number];

export const FactKey = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'is not a key such as tier: small letters, digits and _')
  .meta({ description: 'The key of a fact', examples: ['tier'] });

export const FactValue = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'is not a value of 1 to 64 letters, digits and . _ : -')
  .meta({ description: 'The value of a fact', examples: ['gold'] });

/** A declared key. It has one value at a time or many. If it has allowed values, a fact has one of those. */
export type DeclaredKey = { readonly key: string; readonly many: boolean; readonly allowedValues: readonly string[] };

/** A fact as somebody says it. A fact that does not hold takes back what was said before about its days. */
export type SaidFact = { readonly key: string; readonly value: string | null; readonly holds: boolean };

export type WrongFact = { readonly field: 'key' | 'value'; readonly reason: string };

/** The reason why a fact cannot be recorded, or undefined. */
export function whyNotFact(fact: SaidFact, declared: DeclaredKey | undefined): WrongFact | undefined {
  if (!declared) return { field: 'key', reason: `${fact.key} is not declared` };
  const { many, allowedValues } = declared;
  if (fact.value === null)
    return fact.holds || many ? { field: 'value', reason: `is missing: name a value of ${fact.key}` } : undefined;
  if (!fact.holds && !many)
    return { field: 'value', reason: `is one too many: ${fact.key} has one value, which the fact takes back` };
  if (!fact.holds || allowedValues.length === 0 || allowedValues.includes(fact.value)) return undefined;
  return { field: 'value', reason: `${fact.value} is not a value of ${fact.key}: ${allowedValues.join(', ')}` };
}
