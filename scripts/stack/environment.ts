import { join } from 'node:path';

import type { Ports } from './ports.ts';
import type { Secrets } from './secrets.ts';

/** The environment for the worker and the API of this stack. `config.ts` reads the names. */
export type Environment = Record<string, string>;

export type EnvironmentParts = {
  folder: string;
  ports: Ports;
  secrets: Secrets;
  databaseUrl: string;
  temporalAddress: string;
};

const local = (port: number, path = '') => `http://127.0.0.1:${port}${path}`;

/** All variables except those of the providers. */
export const ownEnvironment = ({
  folder,
  ports,
  secrets,
  databaseUrl,
  temporalAddress,
}: EnvironmentParts): Environment => ({
  DATABASE_URL: databaseUrl,
  TEMPORAL_ADDRESS: temporalAddress,
  TEMPORAL_NAMESPACE: 'default',
  TEMPORAL_UI_URL: local(ports.temporalUi),
  API_HOST: '127.0.0.1',
  API_PORT: String(ports.api),
  PUBLIC_URL: `http://localhost:${ports.api}`, // a passkey belongs to a name, and an address has none
  WORKER_HEALTH_PORT: String(ports.worker),
  VAULT_KEY: secrets.vaultKey,
  VAULT_FINGERPRINT_KEY: secrets.vaultFingerprintKey,
  CHECK_PRINT_DIR: join(folder, 'checks'),
  WEBHOOKS_LOCAL: 'yes',
  MAIL_FROM: 'Bursar <payouts@localhost>',
});

/** The sandbox instead of Wise, PayPal, Lob, the bank and the mail server. Its credentials are not secret. */
export const sandboxEnvironment = (ports: Ports, { wiseKey, paypalCa }: SandboxKeys): Environment => ({
  WISE_BASE_URL: local(ports.wise),
  WISE_TOKEN: 'sandbox-wise-token',
  WISE_WEBHOOK_PUBLIC_KEY: wiseKey,
  PAYPAL_BASE_URL: local(ports.paypal),
  PAYPAL_CLIENT_ID: 'sandbox-client',
  PAYPAL_CLIENT_SECRET: 'sandbox-secret',
  PAYPAL_WEBHOOK_ID: 'WH-SANDBOX',
  PAYPAL_CERT_URL_PREFIX: local(ports.paypal, '/v1/notifications/certs/'),
  PAYPAL_CERT_CA: paypalCa,
  LOB_BASE_URL: local(ports.lob),
  LOB_API_KEY: 'test_sandbox',
  LOB_WEBHOOK_SECRET: 'sandbox-lob-webhook-secret',
  CHECK_BANK_BASE_URL: local(ports.bank),
  CHECK_BANK_KEY: 'sandbox-bank-key',
  SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
});

/** The address of each provider, and the prefix of its other variables. */
const PROVIDERS = {
  WISE_BASE_URL: 'WISE_',
  PAYPAL_BASE_URL: 'PAYPAL_',
  LOB_BASE_URL: 'LOB_',
  CHECK_BANK_BASE_URL: 'CHECK_BANK_',
  SMTP_URL: 'SMTP_',
};

/** If the environment names an address for every provider, the sandbox is not needed. */
export const needsSandbox = (environment: NodeJS.ProcessEnv) =>
  Object.keys(PROVIDERS).some((variable) => !environment[variable]);

/** The sandbox signs its webhooks with its own keys, so this asks the sandbox for them. */
export type SandboxKeys = { wiseKey: string; paypalCa: string };

export async function fetchSandboxKeys(ports: Ports): Promise<SandboxKeys> {
  const text = async (url: string) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${url}`);
    return answer.text();
  };
  const [wiseKey, paypalCa] = await Promise.all([
    text(local(ports.wise, '/sandbox/webhook-public-key.pem')),
    text(local(ports.paypal, '/sandbox/ca.pem')),
  ]);
  return { wiseKey, paypalCa };
}

/**
 * The user's variables override those of the stack. An empty variable counts as not set. If the address of a provider is set, all
 * credentials of the sandbox for it are dropped, because they must never go to the real provider.
 */
export function withEnvironment(own: Environment, environment: NodeJS.ProcessEnv): Environment {
  const given = Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const foreign = Object.entries(PROVIDERS).filter(([variable]) => environment[variable]);
  const kept = Object.entries(own).filter(([name]) => !foreign.some(([, prefix]) => name.startsWith(prefix)));
  return Object.fromEntries([...kept, ...given]);
}
