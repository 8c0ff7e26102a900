import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CurrencyCode } from '../../domain/currency.ts';
import { parseDecimal } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/payout.ts';
import type {
  Answer,
  Destination,
  Gateway,
  PayerAccount,
  PaymentOrder,
  SaveStep,
  Submission,
} from '../../gateways/gateway.ts';
import { createGateways, type GatewaySettings } from '../../gateways/index.ts';
import { startSandbox } from '../../sandbox/index.ts';

/** The stand-ins move on this fast, so that a payment is through in a moment. */
const STEP_MS = 15;
const CLEAR_MS = 15;

export type SiteName = 'wise' | 'paypal' | 'lob' | 'bank';

export type Movement = {
  key: string;
  reference: string;
  kind: 'paid' | 'returned' | 'fee';
  currency: string;
  amount: string;
};

export const CHECK_ACCOUNT = '123456789012';
/** Lob mails the checks of this one, so they are in the post when Lob says so. */
export const LOB_ACCOUNT = '210987654321';

const address = { line1: '1 Main Street', city: 'Springfield', region: 'IL', postalCode: '62701', country: 'US' };

/** What the payer has with each gateway. */
const accounts = (lobBankAccountId: string): Record<GatewayName, PayerAccount> => ({
  wise: { profileId: '1001' },
  paypal: {},
  lob: {
    lobBankAccountId,
    bankAccount: { accountNumber: LOB_ACCOUNT, routingNumber: '021000021' },
    from: { name: 'Acme Inc', ...address },
  },
  'printed-check': { accountNumber: CHECK_ACCOUNT, routingNumber: '021000021', bankName: 'First Bank' },
});

/** Payees that every stand-in takes. */
export const PAYEES: Record<GatewayName, Destination> = {
  wise: {
    method: 'bank',
    holder: 'Paula Partner',
    currency: 'USD',
    country: 'US',
    details: {
      type: 'aba',
      abartn: '021000021',
      accountNumber: '12345678',
      accountType: 'CHECKING',
      'address.city': 'Reno',
    },
  },
  paypal: { method: 'paypal', receiver: 'paula@example.com' },
  lob: { method: 'check', payee: 'Paula Partner', address },
  'printed-check': { method: 'check', payee: 'Paula Partner', address },
};

type Wish = {
  amount?: string;
  currency?: CurrencyCode;
  destination?: Destination;
  reference?: string;
  checkNumber?: bigint;
  account?: PayerAccount;
};

/** An attempt as the worker holds it: what is stored survives, what was only answered may be lost. */
export type Attempt = {
  stored: Submission;
  submit: (signal?: AbortSignal) => Promise<Answer>;
  resolve: (signal?: AbortSignal) => Promise<Answer>;
  read: () => Promise<Answer>;
  /** As if the worker had died before it wrote its answers down: only what `save` kept is known. */
  forgetAnswers: () => void;
};

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Where webhooks go, the worker's clock, and its way out. */
type StageOptions = { webhooks?: string; now?: () => Date; fetch?: typeof fetch };

/** Starts the stand-ins and the gateways that talk to them over real HTTP. */
export async function openStage(options: StageOptions = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'bursar-gateways-'));
  const { webhooks, now = () => new Date(), fetch: send = fetch } = options;
  const sandbox = await startSandbox({ dir, stepMs: STEP_MS, clearMs: CLEAR_MS, ...(webhooks ? { webhooks } : {}) });
  const { secrets } = sandbox;
  const printDir = join(dir, 'print');
  const settings: GatewaySettings = {
    wise: { baseUrl: sandbox.wise.url, token: secrets.wise.token, webhookPublicKey: secrets.wise.webhookPublicKey },
    paypal: {
      baseUrl: sandbox.paypal.url,
      clientId: secrets.paypal.clientId,
      clientSecret: secrets.paypal.clientSecret,
      webhookId: secrets.paypal.webhookId,
      certUrlPrefix: `${sandbox.paypal.url}/v1/notifications/certs/`,
      certCa: secrets.paypal.certificateAuthority,
    },
    lob: { baseUrl: sandbox.lob.url, apiKey: secrets.lob.key, webhookSecret: secrets.lob.webhookSecret },
    printedCheck: { bankBaseUrl: sandbox.bank.url, bankKey: secrets.bank.key, printDir },
  };
  const gateways = createGateways(settings, { now, fetch: send });
  const payerAccounts = accounts(await openLobAccount(sandbox.lob.url, secrets.lob.key));
  let lastCheck = 1000n;

  /** Tells a stand-in what shall go wrong, or what shall become of a payment. */
  async function control(site: SiteName, path: 'faults' | 'outcomes' | 'clock' | 'webhooks' | 'balance', body: object) {
    const answer = await fetch(`${sandbox[site].url}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the sandbox refused ${path}: ${await answer.text()}`);
  }

  /** All movements of money that a stand-in booked for a key, read page by page. */
  async function movements(site: SiteName, key: string): Promise<Movement[]> {
    const found: Movement[] = [];
    for (let after: number | null = 0; after !== null;) {
      const answer = await fetch(`${sandbox[site].url}/sandbox/books?after=${after}`);
      const page = (await answer.json()) as { entries: Movement[]; next: number | null };
      found.push(...page.entries.filter((entry) => entry.key.startsWith(key)));
      after = page.next;
    }
    return found;
  }

  function order(name: GatewayName, wish: Wish = {}): PaymentOrder {
    const { amount = '123.45', currency = 'USD', destination = PAYEES[name], reference = '2026-11' } = wish;
    return {
      key: randomUUID(),
      payoutId: randomUUID(),
      amount: parseDecimal(amount, currency),
      destination,
      account: wish.account ?? payerAccounts[name],
      reference,
      checkNumber: name === 'printed-check' || name === 'lob' ? (wish.checkNumber ?? (lastCheck += 1n)) : null,
      payerName: 'Acme Inc',
      payerAddress: address,
      paidOn: '2026-11-23',
    };
  }

  /** Freezes a payment and keeps of it what the database would. */
  function attempt(name: GatewayName, wish: Wish = {}): Attempt & { order: PaymentOrder } {
    const gateway: Gateway = gateways[name];
    const asked = order(name, wish);
    const { key, payoutId, amount } = asked;
    const stored: Submission = {
      key,
      payoutId,
      amount,
      request: gateway.freeze(asked),
      reference: null,
      step: null,
      submittedAt: now(),
    };
    let savedReference: string | null = null;
    const save: SaveStep = async (step, reference) => {
      stored.step = step;
      savedReference = reference ?? savedReference;
      stored.reference = savedReference ?? stored.reference;
    };
    const keep = (answer: Answer): Answer => {
      stored.reference = answer.reference ?? stored.reference;
      return answer;
    };
    const patience = () => AbortSignal.timeout(10_000);
    return {
      order: asked,
      stored,
      submit: async (signal = patience()) => keep(await gateway.submit(stored, save, signal)),
      resolve: async (signal = patience()) => keep(await gateway.resolve(stored, save, signal)),
      read: async () => keep(await gateway.read(stored, patience())),
      forgetAnswers: () => void (stored.reference = savedReference),
    };
  }

  return {
    gateways,
    settings,
    printDir,
    payerAccounts,
    urls: { wise: sandbox.wise.url, paypal: sandbox.paypal.url, lob: sandbox.lob.url, bank: sandbox.bank.url },
    control,
    movements,
    order,
    attempt,
    /** Takes every fault and outcome back. */
    async calm() {
      const sites = [sandbox.wise, sandbox.paypal, sandbox.lob, sandbox.bank];
      for (const { url } of sites)
        for (const path of ['faults', 'outcomes']) await fetch(`${url}/sandbox/${path}`, { method: 'DELETE' });
    },
    async close() {
      await sandbox.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Lob wants a verified bank account before it writes a check. */
async function openLobAccount(url: string, key: string): Promise<string> {
  const headers = {
    authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    'content-type': 'application/json',
  };
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${url}/v1/bank_accounts${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { id: string };
  };
  const bankAccount = {
    routing_number: '021000021',
    account_number: LOB_ACCOUNT,
    account_type: 'company',
    signatory: 'A. Acme',
  };
  const { id } = await post('', bankAccount);
  await post(`/${id}/verify`, { amounts: [11, 35] });
  return id;
}
