/** The value of a name that somebody else chose, such as `constructor`. Undefined where the record has none of its own. */
export const own = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
