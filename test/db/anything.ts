import { sql } from 'slonik';

const TEXT = '0';

/** An element of a list: a text, each of whose properties is a text. */
const element = new Proxy(Object(TEXT) as object, {
  get: (_target, name) => (name === Symbol.toPrimitive || name === 'toString' ? () => TEXT : TEXT),
});

/** The properties by which slonik knows a value for a statement. */
const value = { ...sql.fragment`${TEXT}` } as Record<string | symbol, unknown>;

/** Methods of every value. A value that is awaited must not look like a promise, so it has no `then`. */
const methods: Record<string | symbol, unknown> = {
  [Symbol.toPrimitive]: () => TEXT,
  [Symbol.iterator]: () => [TEXT].values(),
  map: (each: (item: object, index: number) => unknown) => [each(element, 0)],
  flatMap: (each: (item: object) => unknown) => [each(element)].flat(),
  filter: () => anything,
  keys: () => [TEXT].values(),
  slice: () => TEXT,
  toISOString: () => TEXT,
  toString: () => TEXT,
  valueOf: () => TEXT,
  length: 1,
  size: 1,
};

/** Passes for any argument of a query: a value, an object with every property, or a list. */
export const anything: never = new Proxy(value, {
  get: (target, name) =>
    name === 'then' ? undefined : name in methods ? methods[name] : name in target ? target[name] : anything,
}) as never;
