import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import type { GatewaySettings } from '../../gateways/index.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/index.ts';
import { LOB_ACCOUNT, payerAccounts } from './accounts.ts';
import type { Delivery } from './bench.ts';
import { openLobAccount } from './lob-account.ts';

/** The settings with which the gateways reach our own sandbox. */
export const settingsOf = ({ wise, paypal, lob, bank, secrets }: Sandbox, printDir: string): GatewaySettings => ({
  wise: { baseUrl: wise.url, token: secrets.wise.token, webhookPublicKey: secrets.wise.webhookPublicKey },
  paypal: {
    baseUrl: paypal.url,
    clientId: secrets.paypal.clientId,
    clientSecret: secrets.paypal.clientSecret,
    webhookId: secrets.paypal.webhookId,
    certUrlPrefix: `${paypal.url}/v1/notifications/certs/`,
    certCa: secrets.paypal.certificateAuthority,
  },
  lob: { baseUrl: lob.url, apiKey: secrets.lob.key, webhookSecret: secrets.lob.webhookSecret },
  printedCheck: { bankBaseUrl: bank.url, bankKey: secrets.bank.key, printDir },
});

/** Starts our own sandbox in a temporary folder, with a payer who has an account everywhere. */
export async function openSandbox(options: Omit<SandboxOptions, 'dir'>) {
  const dir = await mkdtemp(join(tmpdir(), 'bursar-sandbox-'));
  const sandbox = await startSandbox({ ...options, dir });
  const { secrets, lob } = sandbox;
  const printDir = join(dir, 'print');
  return {
    sandbox,
    printDir,
    settings: settingsOf(sandbox, printDir),
    accounts: payerAccounts(secrets.wise.profile, await openLobAccount(lob.url, secrets.lob.key, LOB_ACCOUNT)),
    async close() {
      await sandbox.close();
      await rm(dir, { recursive: true });
    },
  };
}

export const headersOf = (raw: IncomingHttpHeaders): Headers =>
  new Headers(Object.entries(raw).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));

/** A receiver that stores every webhook exactly as received. */
export async function openReceiver() {
  const kept: (Delivery & { sender: string })[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    kept.push({ sender: request.url?.slice(1) ?? '', headers: headersOf(request.headers), body });
    response.end();
    server.emit('kept');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kept,
    /** The first webhook of a sender, as soon as it arrives. */
    async first(sender: string): Promise<Delivery> {
      for (;;) {
        const found = kept.find((delivery) => delivery.sender === sender);
        if (found) return found;
        await once(server, 'kept');
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
