import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

import type { Client as TemporalClient } from '@temporalio/client';
import { Client } from 'pg';
import { pino } from 'pino';

import { createApp } from '../api/app.ts';
import { RETURN_WINDOWS_DEFAULT } from '../domain/payouts/attempt.ts';
import { listen } from '../api/http/server.ts';
import { openDatabase } from '../db/database.ts';
import { addCompany, addSellers, VAULT } from './company.ts';
import { median } from './median.ts';
import { withServer } from './server.ts';
import { timed } from './timed.ts';

/**
 * Measures how many events per second the API takes in over HTTP, 1,000 a call. It also measures the limit of this machine: the time in
 * which the same database takes the same events from one bare insert of many rows with ON CONFLICT, a call for each 1,000, into a table
 * with the same keys. The two alternate, and the medians count. Run: `npm run bench -- intake --events 15000 --rounds 6`.
 */

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '15000' },
    rounds: { type: 'string', default: '6' },
    partners: { type: 'string', default: '200' },
  },
});
const [EVENTS, ROUNDS, PARTNERS] = [values.events, values.rounds, values.partners].map(Number) as [
  number,
  number,
  number,
];
const EVENTS_A_CALL = 1000;
const COLUMNS = `source, source_id, revision, partner_id, program_id, kind, currency, amount_minor, other_amounts, quantity, attributes,
  about, occurred_at, payload_hash, sent_by, worked_out_for`;
/** No worker runs the workflows that are started here. */
const NO_TEMPORAL = {
  workflow: { signalWithStart: async () => undefined },
  withDeadline: async (_deadline: number, work: () => Promise<unknown>) => work(),
} as unknown as TemporalClient;

await withServer('bench-intake', async ({ newDatabase }) => measure(await newDatabase()));

async function measure(url: string): Promise<void> {
  const db = await openDatabase(url);
  const { by, operatorKey } = await addCompany(db);
  await addSellers(db, by, PARTNERS);
  const api = listen(
    createApp({
      db,
      temporal: NO_TEMPORAL,
      vault: VAULT,
      webhookReaders: {} as never,
      settings: { publicUrl: 'http://127.0.0.1', coolingOffDays: 0, returnWindows: RETURN_WINDOWS_DEFAULT },
      log: pino({ level: 'silent' }),
    }),
    { hostname: '127.0.0.1', port: 0 },
    () => undefined,
  );
  await new Promise((done) => void api.once('listening', done));
  const address = `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1/events`;
  // The role of the product may create no table.
  const admin = new Client({ connectionString: url });
  await admin.connect();
  admin.on('error', () => undefined); // the server ends first
  await admin.query('create table bare (like event including defaults including identity including indexes)');
  const [calls, inserts]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    calls.push(await sendRound(address, operatorKey, round));
    inserts.push(await insertRound(admin, round));
  }
  const [rate, ceiling] = [EVENTS / median(calls), EVENTS / median(inserts)];
  report('intake: events over HTTP, 1,000 a call', rate);
  report('ceiling: bare insert with ON CONFLICT', ceiling);
  console.log(`ratio ${(rate / ceiling).toFixed(3)}`);
  await admin.end();
  await new Promise((done) => void api.close(done));
  await db.end();
}

function wireAt(round: number, index: number) {
  return {
    source: 'bench',
    id: `${round}-${index}`,
    program: 'bench',
    partner: `p${index % PARTNERS}`,
    kind: 'sale',
    occurredAt: `2026-02-${String((index % 28) + 1).padStart(2, '0')}T12:00:00Z`,
    currency: 'USD',
    amount: `${100 + (index % 997)}.37`,
  };
}

/** Sends the events of a round that nobody has seen yet. The bodies are made beforehand. */
async function sendRound(address: string, key: string, round: number): Promise<number> {
  const bodies: string[] = [];
  for (let start = 0; start < EVENTS; start += EVENTS_A_CALL) {
    const length = Math.min(EVENTS_A_CALL, EVENTS - start);
    bodies.push(JSON.stringify({ events: Array.from({ length }, (_none, index) => wireAt(round, start + index)) }));
  }
  const { ms } = await timed(async () => {
    for (const [index, body] of bodies.entries()) {
      const answer = await fetch(address, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': `${round}-${index}`,
        },
        body,
      });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.arrayBuffer();
    }
  });
  return ms;
}

/** Inserts the same events as they were stored, in statements of 1,000 rows each, which are made beforehand. */
async function insertRound(admin: Client, round: number): Promise<number> {
  const { rows } = await admin.query<{ values: string }>(`
    select string_agg(format('(%L,%L,%s,%s,%s,%L,%L,%s,%L,null,%L,null,%L,%L,%L,1)', source, source_id, revision, partner_id, program_id,
      kind, currency, amount_minor, other_amounts, attributes, occurred_at, payload_hash, sent_by), ',') as values
    from event where source_id like '${round}-%' group by (id / ${EVENTS_A_CALL})`);
  const { ms } = await timed(async () => {
    for (const row of rows)
      await admin.query(
        `insert into bare(${COLUMNS}) values ${row.values} on conflict (source, source_id, revision) do nothing`,
      );
  });
  await admin.query('truncate bare');
  return ms;
}

function report(what: string, eventsPerMs: number): void {
  console.log(`${what.padEnd(42)} ${Math.round(eventsPerMs * 1000).toLocaleString('en')} a second`);
}
