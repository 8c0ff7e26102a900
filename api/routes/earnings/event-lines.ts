import { createReadStream } from 'node:fs';

import { z } from '@hono/zod-openapi';

import { type LinesTaken, PROBLEMS_MAX, type SentLine } from '../../../commands/earnings/lines.ts';
import { Failure } from '../../../domain/errors.ts';
import { WireEvent } from '../../../domain/event.ts';
import { parseJson } from '../../http/body.ts';
import * as fields from '../../http/fields.ts';
import { LINE_CHARS_MAX, readLines } from '../../http/lines.ts';
import { refuseFields } from '../../http/router.ts';
import { warningFields, warningsBody } from './event-warnings.ts';

/** The media type of events that are sent as lines. */
export const LINES_TYPE = 'application/x-ndjson';

export const LinesBody = z
  .object({
    accepted: fields.count('The number of lines whose event or correction is new', 1180),
    replayed: fields.count('The number of lines that were already known', 15),
    superseded: fields.count('The number of lines of which a higher revision is known', 0),
    quarantined: fields.count('The number of lines that were already known with other content', 1),
    parked: fields.count('The number of lines that wait until their partner is added', 2),
    refused: fields.count('The number of lines that could not be taken in', 4),
    problems: z
      .array(
        z.object({
          line: fields.count('The number of the line, counted from 1', 17),
          field: fields.text('The field that is wrong; `line` if the whole line is', 'amount'),
          reason: fields.text('The reason against it', 'is needed for a sale'),
        }),
      )
      .max(PROBLEMS_MAX)
      .meta({ description: `The first ${PROBLEMS_MAX} problems of refused lines` }),
    ...warningFields,
  })
  .openapi('EventLineResults');

/** The lines of a file as events. */
export async function* eventsIn(path: string): AsyncGenerator<SentLine> {
  for await (const { line, text } of readLines(createReadStream(path, 'utf8'))) {
    if (text === null)
      yield { line, problems: [{ field: 'line', reason: `has more than ${LINE_CHARS_MAX} characters` }] };
    else yield { line, ...eventIn(text) };
  }
}

function eventIn(text: string): { wire: WireEvent } | { problems: { field: string; reason: string }[] } {
  try {
    const read = WireEvent.safeParse(parseJson(text, 'line'));
    if (read.success) return { wire: read.data };
    const { details } = refuseFields(read.error, (count) => `${count} cannot be accepted.`);
    return { problems: details.map(({ field, reason }) => ({ field: field === 'body' ? 'line' : field, reason })) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const problems = error.details.map(({ field, reason }) => ({ field, reason }));
    return { problems: problems.length > 0 ? problems : [{ field: 'line', reason: 'is not JSON in UTF-8' }] };
  }
}

export const linesBody = ({ counts, problems, warnings }: LinesTaken) => ({
  ...counts,
  problems: [...problems],
  ...warningsBody(warnings),
});
