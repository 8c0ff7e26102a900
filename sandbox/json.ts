import { isLosslessNumber, parse } from 'lossless-json';

/** A body as the caller sent it, not validated yet. */
export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The text, or undefined if it is empty or not a text. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A number or text exactly as it was written, so that no amount ever becomes a float. */
export const writtenOf = (value: unknown): string | undefined =>
  isLosslessNumber(value) ? value.toString() : textOf(value);

/** Parses a body into an object and keeps numbers as they were written. Undefined if it is not an object. */
export function readObject(body: string): Json | undefined {
  try {
    const value = parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
