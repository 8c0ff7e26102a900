import { readFileSync } from 'node:fs';

import { z } from 'zod';

import type { VaultKeys } from './db/vault.ts';
import { RETURN_WINDOWS_DEFAULT, type ReturnWindows } from './domain/payouts/attempt.ts';
import type { GatewaySettings } from './gateways/index.ts';

/** The only reader of the environment. Only the two `main.ts` files import it, and `.env.example` explains every name. */

const Port = z.coerce.number().int().min(0).max(65_535);
const Seconds = z.coerce.number().int().min(0);
const Url = z.url();
/** An address below which files lie. Without the slash, a longer name of the same beginning would be below it too. */
const Folder = Url.endsWith('/', 'must end in /');
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/;
/** A provider of identities: its tokens and our secret never travel in the clear. */
const Issuer = Url.refine((url) => url.startsWith('https://') || LOOPBACK.test(`${url}/`), 'must begin with https://');
/** 32 bytes in hex. */
const Key = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, 'is not 64 hex digits (32 bytes)')
  .transform((hex) => Buffer.from(hex, 'hex'));
/** A PEM text, or the path of a PEM file. */
const Pem = z
  .string()
  .min(1)
  .transform((text) => (text.includes('-----BEGIN') ? text : readFileSync(text, 'utf8')));

const Environment = z.object({
  DATABASE_URL: Url,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  API_HOST: z.string().min(1).default('127.0.0.1'),
  API_PORT: Port.default(4400),
  PUBLIC_URL: Url.default('http://localhost:4400'),
  TEMPORAL_UI_URL: Url.optional(),
  WORKER_HEALTH_HOST: z.string().min(1).default('127.0.0.1'),
  WORKER_HEALTH_PORT: Port.default(4401),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),

  VAULT_KEY_ID: z.string().min(1).default('1'),
  VAULT_KEY: Key,
  VAULT_FINGERPRINT_KEY: Key,
  COOLING_OFF_DAYS: z.coerce.number().int().min(0).max(60).default(7),

  OIDC_ISSUER: Issuer.optional(),
  OIDC_NAME: z.string().min(1).max(40).default('your company'),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),

  WISE_BASE_URL: Url.default('https://api.wise.com'),
  WISE_TOKEN: z.string().min(1),
  WISE_WEBHOOK_PUBLIC_KEY: Pem,
  WISE_RETURN_WINDOW_SECONDS: Seconds.default(21 * 24 * 3600),
  PAYPAL_BASE_URL: Url.default('https://api-m.paypal.com'),
  PAYPAL_CLIENT_ID: z.string().min(1),
  PAYPAL_CLIENT_SECRET: z.string().min(1),
  PAYPAL_WEBHOOK_ID: z.string().min(1),
  PAYPAL_CERT_URL_PREFIX: Folder.default('https://api.paypal.com/v1/notifications/certs/'),
  PAYPAL_CERT_CA: Pem.optional(),
  WISE_BATCH_MAX: z.coerce.number().int().min(1).max(1000).default(1000),
  PAYPAL_BATCH_MAX: z.coerce.number().int().min(1).max(15_000).default(15_000),
  LOB_BASE_URL: Url.default('https://api.lob.com'),
  LOB_API_KEY: z.string().min(1),
  LOB_WEBHOOK_SECRET: z.string().min(1),
  CHECK_BANK_BASE_URL: Url,
  CHECK_BANK_KEY: z.string().min(1),
  CHECK_PRINT_DIR: z.string().min(1),

  SMTP_URL: Url,
  WEBHOOKS_LOCAL: z.enum(['yes', 'no']).default('no'),
  MAIL_FROM: z.string().min(1).default('Bursar <payouts@localhost>'),
  MAIL_FINANCE: z.string().min(1).default('finance@localhost'),
  MAIL_OPERATORS: z.string().min(1).default('operators@localhost'),

  SWEEP_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  POLL_SECONDS_MIN: z.coerce.number().int().min(1).max(3600).default(60),
  ASK_SECONDS_MAX: z.coerce.number().int().min(1).max(105).default(105),
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  ACTIVE_PAYOUTS_MAX: z.coerce.number().int().min(1).max(100_000).default(400),
});

const WHOLE = Environment.superRefine(({ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET }, context) => {
  if (OIDC_ISSUER === undefined) return;
  for (const [name, value] of Object.entries({ OIDC_CLIENT_ID, OIDC_CLIENT_SECRET }))
    if (value === undefined) context.addIssue({ code: 'custom', path: [name], message: 'is needed with OIDC_ISSUER' });
});

/** The checked environment, frozen. */
export type Config = Readonly<z.infer<typeof Environment>>;

/** Reads the environment. If a name is wrong or missing, it prints each one with the reason and ends the process. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = WHOLE.safeParse(present);
  if (result.success) return Object.freeze(result.data);
  const problems = result.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  console.error(`The configuration is not complete. Nothing was started. See .env.example.\n${problems.join('\n')}`);
  process.exit(1);
}

/** The settings of the gateways. */
export const gatewaySettings = (config: Config): GatewaySettings => ({
  wise: { baseUrl: config.WISE_BASE_URL, token: config.WISE_TOKEN, webhookPublicKey: config.WISE_WEBHOOK_PUBLIC_KEY },
  paypal: {
    baseUrl: config.PAYPAL_BASE_URL,
    clientId: config.PAYPAL_CLIENT_ID,
    clientSecret: config.PAYPAL_CLIENT_SECRET,
    webhookId: config.PAYPAL_WEBHOOK_ID,
    certUrlPrefix: config.PAYPAL_CERT_URL_PREFIX,
    certCa: config.PAYPAL_CERT_CA,
  },
  lob: { baseUrl: config.LOB_BASE_URL, apiKey: config.LOB_API_KEY, webhookSecret: config.LOB_WEBHOOK_SECRET },
  printedCheck: {
    bankBaseUrl: config.CHECK_BANK_BASE_URL,
    bankKey: config.CHECK_BANK_KEY,
    printDir: config.CHECK_PRINT_DIR,
  },
});

/**
 * How long money may come back after it was sent, for gateways that do not say when it has arrived. Time alone settles no PayPal payment
 * and no check: PayPal says SUCCESS, and the bank's statement shows a check.
 */
export const returnWindows = (config: Config): ReturnWindows => ({
  ...RETURN_WINDOWS_DEFAULT,
  wise: config.WISE_RETURN_WINDOW_SECONDS * 1000,
});

/** The company's own provider of identities, or undefined. */
export const providerSettings = (config: Config) =>
  config.OIDC_ISSUER === undefined
    ? undefined
    : {
        name: config.OIDC_NAME,
        issuer: config.OIDC_ISSUER,
        clientId: config.OIDC_CLIENT_ID ?? '',
        clientSecret: config.OIDC_CLIENT_SECRET ?? '',
      };

/** The keys of the vault. */
export const vaultKeys = (config: Config): VaultKeys => ({
  keyId: config.VAULT_KEY_ID,
  kek: config.VAULT_KEY,
  fingerprintKey: config.VAULT_FINGERPRINT_KEY,
});
