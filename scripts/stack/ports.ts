import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const HOST = '127.0.0.1';
const PORT_MAX = 65_535;

/** Every port of the stack: its default, the variable that changes it, and its server. */
export const PORTS = {
  api: { port: 4400, variable: 'API_PORT', purpose: 'the API and the pages' },
  worker: { port: 4401, variable: 'WORKER_HEALTH_PORT', purpose: "the worker's health" },
  wise: { port: 4411, variable: 'WISE_PORT', purpose: "the sandbox's Wise" },
  paypal: { port: 4412, variable: 'PAYPAL_PORT', purpose: "the sandbox's PayPal" },
  lob: { port: 4413, variable: 'LOB_PORT', purpose: "the sandbox's Lob" },
  bank: { port: 4414, variable: 'BANK_PORT', purpose: "the sandbox's bank" },
  smtp: { port: 4425, variable: 'SMTP_PORT', purpose: 'the mail catcher' },
  mail: { port: 4426, variable: 'MAIL_PORT', purpose: 'the caught mail' },
  postgres: { port: 4432, variable: 'POSTGRES_PORT', purpose: 'PostgreSQL' },
  temporal: { port: 4433, variable: 'TEMPORAL_PORT', purpose: 'the Temporal server' },
  temporalUi: { port: 4434, variable: 'TEMPORAL_UI_PORT', purpose: 'the Temporal UI' },
} as const satisfies Record<string, { port: number; variable: string; purpose: string }>;

export type PortName = keyof typeof PORTS;
export type Ports = Record<PortName, number>;

/** The default ports, changed by the environment, changed by the caller. */
export function choosePorts(environment: NodeJS.ProcessEnv, chosen: Partial<Ports> = {}): Ports {
  const entries = Object.entries(PORTS).map(([name, { port, variable }]) => {
    const text = environment[variable] || String(port);
    if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > PORT_MAX)
      throw new Error(`${variable} is ${text}, which is not a port from 1 to ${PORT_MAX}. Nothing was started.`);
    return [name, Number(text)];
  });
  return { ...(Object.fromEntries(entries) as Ports), ...chosen };
}

/** Checks the ports before anything starts, so that a taken port costs a sentence and not half a stack. */
export async function requireFree(ports: Ports, names: readonly PortName[]): Promise<void> {
  for (const name of names) {
    if (await isFree(ports[name])) continue;
    const { variable, purpose } = PORTS[name];
    throw new Error(
      `Port ${ports[name]} (${purpose}) is used by another program; nothing was started. ` +
        `Stop that program, or choose another port: ${variable}=${ports[name] + 1000}.`,
    );
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, HOST);
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
