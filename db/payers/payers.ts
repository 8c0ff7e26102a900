import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { Failure } from '../../domain/errors.ts';
import { PostalAddress } from '../../domain/fields.ts';
import { GATEWAYS, type GatewayName, type Method, METHODS } from '../../domain/rails.ts';
import type { Database } from '../database.ts';
import { Currency, Instant } from '../column-types.ts';

const PayerRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  name: z.string(),
  country: z.string(),
  currency: Currency,
  address: PostalAddress.nullable(),
  createdAt: Instant,
});
export type Payer = z.infer<typeof PayerRow>;

const payerColumns = sql.fragment`id, code, name, country, currency, address, created_at as "createdAt"`;

export type NewPayer = {
  code: string;
  name: string;
  country: string;
  currency: CurrencyCode;
  address: PostalAddress | null;
};

/** Writes a legal entity that pays. Null if the code is taken. */
export const insertPayer = (
  db: Database,
  { code, name, country, currency, address }: NewPayer,
): Promise<Payer | null> =>
  db.maybeOne(sql.type(PayerRow)`
    insert into payer(code, name, country, currency, address)
    values (${code}, ${name}, ${country}, ${currency}, ${address && sql.jsonb(address)})
    on conflict (code) do nothing returning ${payerColumns}`);

export const updatePayer = (
  db: Database,
  id: number,
  { name, address }: Pick<NewPayer, 'name' | 'address'>,
): Promise<Payer> =>
  db.one(sql.type(PayerRow)`
    update payer set name = ${name}, address = ${address && sql.jsonb(address)} where id = ${id} returning ${payerColumns}`);

export const findPayer = (db: Database, code: string): Promise<Payer | null> =>
  db.maybeOne(sql.type(PayerRow)`select ${payerColumns} from payer where code = ${code}`);

export async function getPayer(db: Database, code: string): Promise<Payer> {
  const payer = await findPayer(db, code);
  if (!payer) throw new Failure('not_found', `There is no payer ${code}.`);
  return payer;
}

export const listPayers = (db: Database, after: string | null, limit: number): Promise<readonly Payer[]> =>
  db.any(sql.type(PayerRow)`
    select ${payerColumns} from payer where ${after}::text is null or code > ${after} order by code limit ${limit}`);

const PayerGatewayRow = z.strictObject({
  method: z.enum(METHODS),
  gateway: z.enum(GATEWAYS),
  accountRef: z.string(),
  updatedAt: Instant,
});
export type PayerGateway = z.infer<typeof PayerGatewayRow>;

const gatewayColumns = sql.fragment`method, gateway, account_ref as "accountRef", updated_at as "updatedAt"`;

export const listPayerGateways = (db: Database, payerId: number): Promise<readonly PayerGateway[]> =>
  db.any(sql.type(PayerGatewayRow)`
    select ${gatewayColumns} from payer_gateway where payer_id = ${payerId} order by method`);

/**
 * Keeps the gateways of a schedule's payer as they are until this transaction ends. A draft begins with this, because its payouts go to
 * the gateways that it sees.
 */
export const lockPayerGatewaysShared = (db: Database, scheduleId: number) =>
  db.query(sql.unsafe`
    select pg_advisory_xact_lock_shared(hashtext('payer_gateway'), payer_id) from pay_schedule where id = ${scheduleId}`);

/** Waits until every draft of a payer that is under way has ended, and lets no other draft begin before this transaction ends. */
export const lockPayerGateways = (db: Database, payerId: number) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('payer_gateway'), ${payerId})`);

export type NewPayerGateway = {
  method: Method;
  gateway: GatewayName;
  /** A name for the account that shows none of its numbers. */
  accountRef: string;
  sealed: Uint8Array;
  /** For checks: the account that they are drawn on. */
  checkAccountId: number | null;
};

/** Writes which gateway carries a method for a payer, in place of the previous one. */
export const savePayerGateway = (
  db: Database,
  payerId: number,
  { method, gateway, accountRef, sealed, checkAccountId }: NewPayerGateway,
): Promise<PayerGateway> =>
  db.one(sql.type(PayerGatewayRow)`
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed, check_account_id)
    values (${payerId}, ${method}, ${gateway}, ${accountRef}, ${sql.binary(Buffer.from(sealed))}, ${checkAccountId})
    on conflict (payer_id, method) do update set gateway = excluded.gateway, account_ref = excluded.account_ref,
      sealed = excluded.sealed, updated_at = now(), check_account_id = excluded.check_account_id
    returning ${gatewayColumns}`);
