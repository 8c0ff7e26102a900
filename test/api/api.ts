import { randomBytes, randomUUID } from 'node:crypto';

import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { type DatabasePool, sql } from 'slonik';
import { inject } from 'vitest';
import { z } from 'zod';

import { createApp } from '../../api/app.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../domain/payouts/attempt.ts';
import type { ApiDeps } from '../../api/http/deps.ts';
import { addActor } from '../../commands/people/actors.ts';
import type { Limited } from '../../domain/people/reach.ts';
import type { Role } from '../../domain/people/role.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { Failure } from '../../domain/errors.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { giveRole } from '../fixtures/people.ts';
import { openDocument } from './document.ts';

export type Answer = { status: number; headers: Headers; body: Record<string, unknown>; text: string };

const notGenuine = async () => {
  throw new Failure('webhook_not_genuine', 'the signature does not fit');
};

/** The API over a database of its own, with a person and a key for each role; nothing listens on a port. */
export async function startApi(overrides: Partial<ApiDeps> = {}) {
  const { url, drop } = await freshDatabase();
  const db = await openDatabase(url, { poolSize: 5 });
  const connection = Connection.lazy({ address: inject('temporalAddress') });
  const app = createApp({
    db,
    temporal: new Client({ connection }),
    vault: { keyId: '1', kek: randomBytes(32), fingerprintKey: randomBytes(32) },
    webhookReaders: { wise: notGenuine, paypal: notGenuine, lob: notGenuine },
    settings: { publicUrl: 'http://127.0.0.1:4400', coolingOffDays: 7, returnWindows: RETURN_WINDOWS_DEFAULT },
    log: pino({ level: 'silent' }),
    ...overrides,
  });

  const document = await openDocument(app);

  const newKey = async (role: Role, partnerId: bigint | null = null, limited?: Limited) => {
    const code = `${role}-${randomUUID()}`;
    const actor = await addActor(db, { code, name: role, email: `${code}@people.test` }, null);
    const issued = await giveRole(db, actor.id, role, { partnerId, limited });
    return { ...issued, actor };
  };

  const operator = await newKey('operator');

  /**
   * Asks as the operator unless another key is given; every POST gets a new Idempotency-Key unless it is named. Throws where the
   * published document does not know such an answer.
   */
  async function ask(
    method: string,
    path: string,
    options: { body?: unknown; key?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { body, key = operator.key, headers = {} } = options;
    const raw = typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData;
    const response = await app.request(path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
    const surprise = document.whyNotBody(
      { method, path: path.replace(/\?.*/s, '') },
      response.status,
      isJson ? parsed : text || null,
    );
    if (surprise) throw new Error(surprise);
    return { status: response.status, headers: response.headers, body: parsed, text };
  }

  const stop = async () => {
    await connection.close();
    await db.end();
    await drop();
  };
  return { app, db, url, ask, newKey, operator, stop };
}

export type Api = Awaited<ReturnType<typeof startApi>>;

export const TERMS = {
  holdDays: 14,
  rounding: 'half-even',
  incentives: [{ id: 'commission', pay: { rule: 'percent', percent: '10' } }],
};

/** A payer, a monthly schedule, the program `shop` with the plan `standard`, and the partners named. */
export async function setUpShop({ ask }: Api, partners: readonly string[] = ['ann']): Promise<void> {
  const steps = [
    ['/v1/payers', { code: 'acme', name: 'Acme Ltd', country: 'US', currency: 'USD' }],
    ['/v1/schedules', { code: 'monthly', payer: 'acme', frequency: 'monthly', zone: 'America/New_York', payDays: 2 }],
    ['/v1/programs', { code: 'shop', name: 'Shop', schedule: 'monthly' }],
    ['/v1/programs/shop/plans', { code: 'standard', terms: TERMS }],
    [
      '/v1/partners/batch',
      {
        partners: partners.map((code) => ({
          code,
          name: `Partner ${code}`,
          kind: 'affiliate',
          country: 'US',
          agreements: [{ program: 'shop', plan: 'standard', startsOn: '2026-01-01' }],
          instrument: { method: 'paypal', receiver: `${code}@example.com` },
        })),
      },
    ],
  ] as const;
  for (const [path, body] of steps) {
    const answer = await ask('POST', path, { body });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`);
  }
}

const Id = z.object({ id: z.string() });

/** Adds a partner's earnings in the only program, as one line that is free after a local date. */
export async function addLine(db: Database, partner: string, minor: number, availableOn: string): Promise<void> {
  await db.query(sql.unsafe`insert into accrual_batch(program_id, event_count) select id, 1 from program`);
  await db.query(sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
    select partner.id, program.id, ${minor < 0 ? 'reversed' : 'earned'}, (select max(id) from accrual_batch), 'USD', ${minor}, 1,
      ${availableOn}::date
    from partner, program where partner.code = ${partner}`);
}

/** One earned line of a partner, drafted into a payout of the one run there is. */
export const addPayout = (db: DatabasePool, partner: string): Promise<string> =>
  db.transaction(async (tx) => {
    await tx.query(sql.unsafe`
      insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on)
      select uuidv7(), id, 'on_demand', '2026-02-01', '2026-03-01', '2026-03-01T05:00:00Z', '2026-03-03' from pay_schedule
      on conflict do nothing`);
    await addLine(tx, partner, 500, '2026-02-01');
    const { id } = await tx.one(sql.type(Id)`
      with drafted as (
        insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id)
        select uuidv7(), (select id from payout_run), partner.id, 'USD', 'paypal', 'paypal', 500, 500, instrument.id
        from partner join instrument_version instrument on instrument.partner_id = partner.id where partner.code = ${partner}
        returning id
      ), line as (select id, partner_id, currency, amount_minor from earning_line order by id desc limit 1)
      insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
      select drafted.id, line.id, partner_id, currency, amount_minor from drafted, line
      returning payout_id as id`);
    return id;
  });
