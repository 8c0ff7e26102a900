import { drawChecks } from './printed-check/check-pdf.ts';
import { thawCheck } from './printed-check/request.ts';

/** Draws printed checks from their frozen requests, one on each page, for the person who prints and mails them. Null if there is none. */
export async function drawFrozenChecks(requests: readonly Uint8Array[]): Promise<Buffer | null> {
  const [first, ...others] = requests.map(thawCheck);
  return first ? drawChecks([first, ...others]) : null;
}
