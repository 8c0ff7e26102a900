import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { parseDecimal } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/rails.ts';
import type { Destination } from '../../gateways/gateway.ts';
import type { GatewaySettings } from '../../gateways/index.ts';
import { LOB_ACCOUNT, payerAccounts } from './accounts.ts';
import type { Bench, Delivery } from './bench.ts';
import { whyNotCheck } from './hosts.ts';
import { openLobAccount } from './lob-account.ts';
import { PAYEES } from './payees.ts';

/** The same names as in the product. The default address is that of the provider's test environment. */
const Environment = z.object({
  WISE_BASE_URL: z.string().default('https://api.wise-sandbox.com'),
  WISE_TOKEN: z.string().default(''),
  WISE_PROFILE_ID: z.string().default(''),
  WISE_WEBHOOK_PUBLIC_KEY: z.string().default(''),
  PAYPAL_BASE_URL: z.string().default('https://api-m.sandbox.paypal.com'),
  PAYPAL_CLIENT_ID: z.string().default(''),
  PAYPAL_CLIENT_SECRET: z.string().default(''),
  PAYPAL_WEBHOOK_ID: z.string().default(''),
  PAYPAL_CERT_URL_PREFIX: z.string().default('https://api.sandbox.paypal.com/v1/notifications/certs/'),
  LOB_BASE_URL: z.string().default('https://api.lob.com'),
  LOB_API_KEY: z.string().default(''),
  LOB_WEBHOOK_SECRET: z.string().default(''),
  LOB_BANK_ACCOUNT_ID: z.string().default(''),
  CHECK_BANK_BASE_URL: z.string().default(''),
  CHECK_BANK_KEY: z.string().default(''),
  CHECK_PRINT_DIR: z.string().default(''),
});
type Environment = z.infer<typeof Environment>;

/** The variables that each gateway needs. */
const NEEDED: Record<GatewayName, readonly (keyof Environment)[]> = {
  wise: ['WISE_TOKEN', 'WISE_PROFILE_ID'],
  paypal: ['PAYPAL_CLIENT_ID', 'PAYPAL_CLIENT_SECRET'],
  lob: ['LOB_API_KEY', 'CHECK_BANK_BASE_URL', 'CHECK_BANK_KEY'],
  'printed-check': ['CHECK_BANK_BASE_URL', 'CHECK_BANK_KEY', 'CHECK_PRINT_DIR'],
};

const settingsIn = (env: Environment): GatewaySettings => ({
  wise: { baseUrl: env.WISE_BASE_URL, token: env.WISE_TOKEN, webhookPublicKey: env.WISE_WEBHOOK_PUBLIC_KEY },
  paypal: {
    baseUrl: env.PAYPAL_BASE_URL,
    clientId: env.PAYPAL_CLIENT_ID,
    clientSecret: env.PAYPAL_CLIENT_SECRET,
    webhookId: env.PAYPAL_WEBHOOK_ID,
    certUrlPrefix: env.PAYPAL_CERT_URL_PREFIX,
  },
  lob: { baseUrl: env.LOB_BASE_URL, apiKey: env.LOB_API_KEY, webhookSecret: env.LOB_WEBHOOK_SECRET },
  printedCheck: {
    bankBaseUrl: env.CHECK_BANK_BASE_URL,
    bankKey: env.CHECK_BANK_KEY,
    printDir: env.CHECK_PRINT_DIR,
  },
});

type Asked = readonly [whose: GatewayName, address: string];

/** The servers that a check of a gateway contacts. Lob draws checks on the same bank as we do. */
function askedBy(name: GatewayName, env: Environment): readonly Asked[] {
  const bank: Asked = ['printed-check', env.CHECK_BANK_BASE_URL];
  const asked: Record<GatewayName, readonly Asked[]> = {
    wise: [['wise', env.WISE_BASE_URL]],
    paypal: [['paypal', env.PAYPAL_BASE_URL]],
    lob: [['lob', env.LOB_BASE_URL], bank],
    'printed-check': [bank],
  };
  return asked[name];
}

export type BenchFiles = { amount: string; payee: string | undefined; delivery: string | undefined };

const DeliveryFile = z.object({ headers: z.record(z.string(), z.string()), body: z.string() });

async function readDelivery(file: string): Promise<Delivery> {
  const { headers, body } = DeliveryFile.parse(JSON.parse(await readFile(file, 'utf8')));
  return { headers: new Headers(headers), body: Buffer.from(body) };
}

/**
 * A bench at the provider's own test environment, or the reason why there is none. It contacts a server only if that is certainly
 * a test environment.
 */
export async function openBench(
  name: GatewayName,
  { amount, payee, delivery }: BenchFiles,
  environment: NodeJS.ProcessEnv,
): Promise<Bench | string> {
  const env = Environment.parse(Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')));
  const missing = NEEDED[name].filter((key) => env[key] === '');
  if (missing.length > 0)
    return `${missing.join(', ')} must be set. With --sandbox the command checks our own stand-in`;
  for (const [whose, address] of askedBy(name, env)) {
    const whyNot = whyNotCheck(whose, address, env.LOB_API_KEY);
    if (whyNot) return whyNot;
  }
  const destination = payee ? (JSON.parse(await readFile(payee, 'utf8')) as Destination) : PAYEES[name];
  const lobAccount =
    name === 'lob' && !env.LOB_BANK_ACCOUNT_ID
      ? await openLobAccount(env.LOB_BASE_URL, env.LOB_API_KEY, LOB_ACCOUNT)
      : env.LOB_BANK_ACCOUNT_ID;
  return {
    name,
    settings: settingsIn(env),
    account: payerAccounts(env.WISE_PROFILE_ID, lobAccount)[name],
    payee: destination,
    amount: parseDecimal(amount, 'USD'),
    reportsAtOnce: false,
    delivery: delivery ? await readDelivery(delivery) : null,
  };
}
