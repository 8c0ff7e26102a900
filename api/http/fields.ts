import { z } from '@hono/zod-openapi';

import { Code } from '../../domain/fields.ts';

/**
 * The fields of our answers. Each function gives a field its format, its unit and an example that means something; the
 * caller says what the field is. A date is local to a schedule's zone unless its description names another.
 */

const said = (description: string, example: unknown) => ({ description, examples: [example] });

export const text = (description: string, example: string) => z.string().meta(said(description, example));
export const code = (description: string, example: string) => Code.meta(said(description, example));

/** The id of one of our things: a UUID of version 7, unless the example shows another form. */
export const id = (description: string, example = '019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f') =>
  z.uuid().meta(said(description, example));

/** The number of a row, too large for a JSON number. */
export const rowNumber = (description: string, example: string) =>
  z
    .string()
    .regex(/^\d+$/)
    .meta(said(`${description}. A string of digits`, example));

export const at = (description: string, example = '2026-03-02T09:30:00.000Z') =>
  z.iso.datetime().meta(said(`${description}. An RFC 3339 instant in UTC`, example));

export const day = (description: string, example = '2026-03-01') =>
  z.iso.date().meta(said(`${description}. A local date`, example));

/** An amount, whose currency is the field `currency` of the same object; it may be below zero. */
export const amount = (description: string, example = '123.45') =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .meta(said(`${description}. A decimal string in major units of \`currency\``, example));

/** An amount whose currency is a field of another object, the owner. */
export const amountOf = (owner: string, description: string, example = '123.45') =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .meta(said(`${description}. A decimal string in major units of the currency of ${owner}`, example));

export const count = (description: string, example: number) => z.int().meta(said(description, example));

export const oneOf = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  description: string,
  example: Names[number],
) => z.enum(names).meta(said(description, example));

/**
 * A schema that has a name of its own, or null. The generator would write `.nullable()` into the named schema itself and
 * so change every field that uses it.
 */
export const orNull = <Schema extends z.ZodType>(schema: Schema, description: string) =>
  z.union([schema, z.null()]).meta({ description });

/** Facts that differ from case to case and are for people to read. */
export const facts = (description: string, example: Record<string, unknown>) =>
  z.record(z.string(), z.unknown()).meta(said(description, example));
