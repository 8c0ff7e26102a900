import { randomInt, randomUUID } from 'node:crypto';

import { isByCheck } from '../../domain/checks/check.ts';
import type { Money } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/rails.ts';
import type { Destination, Gateway, PayerAccount, PaymentOrder } from '../../gateways/gateway.ts';
import { createGateways, type GatewaySettings } from '../../gateways/index.ts';
import { type Attempt, createAttempt } from './attempt.ts';
import { ADDRESS } from './payees.ts';

/** A webhook exactly as it was received. */
export type Delivery = { headers: Headers; body: Uint8Array };

/** The set-up for checking a gateway: a provider's test environment, our account there, and a payee. */
export type Bench = {
  name: GatewayName;
  settings: GatewaySettings;
  account: PayerAccount;
  payee: Destination;
  amount: Money;
  /** Whether the statement shows a payment at once. Providers may take hours. */
  reportsAtOnce: boolean;
  /** A genuine webhook of the provider, if one is available. */
  delivery: Delivery | null;
};

/** Lob accepts no higher check number. */
const CHECK_NUMBER_MAX = 500_000_000;

export const gatewayOf = ({ name, settings }: Bench, send: typeof fetch = fetch): Gateway =>
  createGateways(settings, { fetch: send })[name];

/** Another payment of the bench's amount to its payee. */
export const orderOf = ({ name, account, payee, amount }: Bench): PaymentOrder => ({
  key: randomUUID(),
  payoutId: randomUUID(),
  amount,
  destination: payee,
  account,
  reference: '20261123',
  checkNumber: isByCheck(name) ? BigInt(randomInt(1, CHECK_NUMBER_MAX)) : null,
  payerName: 'Acme Inc',
  payerAddress: ADDRESS,
  paidOn: '2026-11-23',
});

export const attemptOf = (bench: Bench, gateway: Gateway = gatewayOf(bench)): Attempt =>
  createAttempt(gateway, orderOf(bench));
