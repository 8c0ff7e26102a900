import type { z } from 'zod';

import { Failure, type FailureDetail } from '../../../../domain/errors.ts';
import { parseJson } from '../../../http/body.ts';
import { refuseFields } from '../../../http/router.ts';
import { lineInMessage, lineOf, linesOf } from './json-lines.ts';

/** JSON as somebody types it into a form: what it says, or the objections to it, each with its line. */

export type Objection = FailureDetail & { readonly line: number | null };
export type JsonDraft<Said> =
  | { readonly said: Said; readonly objections?: undefined }
  | { readonly objections: readonly Objection[] };

/** Reads JSON by a schema. `name` is the field of the API that holds it. */
export function readJson<Said>(text: string, schema: z.ZodType<Said>, name: string): JsonDraft<Said> {
  try {
    const read = schema.safeParse(parseJson(text, name));
    if (read.success) return { said: read.data };
    return {
      objections: placed(
        text,
        refuseFields(read.error, (count) => count),
        name,
      ),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { cause, details, message } = error;
    if (details.length > 0) return { objections: placed(text, error, name) };
    const reason = cause instanceof Error ? cause.message : message;
    const said = reason.replace(/ \(line \d+ column \d+\)/, '');
    return { objections: [{ field: 'JSON', reason: `cannot be read: ${said}`, line: lineInMessage(reason) }] };
  }
}

/** The objections of a refusal, each with the line that it is about. */
export function placed(
  text: string,
  { details, message }: Pick<Failure, 'details' | 'message'>,
  name: string,
): Objection[] {
  const lines = linesOf(text);
  const all = details.length > 0 ? details : [{ field: name, reason: message }];
  return all.map(({ field, reason }) => {
    const path = field === name || field === 'body' ? '' : field.replace(`${name}.`, '');
    return { field: path === '' ? name : path, reason, line: lineOf(lines, path) };
  });
}

/** Reads JSON as `readJson` does. Throws Failure `invalid_input`, which names each line that cannot be accepted. */
export function demandJson<Said>(text: string, schema: z.ZodType<Said>, name: string): Said {
  const read = readJson(text, schema, name);
  if (read.objections) throw refusedLines(read.objections);
  return read.said;
}

export const refusedLines = (objections: readonly Objection[]): Failure =>
  new Failure('invalid_input', 'Nothing was done: a line cannot be accepted.', { details: listed(objections) });

/** The objections as a form lists them above its fields. */
const listed = (objections: readonly Objection[]): FailureDetail[] =>
  objections.map(({ field, reason, line }) => ({
    field: line === null ? field : `Line ${line}: ${field}`,
    reason,
  }));

/** The objections of the API to a form with one field of JSON: those to a place in its text, each with its line. */
export const onLines = (text: string, name: string, objections: readonly FailureDetail[]): FailureDetail[] =>
  objections.flatMap((one) =>
    one.field.startsWith(`${name}.`) ? listed(placed(text, { details: [one], message: '' }, name)) : [one],
  );
