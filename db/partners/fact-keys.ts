import { sql } from 'slonik';
import { z } from 'zod';

import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const KeyRow = z.strictObject({
  key: z.string(),
  description: z.string(),
  many: z.boolean(),
  allowedValues: z.array(z.string()),
  createdAt: Instant,
});
/** A declared key of facts about partners. */
export type DeclaredFactKey = z.infer<typeof KeyRow>;

const keyColumns = sql.fragment`key, description, many, allowed_values as "allowedValues", created_at as "createdAt"`;

export const listFactKeys = (db: Database, after: string | null, limit: number): Promise<readonly DeclaredFactKey[]> =>
  db.any(sql.type(KeyRow)`
    select ${keyColumns} from fact_key where ${after}::text is null or key > ${after} order by key limit ${limit}`);

export const listFactKeysNamed = (db: Database, keys: readonly string[]): Promise<readonly DeclaredFactKey[]> =>
  db.any(sql.type(KeyRow)`select ${keyColumns} from fact_key where key = any(${sql.array(keys, 'text')})`);

export type NewFactKey = Pick<DeclaredFactKey, 'key' | 'description' | 'many' | 'allowedValues'>;

/** Writes a key, or its new description and allowed values. Null if it is declared the other way: with one value, or with many. */
export const putFactKey = (
  db: Database,
  { key, description, many, allowedValues }: NewFactKey,
): Promise<DeclaredFactKey | null> =>
  db.maybeOne(sql.type(KeyRow)`
    insert into fact_key(key, description, many, allowed_values)
    values (${key}, ${description}, ${many}, ${sql.array(allowedValues, 'text')})
    on conflict (key) do update set description = excluded.description, allowed_values = excluded.allowed_values
      where fact_key.many = excluded.many
    returning ${keyColumns}`);
