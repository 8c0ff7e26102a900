import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TextDecoder } from 'node:util';

import type { Context, MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';

import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { type Failure, refused } from '../../domain/errors.ts';
import type { ApiEnv, Upload } from './deps.ts';
import { collect, type Part, readParts } from './multipart.ts';

/** The paths that take large files. Every other body is small. */
export const UPLOAD_PATHS: readonly string[] = ['/v1/imports', '/v1/imports/preview', '/v1/rates/import'];

/** The paths that take a small file, within the limit of other bodies. */
export const TABLE_PATHS = [
  '/v1/partners/import',
  '/v1/facts/import',
  '/v1/quotas/import',
  '/v1/corrections/import',
] as const;

/** The largest form with files that may be long. */
export const FILES_BYTES_MAX = 1024 * 1024 * 1024;
/** The largest form with a small file. A thousand events fit in it. */
export const BODY_BYTES_MAX = 2 * 1024 * 1024;
const PARTS_MAX = 5;
const FIELD_BYTES_MAX = 256 * 1024;

/**
 * Writes the files of a form to disk, so that a file that does not fit in memory can be hashed, claimed and then read. A file
 * that is not UTF-8 is refused at once. The files are removed when the request is answered.
 */
export const receiveUpload =
  (bytesMax: number): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const contentType = c.req.header('content-type') ?? '';
    if (c.req.method !== 'POST') return next();
    if (!contentType.toLowerCase().startsWith('multipart/form-data'))
      throw new HTTPException(415, { message: 'Send the files as multipart/form-data. Nothing was done.' });
    const folder = await mkdtemp(join(tmpdir(), 'bursar-upload-'));
    try {
      const upload = await receive(folder, readParts(contentType, limited(c.req.raw, bytesMax)));
      c.set('upload', upload);
      c.set('requestHash', hashOf(upload));
      return await next();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

export const LINES_PATH = '/v1/events';
const LINES_TYPE = /^application\/x-ndjson(;|$)/i;

/** Whether a request sends events as lines, which are written to disk as files are. */
export const sendsLines = ({ req }: Context): boolean =>
  req.method === 'POST' && req.path === LINES_PATH && LINES_TYPE.test(req.header('content-type') ?? '');

/** Writes a body of lines to disk, as `receiveUpload` writes files. */
export const receiveLines =
  (bytesMax: number): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    if (!sendsLines(c)) return next();
    const folder = await mkdtemp(join(tmpdir(), 'bursar-lines-'));
    try {
      const pieces = async function* () {
        for await (const piece of limited(c.req.raw, bytesMax)) yield Buffer.from(piece);
      };
      const lines = await save(join(folder, 'lines'), { name: 'body', fileName: 'body', content: pieces() });
      c.set('lines', lines);
      c.set('requestHash', Buffer.from(lines.sha256, 'hex'));
      return await next();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

/** The pieces of a body as they arrive. Throws where it says that it has too many bytes, or turns out to have. */
async function* limited({ headers, body }: Request, bytesMax: number): AsyncGenerator<Uint8Array> {
  if (Number(headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    yield piece;
  }
}

export const tooLarge = (bytesMax: number): HTTPException =>
  new HTTPException(413, { message: `The body is larger than ${bytesMax} bytes. Nothing was done.` });

async function receive(folder: string, parts: AsyncIterable<Part>): Promise<Upload> {
  const upload: Upload = { fields: new Map(), files: new Map() };
  for await (const { name, fileName, content } of parts) {
    const { fields, files } = upload;
    if (fields.has(name) || files.has(name)) throw refused(name, 'is in the form twice');
    if (fields.size + files.size >= PARTS_MAX)
      throw refused(name, `is one too many: a form has at most ${PARTS_MAX} parts`);
    if (fileName === null) fields.set(name, await collect(checkText(name, content), FIELD_BYTES_MAX));
    else files.set(name, await save(join(folder, String(files.size)), { name, fileName, content }));
  }
  return upload;
}

async function save(
  path: string,
  { name, fileName, content }: { name: string; fileName: string; content: Part['content'] },
) {
  const hash = createHash('sha256');
  await pipeline(
    checkText(name, content),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        hash.update(piece);
        yield piece;
      }
    },
    createWriteStream(path),
  );
  return { path, fileName, sha256: hash.digest('hex') };
}

/** Passes on UTF-8 without NUL, refuses anything else, and names the line where it is. */
async function* checkText(name: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for await (const piece of content) {
    if (isFirst && WORKBOOKS.some((start) => piece.subarray(0, start.length).equals(start)))
      throw refused(name, 'is an Excel workbook: save it as CSV in UTF-8 and send that file');
    isFirst = false;
    const text = decode(decoder, piece);
    if (text === undefined)
      throw notUtf8(
        name,
        line +
          Math.max(
            linesOf(piece).findIndex((bytes) => !isUtf8(bytes)),
            0,
          ),
      );
    const lines = text.split('\n');
    const withNul = lines.findIndex((one) => one.includes('\0'));
    if (withNul >= 0) throw refused(name, `has a NUL on line ${line + withNul}`);
    line += lines.length - 1;
    yield piece;
  }
  if (decode(decoder) === undefined) throw notUtf8(name, line);
}

/** The first bytes of `.xlsx`, which is a ZIP archive, and of `.xls`. */
const WORKBOOKS = ['504b0304', 'd0cf11e0a1b11ae1'].map((hex) => Buffer.from(hex, 'hex'));

/** Decodes the next piece, or the rest if there is no next piece; undefined if it is not UTF-8. */
function decode(decoder: TextDecoder, piece?: Buffer): string | undefined {
  try {
    return decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    return undefined;
  }
}

const linesOf = (piece: Buffer): Buffer[] =>
  piece
    .toString('latin1')
    .split('\n')
    .map((text) => Buffer.from(text, 'latin1'));

const notUtf8 = (name: string, line: number): Failure =>
  refused(name, `is not UTF-8 on line ${line}: save it as UTF-8 and send it again`);

/** The hash of the form's content, without its boundaries. */
const hashOf = ({ fields, files }: Upload): Uint8Array =>
  sha256(
    canonicalJson({
      fields: Object.fromEntries(fields),
      files: Object.fromEntries([...files].map(([name, { fileName, sha256: hash }]) => [name, { fileName, hash }])),
    }),
  );
