import { createPgDriverFactory } from '@slonik/pg-driver';
import type { Connection } from 'pg';
import type { DriverFactory, DriverQueryResult } from 'slonik';

const COPY_IN = /^\s*(copy\s.*\sfrom\s+stdin)\s+\$1\s*$/is;

/**
 * Slonik's driver for pg, with one more kind of query: `copy … from stdin`, whose one value is the rows in PostgreSQL's text format. It
 * runs on the same connection as every other query of the transaction, so the same rights, time limits and errors hold.
 */
export const copyingDriver: DriverFactory = async (parameters) => {
  const driver = await createPgDriverFactory()(parameters);
  return {
    createClient: async () => {
      const client = await driver.createClient();
      return {
        ...client,
        query: (text, values, options) => {
          const copy = COPY_IN.exec(text)?.[1];
          const [rows] = values ?? [];
          if (copy === undefined || typeof rows !== 'string') return client.query(text, values, options);
          // The driver hands its first argument to pg's client. This also takes an object that speaks the protocol itself.
          return client.query(copyIn(copy, rows) as unknown as string);
        },
      };
    },
  };
};

/** The promise for which the driver waits, with the functions that pg's client calls while the query runs. */
type Submitted = Promise<DriverQueryResult> & {
  submit: (connection: Connection) => void;
  handleCopyInResponse: () => void;
  handleCommandComplete: (message: { text: string }) => void;
  handleReadyForQuery: () => void;
  handleError: (error: Error) => void;
};

/**
 * The sub-protocol COPY IN: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY. The rows follow the statement at
 * once, which spares a round trip. The server drops them if it refuses the statement, and what is left of them after an error.
 */
function copyIn(text: string, rows: string): Submitted {
  const { promise, resolve, reject } = Promise.withResolvers<DriverQueryResult>();
  let rowCount = 0;
  return Object.assign(promise, {
    submit: ({ stream }: Connection) => void stream.write(copyMessages(text, rows)),
    handleCopyInResponse: () => undefined,
    handleCommandComplete: (message: { text: string }) => (rowCount = Number(message.text.split(' ')[1])),
    handleReadyForQuery: () => resolve({ command: 'COPY', fields: [], rowCount, rows: [] }),
    handleError: reject,
  });
}

const LENGTH_BYTES = 4;
const HEADER_BYTES = 1 + LENGTH_BYTES;

/** The messages Query, CopyData with all rows, and CopyDone. */
function copyMessages(text: string, rows: string): Buffer {
  const messages = [
    { letter: 'Q', body: `${text}\0` },
    { letter: 'd', body: rows },
    { letter: 'c', body: '' },
  ].map(({ letter, body }) => ({ letter, body, bytes: Buffer.byteLength(body) }));
  const buffer = Buffer.allocUnsafe(messages.reduce((sum, { bytes }) => sum + HEADER_BYTES + bytes, 0));
  let at = 0;
  for (const { letter, body, bytes } of messages) {
    buffer.write(letter, at);
    buffer.writeInt32BE(LENGTH_BYTES + bytes, at + 1); // a length counts itself, but not the letter before it
    buffer.write(body, at + HEADER_BYTES);
    at += HEADER_BYTES + bytes;
  }
  return buffer;
}
