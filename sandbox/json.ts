import { isLosslessNumber, parse } from 'lossless-json';

/** What a caller sent, before anybody believed it. */
export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A text that is not empty, or undefined. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A number or text as it was written, so that no amount ever passes through a float. */
export const writtenOf = (value: unknown): string | undefined =>
  isLosslessNumber(value) ? value.toString() : textOf(value);

/** Parses a body into an object, numbers kept as written; undefined when it is none. */
export function readObject(body: string): Json | undefined {
  try {
    const value = parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
