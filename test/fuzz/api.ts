import type { AddressInfo } from 'node:net';

import { Client, Connection } from '@temporalio/client';
import { destination, pino } from 'pino';

import { createApp } from '../../api/app.ts';
import { listen } from '../../api/http/server.ts';
import { addCompany, addSellers, VAULT } from '../../bench/company.ts';
import { addActor } from '../../commands/people/actors.ts';
import { openDatabase } from '../../db/database.ts';
import { Failure } from '../../domain/errors.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../domain/payouts/attempt.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { giveRole } from '../fixtures/people.ts';

const SELLERS = 3;
const DATABASE = { poolSize: 5 };

const notGenuine = async () => {
  throw new Failure('webhook_not_genuine', 'the signature does not fit');
};

/** Fills a database with a small company, and with a person in each role. Returns the keys of these people. */
export async function addPeople(databaseUrl: string): Promise<ReadonlyMap<Role, string>> {
  const db = await openDatabase(databaseUrl, DATABASE);
  try {
    const { by } = await addCompany(db);
    const [seller = null] = await addSellers(db, by, SELLERS);
    const keys = new Map<Role, string>();
    for (const role of ROLES) {
      const actor = await addActor(db, { code: `fuzz-${role}`, name: role, email: null }, null);
      const { key } = await giveRole(db, actor.id, role, { partnerId: role === 'partner' ? seller : null });
      keys.set(role, key);
    }
    return keys;
  } finally {
    await db.end();
  }
}

/** The API on a port of loopback. Its log has the stack of every failed request. */
export async function startApi({
  databaseUrl,
  temporalAddress,
  logFile,
}: {
  databaseUrl: string;
  temporalAddress: string;
  logFile: string;
}) {
  const db = await openDatabase(databaseUrl, DATABASE);
  const connection = Connection.lazy({ address: temporalAddress });
  const app = createApp({
    db,
    temporal: new Client({ connection }),
    vault: VAULT,
    webhookReaders: { wise: notGenuine, paypal: notGenuine, lob: notGenuine },
    settings: { publicUrl: 'http://127.0.0.1:4400', coolingOffDays: 7, returnWindows: RETURN_WINDOWS_DEFAULT },
    log: pino({ level: 'error' }, destination({ dest: logFile, append: false, sync: true })),
  });
  const server = await new Promise<ReturnType<typeof listen>>((done) => {
    const listening = listen(app, { hostname: '127.0.0.1', port: 0 }, () => done(listening));
  });
  const stop = async () => {
    await new Promise((done) => void server.close(done));
    await connection.close();
    await db.end();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
