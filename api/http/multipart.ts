import { Failure, refused } from '../../domain/errors.ts';

/** One part of a form as it arrives. Its content is read once, before the next part. */
export type Part = { name: string; fileName: string | null; content: AsyncIterable<Buffer> };

const HEADER_BYTES_MAX = 8 * 1024;
const NEW_LINE = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');

const malformed = (reason: string): Failure => new Failure('invalid_input', `Nothing was done: the form ${reason}.`);

/**
 * Reads a multipart/form-data body (RFC 7578) part by part, and never holds a whole part: Request.formData would hold a file
 * of any size in memory.
 */
export async function* readParts(contentType: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  const boundary = boundaryOf(contentType);
  const readUntil = createScanner(withLastLine(body));
  await drain(readUntil(boundary));
  while ((await collect(readUntil(NEW_LINE), HEADER_BYTES_MAX)) === '') {
    const header = await collect(readUntil(BLANK_LINE), HEADER_BYTES_MAX);
    const content = readUntil(boundary);
    yield { ...disposition(header), content };
    await drain(content);
  }
}

/** The text after the last boundary may end without a line break. */
async function* withLastLine(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
  yield NEW_LINE;
}

function boundaryOf(contentType: string): Buffer {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (!boundary) throw malformed('names no boundary in its Content-Type');
  return Buffer.from(`\r\n--${boundary}`);
}

function disposition(header: string): { name: string; fileName: string | null } {
  const line = /^content-disposition:\s*form-data(.*)$/im.exec(header)?.[1];
  const name = line && /;\s*name="([^"\r\n]{1,200})"/i.exec(line)?.[1];
  if (!name) throw malformed('has a part without a name');
  if (CONTROL.test(name)) throw malformed('has a part whose name has control characters');
  const fileName = /;\s*filename="([^"\r\n]{0,300})"/i.exec(line)?.[1] ?? null;
  if (fileName !== null && CONTROL.test(fileName)) throw refused(name, 'has a file name with control characters');
  return { name, fileName };
}

const CONTROL = /\p{Cc}/u;

/** Cuts a stream at delimiters: each call yields the bytes before the next delimiter, and removes the delimiter. */
function createScanner(body: AsyncIterable<Uint8Array>) {
  const chunks = body[Symbol.asyncIterator]();
  let held: Buffer = NEW_LINE; // so that the first boundary follows a line break, as all others do
  return async function* readUntil(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const end = held.indexOf(delimiter);
      const piece = held.subarray(0, end >= 0 ? end : Math.max(held.length - delimiter.length + 1, 0));
      held = held.subarray(piece.length + (end >= 0 ? delimiter.length : 0));
      if (piece.length > 0) yield piece;
      if (end >= 0) return;
      const next = await chunks.next();
      if (next.done) throw malformed('ends in the middle of a part');
      held = Buffer.concat([held, next.value]);
    }
  };
}

async function drain(content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of content);
}

/** The text of a short part; throws Failure `invalid_input` if it is too long. */
export async function collect(content: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > bytesMax) throw malformed(`has a part of more than ${bytesMax} bytes where no file is expected`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
