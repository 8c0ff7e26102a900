import { BANK_KEY, openBank } from './bank.ts';
import { loadKeys } from './keys.ts';
import { LOB_KEY, LOB_WEBHOOK_SECRET, openLob } from './lob.ts';
import { openMail } from './mail.ts';
import { openPaypal, PAYPAL_CLIENT, PAYPAL_SECRET, PAYPAL_WEBHOOK_ID } from './paypal.ts';
import type { PlanOptions } from './plan.ts';
import type { Log } from './site.ts';
import { openWise, WISE_PROFILE, WISE_TOKEN } from './wise.ts';

export type SandboxOptions = {
  /** Where books, keys and mail are kept. Starting again with the same folder continues where it stopped. */
  dir: string;
  /** Where webhooks are sent: `/wise`, `/paypal` or `/lob` is added. Without it, none are sent. */
  webhooks?: string;
  /** A port that is not given is any free port. */
  ports?: Partial<Record<'wise' | 'paypal' | 'lob' | 'bank' | 'smtp' | 'mail', number>>;
  seed?: number;
  /** Faults from the start for every stand-in, drawn from a seed of their own. */
  plan?: PlanOptions;
  /** The time between a provider's own state changes. */
  stepMs?: number;
  /** The time until an issued check is paid in. */
  clearMs?: number;
  log?: Log;
};

export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

/** Starts all stand-ins in this process. */
export async function startSandbox(options: SandboxOptions) {
  const { dir, ports = {}, seed = 1, stepMs = 200, clearMs = 1_000, log = () => undefined } = options;
  const shared = {
    dir,
    seed,
    stepMs,
    clearMs,
    log,
    plan: options.plan,
    webhooks: options.webhooks?.replace(/\/$/, ''),
  };
  const keys = await loadKeys(dir);

  const wise = await openWise(shared, ports.wise ?? 0, keys.wise);
  const paypal = await openPaypal(shared, ports.paypal ?? 0, keys.paypal);
  const bank = await openBank(shared, ports.bank ?? 0);
  const lob = await openLob(shared, ports.lob ?? 0, bank.checks);
  const mail = await openMail({ dir, smtpPort: ports.smtp ?? 0, port: ports.mail ?? 0 });

  return {
    wise: { url: wise.url },
    paypal: { url: paypal.url },
    lob: { url: lob.url },
    bank: { url: bank.url },
    mail: { url: mail.url, smtpUrl: mail.smtpUrl },
    secrets: {
      wise: { token: WISE_TOKEN, profile: WISE_PROFILE, webhookPublicKey: keys.wise.publicKey },
      paypal: {
        clientId: PAYPAL_CLIENT,
        clientSecret: PAYPAL_SECRET,
        webhookId: PAYPAL_WEBHOOK_ID,
        certificateAuthority: keys.paypal.ca,
      },
      lob: { key: LOB_KEY, webhookSecret: LOB_WEBHOOK_SECRET },
      bank: { key: BANK_KEY },
    },
    async close() {
      for (const site of [wise, paypal, lob, bank, mail]) await site.close();
    },
  };
}
