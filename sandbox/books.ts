import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { type ExponentOf, minorOf, toDecimal } from './decimals.ts';

/** More than any test or demo spends, in major units of each currency. */
const OPENING_BALANCE = '1000000000';
const NEWLINE = 10;

export type Kind = 'paid' | 'returned' | 'fee';

/** One movement on our balance with a provider. `key` is the caller's idempotency key, and `reference` is the provider's reference. */
export type Movement = {
  n: number;
  provider: string;
  key: string;
  reference: string;
  kind: Kind;
  currency: string;
  amount: string;
  balance: string;
  at: string;
};

type Row = { id: string };

/** Rows by id. A change names only the new values. Null clears a value; undefined is never used. */
export type Table<T extends Row> = {
  get: (id: string) => T | undefined;
  all: () => Iterable<T>;
  put: (row: T) => T;
  change: (id: string, changes: Partial<T>) => T;
};

type Op = [table: string, id: string, changes: object];
type Rows = Map<string, Row>;

export type Books = Awaited<ReturnType<typeof openBooks>>;

/** Reads every complete line. A last line without an end was interrupted by a kill and never answered, so it is cut off. */
async function replay(file: string, apply: (op: Op) => void) {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end < bytes.length) await truncate(file, end);
  for (let from = 0; from < end;) {
    const to = bytes.indexOf(NEWLINE, from);
    for (const op of JSON.parse(bytes.toString('utf8', from, to)) as Op[]) apply(op);
    from = to + 1;
  }
}

/** An append-only file. Everything written in the same turn is one line and one fsync, so it is stored completely or not at all. */
async function openLog(file: string) {
  const handle = await open(file, 'a');
  let group: Op[] = [];
  let onDisk: Promise<void> = Promise.resolve();

  async function persist() {
    await setImmediate(); // requests that arrived together share the fsync
    const line = JSON.stringify(group);
    group = [];
    await handle.appendFile(`${line}\n`);
    await handle.datasync();
  }

  return {
    write(op: Op) {
      if (group.length === 0) onDisk = onDisk.then(persist);
      group.push(op);
    },
    /** Resolves when everything written before the call is on disk. */
    flushed: () => onDisk,
    close: async () => {
      await onDisk;
      await handle.close();
    },
  };
}

/** A provider's own store and its record of our money. Everything in it survives a kill. */
export async function openBooks(options: { file: string; provider: string; exponentOf: ExponentOf }) {
  const { file, provider, exponentOf } = options;
  const tables = new Map<string, Rows>();
  const movements: Movement[] = [];
  const balances = new Map<string, bigint>();

  function rowsOf(name: string): Rows {
    const rows = tables.get(name) ?? new Map<string, Row>();
    tables.set(name, rows);
    return rows;
  }

  const balance = (currency: string) => balances.get(currency) ?? minorOf(OPENING_BALANCE, exponentOf(currency));

  function apply([name, id, changes]: Op) {
    if (name === 'movement') {
      const movement = changes as Movement;
      movements.push(movement);
      balances.set(movement.currency, minorOf(movement.balance, exponentOf(movement.currency)));
    } else if (name === 'funds') {
      balances.set(id, minorOf((changes as { balance: string }).balance, exponentOf(id)));
    } else {
      const rows = rowsOf(name);
      rows.set(id, { ...rows.get(id), ...changes, id });
    }
  }

  await mkdir(dirname(file), { recursive: true });
  await replay(file, apply);
  const log = await openLog(file);

  function record(op: Op) {
    apply(op);
    log.write(op);
  }

  function table<T extends Row>(name: string): Table<T> {
    const rows = rowsOf(name) as Map<string, T>;
    const change = (id: string, changes: Partial<T>): T => {
      record([name, id, changes]);
      return rows.get(id) as T;
    };
    return { get: (id) => rows.get(id), all: () => rows.values(), put: (row) => change(row.id, row), change };
  }

  /** Writes a movement and the balance after it. */
  function move(entry: Pick<Movement, 'key' | 'reference' | 'kind' | 'currency' | 'amount' | 'at'>) {
    const exponent = exponentOf(entry.currency);
    const amount = minorOf(entry.amount, exponent);
    const left = balance(entry.currency) + (entry.kind === 'returned' ? amount : -amount);
    const n = movements.length + 1;
    record(['movement', String(n), { n, provider, ...entry, balance: toDecimal(left, exponent) }]);
  }

  return {
    table,
    move,
    movements: movements as readonly Movement[],
    /** Our balance with the provider, in minor units. */
    balance,
    setBalance: (currency: string, decimal: string) => record(['funds', currency, { balance: decimal }]),
    exponentOf,
    flushed: log.flushed,
    close: log.close,
  };
}
