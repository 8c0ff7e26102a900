import assert from 'node:assert/strict';

import fc from 'fast-check';

import { HOUR_MS } from '../../domain/durations.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import {
  ENDS,
  type Ending,
  freeFor,
  type Model,
  type ModelPayee,
  type ModelPayout,
  type ModelRun,
  mustLeave,
  owedTo,
  payable,
  refund,
  reject,
  remove,
  sell,
  whyNot,
} from './model.ts';
import type { Business, Provider, Fixture } from './fixture.ts';

/** The objects of a sequence: the product, and a business that belongs to this sequence alone. */
export type Real = { fixture: Fixture; business: Business; sent: object[]; check: () => Promise<void> };

type Command = fc.AsyncCommand<Model, Real>;

const FAULTS = [
  'commit-then-drop',
  'commit-then-502',
  'commit-then-cut-body',
  'drop-before-commit',
  '500-before-commit',
  '429',
] as const;

/** A step: its precondition, its effect on model and product, and its name in a printed sequence. */
const step = (
  name: string,
  canRun: (model: Model) => boolean,
  take: (model: Model, real: Real) => Promise<void>,
): Command => ({
  check: canRun,
  async run(model, real) {
    await take(model, real);
    await agree(model, real);
  },
  toString: () => name,
});

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

let events = 0;
/** Counts across all sequences, because event ids must be unique. */
const nextId = () => `event-${(events += 1)}`;

const sale = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 50_000 })).map(([who, minor]) =>
  step(
    `sale(${who}, ${minor})`,
    () => true,
    async (model, { business, sent }) => {
      const made = { id: nextId(), payee: at([...model.payees.keys()], who), minor: BigInt(minor) };
      const event = business.sale(made.id, made.payee, made.minor);
      sent.push(event);
      assert.deepEqual(await business.send([event]), ['accepted']);
      sell(model, made);
    },
  ),
);

const refunded = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 60_000 })).map(([which, minor]) =>
  step(
    `refund(${which}, ${minor})`,
    ({ sales }) => sales.length > 0,
    async (model, { business, sent }) => {
      const of = at(model.sales, which);
      const amount = BigInt(minor) < of.minor ? BigInt(minor) : of.minor;
      const event = business.refund(nextId(), of.payee, amount, of.id);
      sent.push(event);
      assert.deepEqual(await business.send([event]), ['accepted']);
      refund(model, of, amount);
    },
  ),
);

const replay = fc.constant(
  step(
    'replay',
    ({ sales }) => sales.length > 0,
    async (_model, { business, sent }) => {
      assert.deepEqual(new Set(await business.send(sent)), new Set(['replayed']));
    },
  ),
);

const prepare = fc.constant(
  step(
    'prepare',
    () => true,
    async (model, { business }) => {
      const wanted = payable(model);
      const run = await business.prepare();
      const isOpen = model.runs.some(({ status }) => status === 'review');
      assert.equal(run === null, isOpen, 'only one run of a schedule is open');
      if (!run) return;
      assert.equal(run.status, wanted.size > 0 ? 'review' : 'disbursed');
      model.runs.push({ id: run.id, status: wanted.size > 0 ? 'review' : 'over' });
      const known = new Set(model.payouts.map(({ id }) => id));
      const drafts = (await business.payouts()).filter(({ id }) => !known.has(id));
      assert.deepEqual(new Map(drafts.map(({ partner, net }) => [partner, net])), wanted);
      for (const { id, partner, net } of drafts)
        model.payouts.push({ id, run: run.id, payee: partner, net, wasAsked: false });
    },
  ),
);

/** An operator looks at every instrument that failed, and lets it be paid to again. */
const clear = fc.constant(
  step(
    'clear failures',
    ({ payees }) => [...payees.values()].some(({ hasFailed }) => hasFailed),
    async ({ payees }, { business }) => {
      for (const payee of payees.values()) {
        if (payee.hasFailed) await business.clearFailure(payee.code);
        payee.hasFailed = false;
      }
    },
  ),
);

/** Makes every payee sell something, so that there is somebody to pay. */
const season = fc.integer({ min: 1_000, max: 90_000 }).map((minor) =>
  step(
    `season(${minor})`,
    () => true,
    async (model, { business, sent }) => {
      const made = [...model.payees.keys()].map((payee) => ({ id: nextId(), payee, minor: BigInt(minor) }));
      const all = made.map(({ id, payee, minor: amount }) => business.sale(id, payee, amount));
      sent.push(...all);
      await business.send(all);
      for (const one of made) sell(model, one);
    },
  ),
);

const decide = fc.constantFrom('approve', 'approve', 'approve', 'reject').map((decision) =>
  step(
    decision,
    ({ runs }) => runs.some(({ status }) => status === 'review'),
    async (model, { business }) => {
      const run = model.runs.find(({ status }) => status === 'review');
      if (!run || !(await follow(model, business, run))) return;
      await business.decide(run.id, decision);
      if (decision === 'reject') reject(model, run);
      else run.status = 'paying';
    },
  ),
);

/** A run in review follows what is owed. Returns whether it still waits for a decision: without any payout it ends. */
async function follow(model: Model, business: Business, run: ModelRun): Promise<boolean> {
  await business.redraw(run.id);
  model.payouts = model.payouts.filter((payout) => payout.run !== run.id);
  const wanted = payable(model);
  const drafts = (await business.payouts()).filter((payout) => payout.run === run.id);
  assert.deepEqual(new Map(drafts.map(({ partner, net }) => [partner, net])), wanted);
  for (const { id, partner, net } of drafts)
    model.payouts.push({ id, run: run.id, payee: partner, net, wasAsked: false });
  if (wanted.size === 0) run.status = 'over';
  return wanted.size > 0;
}

const held = fc.tuple(fc.nat(), fc.boolean()).map(([who, isHeld]) =>
  step(
    `${isHeld ? 'hold' : 'release'}(${who})`,
    () => true,
    async (model, { business }) => {
      const payee = at([...model.payees.values()], who);
      await business.hold(payee.code, isHeld);
      payee.isHeld = isHeld;
    },
  ),
);

/** Advances payouts. Those that may no longer be paid leave their runs before anybody is asked, and the others are asked for. */
async function lookAt(
  model: Model,
  business: Business,
  payouts: readonly ModelPayout[],
  atOnce: number,
): Promise<void> {
  const payeeOf = ({ payee }: ModelPayout) => model.payees.get(payee) as ModelPayee;
  const hadFailed = new Set(payouts.filter((payout) => payeeOf(payout).hasFailed).map(({ id }) => id));
  await Promise.all(payouts.map(({ id }) => business.look(id, atOnce)));
  const now = await business.payouts();
  const isThere = ({ id }: ModelPayout) => now.some((seen) => seen.id === id);
  await believeAll(model, business, now);
  for (const payout of payouts.filter((one) => !isThere(one))) {
    assert.ok(
      !payout.wasAsked && mustLeave(model, payeeOf(payout)),
      `payout ${payout.id} left its run without a reason`,
    );
    remove(model, payout);
  }
  for (const payout of payouts.filter(isThere)) {
    const isLost = payeeOf(payout).isHeld || hadFailed.has(payout.id) || freeFor(model, payeeOf(payout)) < 0n;
    assert.ok(payout.wasAsked || !isLost, `payout ${payout.id} was asked for, but may not be paid`);
    payout.wasAsked = true;
  }
}

const underWay = ({ payouts, runs }: Model): ModelPayout[] =>
  payouts.filter(({ run }) => runs.some(({ id, status }) => id === run && status === 'paying'));

const look = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 3 })).map(([which, atOnce]) =>
  step(
    `look(${which}, ${atOnce} at once)`,
    (model) => underWay(model).length > 0,
    async (model, { business }) => {
      await lookAt(model, business, [at(underWay(model), which)], atOnce);
    },
  ),
);

/** Advances all payouts at once, as the sweep would. */
const lookAtAll = fc.constant(
  step(
    'look at all',
    (model) => underWay(model).length > 0,
    async (model, { business }) => {
      await lookAt(model, business, underWay(model), 1);
    },
  ),
);

const providers = fc.constantFrom<Provider>('wise', 'paypal', 'bank');

/** The paths that move money. Without this limit, faults would also strike PayPal's token calls. */
const ASKED_AT: Record<'wise' | 'paypal' | 'bank', string> = {
  wise: '/',
  paypal: '/v1/payments/payouts',
  bank: '/positive-pay',
};

const fault = fc
  .tuple(fc.constantFrom('wise', 'paypal', 'bank'), fc.constantFrom(...FAULTS), fc.integer({ min: 1, max: 3 }))
  .map(([who, what, times]) =>
    step(
      `fault(${who}, ${what}, ${times})`,
      () => true,
      async (_model, { business }) => {
        await business.tell(who, 'faults', { fault: what, method: 'POST', path: ASKED_AT[who], times });
      },
    ),
  );

const webhooks = fc.tuple(providers, fc.constantFrom('normal', 'duplicate', 'reorder', 'off')).map(([who, mode]) =>
  step(
    `webhooks(${who}, ${mode})`,
    () => true,
    async (_model, { business }) => {
      if (who !== 'bank') await business.tell(who, 'webhooks', { mode });
    },
  ),
);

const pass = fc.integer({ min: 1, max: 6 }).map((hours) =>
  step(
    `pass(${hours} h)`,
    (model) => model.payouts.length > 0,
    async (_model, { fixture }) => fixture.pass(hours * HOUR_MS),
  ),
);

const reconcile = fc.constantFrom(...GATEWAYS).map((gateway) =>
  step(
    `reconcile(${gateway})`,
    (model) => model.payouts.length > 0,
    async (_model, { fixture }) => {
      await fixture.activities.reconcileDay(gateway, new Date().toISOString().slice(0, 10)).catch(() => {}); // a fault may strike it
    },
  ),
);

/** More important steps occur more often. */
export const allCommands = [
  sale,
  season,
  season,
  refunded,
  refunded,
  held,
  held,
  replay,
  clear,
  prepare,
  prepare,
  decide,
  decide,
  decide,
  look,
  look,
  lookAtAll,
  lookAtAll,
  fault,
  fault,
  fault,
  webhooks,
  pass,
  pass,
  reconcile,
];

/** The product must agree with the model and with the providers' books. */
async function agree(model: Model, { business, check }: Real): Promise<void> {
  await believeAll(model, business, await business.payouts());
  const expected = [...model.payees.values()].map((payee) => ({
    partner: payee.code,
    owed: owedTo(model, payee),
    free: freeFor(model, payee),
  }));
  assert.deepEqual(await business.balances(), expected);
  await check();
}

type Seen = Awaited<ReturnType<Business['payouts']>>;

/** Accepts the ends that the product knows of, each only if the provider's books confirm it. */
async function believeAll(model: Model, business: Business, seen: Seen): Promise<void> {
  for (const { id, status } of seen) {
    const payout = model.payouts.find((known) => known.id === id);
    if (!payout) throw new Error(`payout ${id} belongs to nobody`);
    if (status === 'settled' || status === 'failed' || status === 'returned')
      await believe(model, business, payout, status);
    else assert.equal(payout.end, undefined, `payout ${id} had ended and is ${status}`);
  }
}

/** Accepts an end only if the provider's books confirm it. Except for a late return, an end is final. */
async function believe(model: Model, business: Business, payout: ModelPayout, end: Ending): Promise<void> {
  if (payout.end === end) return;
  assert.ok(!payout.end || payout.end === 'settled', `payout ${payout.id} was ${payout.end} and is ${end}`);
  const fate = model.payees.get(payout.payee)?.fate ?? 'pays';
  assert.equal(whyNot(end, payout, fate, await business.books(payout.id)), undefined, `payout ${payout.id} is ${end}`);
  payout.end = end;
  const payee = model.payees.get(payout.payee);
  if (payee && end !== 'settled') payee.hasFailed = true;
}

const ROUNDS_MAX = 40;

/** Ends all faults and gives the providers all the time they need. Every payout then ends as its fate says. */
export async function finish(model: Model, real: Real): Promise<void> {
  const { fixture, business } = real;
  const isDone = (payout: ModelPayout) => payout.end === ENDS[model.payees.get(payout.payee)?.fate ?? 'pays'];
  for (let round = 0; round < ROUNDS_MAX && !underWay(model).every(isDone); round += 1) {
    await fixture.pass(2 * HOUR_MS);
    for (const payout of underWay(model)) await lookAt(model, business, [payout], 1);
    await agree(model, real);
  }
  assert.deepEqual(
    underWay(model).filter((payout) => !isDone(payout)),
    [],
  );
  for (const { id, payee, end } of underWay(model)) {
    const { paid } = await business.books(id);
    assert.equal(paid.length, end === 'failed' ? 0 : 1, `${payee} was paid ${paid.length} times by payout ${id}`);
  }
}
