import { randomUUID } from 'node:crypto';

import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { LosslessNumber, stringify } from 'lossless-json';

import { isoExponent, toDecimal } from '../decimals.ts';
import { type Json, readObject } from '../json.ts';

/** Answers with numbers exactly as the books contain them. */
export const answer = (c: Context, value: unknown, status: ContentfulStatusCode = 200): Response =>
  c.body(stringify(value) ?? '', status, { 'content-type': 'application/json', 'x-trace-id': randomUUID() });

/** A decimal as a JSON number, digit for digit. */
export const exact = (decimal: string) => new LosslessNumber(decimal);
export const exactMinor = (minor: bigint, currency: string) => exact(toDecimal(minor, isoExponent(currency)));

export const bodyOf = async (c: Context): Promise<Json> => readObject(await c.req.text()) ?? {};

type Complaint = { code: string; message: string; path?: string; arguments?: string[] };

/** Wise's body for refused input. Codes repeat, so the path is part of the reason. */
export const complaint = (...first: Parameters<typeof grievance>) => ({ errors: [grievance(...first)] });

/** One error of such a body. `arguments` repeat the path and the value that was refused. */
export const grievance = (code: string, message: string, path = '', values: string[] = []): Complaint => ({
  code,
  message,
  path,
  arguments: [path, ...values],
});

const REFUSALS = {
  401: { error: 'invalid_token', error_description: 'Invalid token' },
  403: complaint('403', 'You are forbidden to send this request'),
  429: complaint('too.many.requests', 'Rate limit reached'),
  500: { timestamp: '', status: 500, error: 'Internal Server Error', exception: '', message: 'No message', path: '' },
};

export const refuse = (status: keyof typeof REFUSALS) => REFUSALS[status];
