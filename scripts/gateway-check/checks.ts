import assert from 'node:assert/strict';

import { z } from 'zod';

import { DAY_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { money } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/rails.ts';
import type { Reply, Submission } from '../../gateways/gateway.ts';
import { readJson, writeJson } from '../../gateways/json.ts';
import { createWebhookReaders, WEBHOOK_SENDERS, type WebhookSender } from '../../gateways/webhooks.ts';
import { type Attempt, createAttempt, patience } from './attempt.ts';
import { attemptOf, type Bench, gatewayOf, orderOf } from './bench.ts';

/**
 * The part of every gateway's contract that can be checked against the provider's own test environment. It uses only faults that we
 * make ourselves, and does not read the provider's books. `test/gateways/contract.ts` also runs it, besides the rules that need the
 * sandbox.
 */
export type Check = {
  /** The rule, as the rest of a sentence that begins "given a payment by the gateway". */
  name: string;
  /** Throws if the contract is broken. */
  run: (bench: Bench) => Promise<Verdict>;
};

export type Verdict = { verdict: 'passed' | 'skipped'; note: string };

const passed = (note = ''): Verdict => ({ verdict: 'passed', note });
const skipped = (note: string): Verdict => ({ verdict: 'skipped', note });

/** The calls of a payment whose answer we discard. `names` says whether the answer contains the payment's reference. */
const LOSSES: Record<GatewayName, readonly { path: RegExp; names: boolean }[]> = {
  wise: [
    { path: /\/transfers$/, names: true },
    { path: /\/transfers\/\d+\/payments$/, names: false },
  ],
  paypal: [{ path: /\/v1\/payments\/payouts$/, names: true }],
  lob: [{ path: /\/v1\/checks$/, names: true }],
  'printed-check': [{ path: /\/positive-pay\/files$/, names: false }],
};

/** The states of a payment that a provider has just accepted. It asks for a person if the account may not fund payments by itself. */
const TAKEN: ReadonlySet<Reply['state']> = new Set([
  'accepted',
  'sent',
  'settled',
  'unclaimed',
  'on_hold',
  'needs_person',
]);

function expectTaken(told: Reply): void {
  assert.ok(
    TAKEN.has(told.state),
    `it is ${told.state} (${told.providerStatus}${told.reason ? `, ${told.reason}` : ''})`,
  );
  assert.notEqual(told.reference, null, 'it has no reference');
}

/** The remaining data of an attempt whose worker died before it stored the answer. */
function forget({ order, stored }: Attempt): Submission {
  const { transferId: _, ...step } = z.record(z.string(), z.unknown()).parse(readJson(stored.step ?? '{}'));
  return { ...stored, amount: order.amount, reference: null, step: stored.step === null ? null : writeJson(step) };
}

const saveNothing = async (): Promise<void> => undefined;

async function refusesAWrongKey(bench: Bench): Promise<Verdict> {
  const { wise, paypal, lob, printedCheck } = bench.settings;
  const settings = {
    wise: { ...wise, token: `${wise.token}x` },
    paypal: { ...paypal, clientSecret: `${paypal.clientSecret}x` },
    lob: { ...lob, apiKey: `${lob.apiKey}x` },
    printedCheck: { ...printedCheck, bankKey: `${printedCheck.bankKey}x` },
  };
  const failure = await attemptOf({ ...bench, settings })
    .submit()
    .then(
      ({ state }) => assert.fail(`it is ${state}`),
      (thrown: unknown) => thrown,
    );
  assert.ok(failure instanceof Failure, String(failure));
  assert.equal(failure.code, 'gateway_refused', failure.message);
  return passed();
}

async function takesAPayment(bench: Bench): Promise<Verdict> {
  const attempt = attemptOf(bench);
  const told = await attempt.submit();
  expectTaken(told);
  const read = await attempt.read();
  assert.equal(read.reference ?? attempt.stored.reference, told.reference);
  assert.doesNotMatch(read.alarm ?? '', /does not know/);
  assert.notEqual(read.state, 'failed', `${read.providerStatus}, ${read.reason}`);
  return passed(`${told.reference} is ${read.providerStatus}`);
}

async function repeatsTheSame(bench: Bench): Promise<Verdict> {
  const attempt = attemptOf(bench);
  const told = await attempt.submit();
  expectTaken(told);
  const again = await gatewayOf(bench).resolve(forget(attempt), saveNothing, patience());
  assert.equal(again.reference, told.reference, `it is another payment, ${again.reference}`);
  return passed(`${told.reference} both times`);
}

/** Sends everything, and discards one answer on its way back. */
function lossy(path: RegExp) {
  const lost: string[] = [];
  const send: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const { pathname } = new URL(new Request(input).url);
    if (init?.method !== 'POST' || lost.length > 0 || !path.test(pathname)) return answer;
    lost.push(await answer.text());
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('cut'), { code: 'UND_ERR_SOCKET' }) });
  };
  return { lost, send };
}

async function survivesALostAnswer(bench: Bench): Promise<Verdict> {
  const found: string[] = [];
  for (const { path, names } of LOSSES[bench.name]) {
    const { lost, send } = lossy(path);
    const attempt = attemptOf(bench, gatewayOf(bench, send));
    assert.equal((await attempt.submit()).state, 'unknown');
    const told = await attempt.resolve();
    expectTaken(told);
    if (names)
      assert.ok(lost[0]?.includes(told.reference ?? '-'), `${told.reference} is not the payment that was made first`);
    found.push(told.reference ?? '');
  }
  return passed(`found ${found.join(', ')}`);
}

/** Whatever a provider answers to a known key with another amount, the result must not pass for this payment. */
async function noticesAnotherAmount(bench: Bench): Promise<Verdict> {
  const first = attemptOf(bench);
  expectTaken(await first.submit());
  const amount = money(first.order.amount.minor + 1n, first.order.amount.currency);
  const other = createAttempt(gatewayOf(bench), { ...first.order, amount });
  const told = await other.submit();
  if (told.state === 'needs_person' || told.state === 'failed') return passed(`it is ${told.state} at once`);
  for (const end = Date.now() + SETTLING_MS; Date.now() < end;) {
    const { state, providerStatus } = await other.read();
    if (state === 'needs_person') return passed(`it is needs_person (${providerStatus})`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return assert.fail(`${told.reference} was taken as this payment`);
}

const SETTLING_MS = 20_000;
const POLL_MS = 50;

async function freezesTheSame(bench: Bench): Promise<Verdict> {
  const [gateway, order] = [gatewayOf(bench), orderOf(bench)];
  assert.deepEqual(gateway.freeze(order), gateway.freeze(order));
  return passed();
}

async function readsTheStatement(bench: Bench): Promise<Verdict> {
  if (bench.name === 'lob' && !bench.settings.printedCheck.bankBaseUrl)
    return skipped('only the bank reports checks by Lob, and no bank is set');
  const from = new Date(new Date().toISOString().slice(0, 10));
  const to = new Date(from.getTime() + 2 * DAY_MS); // midnight may pass during the check
  const attempt = attemptOf(bench);
  expectTaken(await attempt.submit());
  const { currency, minor } = attempt.order.amount;
  const read = () => gatewayOf(bench).statement(bench.account, currency, from, to, patience());
  for (const end = Date.now() + SETTLING_MS; ;) {
    const lines = await read().catch((thrown: unknown) => {
      if (thrown instanceof Failure && thrown.code === 'gateway_refused') return thrown;
      throw thrown;
    });
    if (lines instanceof Failure) return skipped(lines.message);
    assert.equal(new Set(lines.map(({ id }) => id)).size, lines.length, 'two lines have the same id');
    const ours = lines.filter(
      ({ reference, key }) => key === attempt.stored.key || reference === attempt.stored.reference,
    );
    const paid = ours.filter(({ kind }) => kind === 'payout').map(({ amount }) => amount);
    if (paid.length > 0) {
      assert.deepEqual(paid, [money(-minor, currency)]);
      return passed(`${lines.length} lines, ours among them`);
    }
    if (!bench.reportsAtOnce) return passed(`${lines.length} lines, this payment not yet among them`);
    assert.ok(Date.now() < end, 'the statement does not contain the payment');
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

const isSender = (name: GatewayName): name is WebhookSender => WEBHOOK_SENDERS.some((sender) => sender === name);

async function readsAWebhook({ name, settings, delivery }: Bench): Promise<Verdict> {
  if (!isSender(name)) return skipped('this bank sends no webhooks');
  if (!delivery) return skipped('no webhook was given (--delivery)');
  const reader = createWebhookReaders(settings)[name];
  const { providerStatus } = await reader(delivery.headers, delivery.body, new Date());
  const changed = Buffer.concat([delivery.body, Buffer.from(' ')]);
  await assert.rejects(reader(delivery.headers, changed, new Date()), { code: 'webhook_not_genuine' });
  return passed(`it reports ${providerStatus}`);
}

export const CHECKS: readonly Check[] = [
  { name: 'when it is frozen twice then the bytes are the same', run: freezesTheSame },
  { name: 'when our key is wrong then the provider refuses us as a whole', run: refusesAWrongKey },
  { name: 'when it is requested then it is accepted, and read under the same reference', run: takesAPayment },
  { name: 'when it is requested again then it is the same payment', run: repeatsTheSame },
  { name: 'when an answer is lost on its way then resolving finds the payment', run: survivesALostAnswer },
  { name: 'when its key is used with another amount then Bursar notices', run: noticesAnotherAmount },
  { name: 'when the day is reconciled then the statement shows its exact amount', run: readsTheStatement },
  { name: 'when a webhook arrives then its signature is right, and one changed byte is noticed', run: readsAWebhook },
];
