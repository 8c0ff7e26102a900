import { randomUUID } from 'node:crypto';

import type { CurrencyCode } from '../../domain/currency.ts';
import { parseDecimal } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/rails.ts';
import type { Destination, PayerAccount, PaymentOrder } from '../../gateways/gateway.ts';
import { createGateways } from '../../gateways/index.ts';
import { type Attempt, createAttempt } from '../../scripts/gateway-check/attempt.ts';
import { ADDRESS, PAYEES } from '../../scripts/gateway-check/payees.ts';
import { openSandbox } from '../../scripts/gateway-check/sandbox.ts';

/** The time between the stand-ins' state changes, short enough that a payment finishes almost at once. */
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

type Wish = {
  amount?: string;
  currency?: CurrencyCode;
  destination?: Destination;
  reference?: string;
  checkNumber?: bigint;
  account?: PayerAccount;
};

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** The address for webhooks, the speed of the stand-ins, the worker's clock and its fetch. */
type FixtureOptions = { webhooks?: string; stepMs?: number; now?: () => Date; fetch?: typeof fetch };

/** Starts the stand-ins and the gateways that call them over real HTTP. */
export async function openFixture(options: FixtureOptions = {}) {
  const { webhooks, stepMs = STEP_MS, now = () => new Date(), fetch: send = fetch } = options;
  const opened = await openSandbox({ stepMs, clearMs: CLEAR_MS, ...(webhooks ? { webhooks } : {}) });
  const { sandbox, settings, printDir, accounts: payerAccounts } = opened;
  const gateways = createGateways(settings, { now, fetch: send });
  let lastCheck = 1000n;

  /** Tells a stand-in what goes wrong, or what the outcome of a payment is. */
  async function control(
    site: SiteName,
    path: 'faults' | 'outcomes' | 'clock' | 'webhooks' | 'balance' | 'present',
    body: object,
  ) {
    const answer = await fetch(`${sandbox[site].url}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the sandbox refused ${path}: ${await answer.text()}`);
  }

  /** All movements that a stand-in booked for a key, read page by page. */
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
      payerAddress: ADDRESS,
      paidOn: '2026-11-23',
    };
  }

  return {
    gateways,
    settings,
    printDir,
    payerAccounts,
    urls: { wise: sandbox.wise.url, paypal: sandbox.paypal.url, lob: sandbox.lob.url, bank: sandbox.bank.url },
    control,
    /** The rules that have not been used yet. */
    faults: async (site: SiteName) =>
      (await (await fetch(`${sandbox[site].url}/sandbox/faults`)).json()) as readonly object[],
    movements,
    order,
    attempt: (name: GatewayName, wish: Wish = {}): Attempt => createAttempt(gateways[name], order(name, wish), now()),
    /** Removes every fault and outcome. */
    async calm() {
      const sites = [sandbox.wise, sandbox.paypal, sandbox.lob, sandbox.bank];
      for (const { url } of sites)
        for (const path of ['faults', 'outcomes']) await fetch(`${url}/sandbox/${path}`, { method: 'DELETE' });
    },
    close: () => opened.close(),
  };
}
