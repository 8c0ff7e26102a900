import { sql } from 'slonik';
import { z } from 'zod';

import type { Scope } from '../../domain/earnings/scope-state.ts';
import { countsCustomers, type CustomerEvents } from '../../domain/earnings/customers.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The customers of scopes that count them. A page reads only the customers of its own events. */

export type AskedCustomer = { readonly scopeId: bigint; readonly customer: string };

const CustomerRow = z.strictObject({
  scopeId: z.bigint(),
  customer: z.string(),
  versionId: z.number(),
  sinceMs: z.number(),
  events: z.bigint(),
  base: z.bigint(),
});

/** The entries of customers as they were read. An entry that changes is another object. */
const stored = new WeakSet<CustomerEvents>();

/** Reads some customers into their scopes. */
export async function readCustomers(
  db: Database,
  scopes: ReadonlyMap<bigint | null, Scope>,
  asked: readonly AskedCustomer[],
): Promise<void> {
  if (asked.length === 0) return;
  const rows = await db.any(sql.type(CustomerRow)`
    select scope_id as "scopeId", customer, plan_version_id as "versionId", terms_since as "sinceMs", events, base
    from (select distinct scope_id, customer from ${unnestColumns(
      ['int8', 'text'],
      asked.map(({ scopeId, customer }) => [scopeId, customer]),
    )} as given(scope_id, customer)) given join scope_customer using (scope_id, customer)`);
  for (const { scopeId, ...entry } of rows) {
    stored.add(entry);
    const customers = scopes.get(scopeId)?.customers;
    customers?.set(entry.customer, [...(customers.get(entry.customer) ?? []), entry]);
  }
}

/** Writes the customers that changed since they were read. */
export async function saveCustomers(db: Database, scopes: readonly Scope[]): Promise<void> {
  const changed = scopes
    .filter(countsCustomers)
    .flatMap(({ id, customers }) =>
      [...customers.values()].flat().flatMap((entry) => (stored.has(entry) ? [] : [{ id, ...entry }])),
    );
  if (changed.length === 0) return;
  await db.query(sql.unsafe`
    insert into scope_customer(scope_id, customer, terms_since, plan_version_id, events, base)
    select * from ${unnestColumns(
      ['int8', 'text', 'timestamptz', 'int4', 'int8', 'int8'],
      changed.map(({ id, customer, sinceMs, versionId, events, base }) => [
        id,
        customer,
        new Date(sinceMs).toISOString(),
        versionId,
        events,
        base,
      ]),
    )}
    on conflict (scope_id, customer, terms_since, plan_version_id) do update set events = excluded.events, base = excluded.base`);
}
