import { sql } from 'slonik';
import { z } from 'zod';

import { createActivities } from '../../activities/index.ts';
import { redrawRun } from '../../commands/runs/redraw.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../domain/payouts/attempt.ts';
import { formatDecimal, money, parseDecimal } from '../../domain/money.ts';
import { createGateways } from '../../gateways/index.ts';
import { createMailer } from '../../notifications/channels/mail.ts';
import { accrueAll } from '../fixtures/accrual.ts';
import { type Company, IN_PERIOD, openCompany, PERIOD_END, instrumentFor } from '../fixtures/company.ts';
import { gatewaySettingsOf, openWorld, VAULT, type World } from '../fixtures/world.ts';
import { booksOf, tell } from '../workflows/fixture.ts';
import type { Books, ModelPayee } from './model.ts';

/**
 * The product without Temporal. Steps call its API and its activities directly, so that nothing happens unless a step says so.
 * PostgreSQL and the stand-ins are real servers. The providers' time passes only when a step moves it.
 */
export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** This is longer than a test, so that providers act only when a step moves their clock. */
const STEP_MS = HOUR_MS;
const PROVIDERS = ['wise', 'paypal', 'lob', 'bank'] as const;
export type Provider = (typeof PROVIDERS)[number];
const KEEPERS = { bank: 'wise', paypal: 'paypal', check: 'bank' } as const;
/** The marker that tells a provider the fate of a payment. */
const OUTCOMES = {
  bank: { pays: undefined, fails: undefined, returns: 'bounce' },
  paypal: { pays: undefined, fails: 'fail', returns: 'return' },
  check: { pays: undefined, fails: undefined, returns: undefined },
} as const;

const PayoutRow = z.strictObject({
  id: z.string(),
  run: z.string(),
  partner: z.string(),
  net: z.bigint(),
  status: z.enum(PAYOUT_STATUSES),
});
const OwedRow = z.strictObject({ partner: z.string(), owed: z.bigint(), free: z.bigint() });

export async function openFixture() {
  const world = await openWorld({ stepMs: STEP_MS, clearMs: STEP_MS, wiseReturnWindowMs: 0 });
  await world.workers.pause();
  const company = await openCompany(world);
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const mailer = createMailer(world.sandbox.mail.smtpUrl, 'Bursar <payouts@localhost>');
  const activities = createActivities({
    db: world.db,
    temporal: world.temporal,
    mailer,
    sendWebhook: async () => 204,
    publicUrl: 'https://bursar.example.test',
    log: { error: () => {} },
    addresses: { finance: 'finance@example.test', operators: 'operators@example.test' },
    gateways: createGateways(gatewaySettingsOf(world.sandbox, `${world.dir}/checks`), { now }),
    vault: VAULT,
    returnWindows: { ...RETURN_WINDOWS_DEFAULT, wise: 0 },
    firstPollMs: 1,
    activePayoutsMax: 200,
  });
  return {
    world,
    company,
    activities,
    /** Moves the clock of the providers forward, and the clock by which we read their statements. */
    async pass(ms: number) {
      aheadMs += ms;
      for (const provider of PROVIDERS) await tell(world, provider, 'clock', { advanceMs: ms });
    },
    /** Ends all faults of the providers. The fates of payments stay. */
    async endFaults() {
      for (const provider of PROVIDERS)
        await fetch(`${world.sandbox[provider].url}/sandbox/faults`, { method: 'DELETE' });
    },
    async close() {
      mailer.close();
      await world.close();
    },
  };
}

export type Business = Awaited<ReturnType<typeof openBusiness>>;

/** A schedule, a program that pays the whole price, and its payees. Each payee determines the fate of its payments. */
export async function openBusiness(fixture: Fixture, code: string, payees: readonly ModelPayee[]) {
  const { world, company, activities } = fixture;
  const { operator, preparer, approver } = company;
  await addProgram(company, code);
  for (const { method, fate, code: name } of payees) {
    const outcome = OUTCOMES[method][fate];
    if (outcome) await tell(world, KEEPERS[method], 'outcomes', { match: name, outcome, afterMs: STEP_MS });
  }
  await operator.api.post('/v1/partners/batch', { partners: payees.map((payee) => partnerBody(code, payee)) });

  return {
    code,
    tell: (provider: Provider, what: string, body: object) => tell(world, provider, what, body),
    /** Sends events and computes their earnings. Returns the outcome of each. */
    async send(events: readonly object[]): Promise<string[]> {
      const { results } = await operator.api.post<{ results: { status: string }[] }>('/v1/events', { events });
      await accrueAll(world.db, code);
      return results.map(({ status }) => status);
    },
    sale: (id: string, partner: string, minor: bigint) => ({ ...common(code, id, partner, minor), kind: 'sale' }),
    refund: (id: string, partner: string, minor: bigint, refundOf: string) => ({
      ...common(code, id, partner, minor),
      kind: 'refund',
      refundOf,
    }),
    /** Requests a run and prepares it. Returns null if the API refuses because another run is open. */
    async prepare(): Promise<{ id: string; status: string } | null> {
      const asked = await preparer.api
        .post<{ id: string }>('/v1/runs', { schedule: code, periodEnd: PERIOD_END })
        .catch(() => null);
      if (!asked) return null;
      const { status } = await activities.openRun(asked.id);
      return { id: asked.id, status };
    },
    async clearFailure(partner: string): Promise<void> {
      const path = `/v1/partners/${partner}/instruments`;
      const { items } = await operator.api.get<{ items: { id: string }[] }>(path);
      for (const { id } of items) await operator.api.post(`${path}/${id}/clear`, { reason: 'The bank says it works' });
    },
    async decide(runId: string, decision: 'approve' | 'reject'): Promise<void> {
      const { contentHash } = await company.auditor.api.get<{ contentHash: string }>(`/v1/runs/${runId}`);
      await activities.recordDecision(runId, { by: approver.id, decision, contentHash, noteId: null });
      if (decision === 'reject') return;
      await activities.startDisbursing(runId);
      await activities.startPage(runId);
    },
    /** Lets a run in review follow what is owed, as the sweep does every minute. */
    redraw: (runId: string) => redrawRun(world.db, runId),
    hold: (partner: string, isHeld: boolean) =>
      operator.api.post(`/v1/partners/${partner}/${isHeld ? 'hold' : 'release'}`, { reason: 'a test' }),
    /** Advances a payout the given number of times at once. */
    look: async (payoutId: string, atOnce: number): Promise<void> =>
      void (await Promise.all(Array.from({ length: atOnce }, () => activities.advancePayout(payoutId)))),
    payouts: () =>
      world.db.any(sql.type(PayoutRow)`
        select payout.id, payout.run_id as run, partner.code as partner, payout.net_minor as net, payout.status
        from payout join partner on partner.id = payout.partner_id join payout_run run on run.id = payout.run_id
        join pay_schedule schedule on schedule.id = run.schedule_id
        where schedule.code = ${code} and payout.status <> 'cancelled' order by payout.id`),
    /** The amount that the ledger owes each payee, and the amount that the next run would pay or deduct, according to payability. */
    balances: () =>
      world.db.any(sql.type(OwedRow)`
        select partner.code as partner, coalesce(account.credits - account.debits, 0)::bigint as owed,
          able.payable_minor as free
        from pay_schedule schedule, payability(schedule.id, '2026-01-01', ${PERIOD_END}::date) able
        join partner on partner.id = able.partner_id
        left join ledger_account account on account.partner_id = partner.id and account.code like 'partner:payable:%'
        where schedule.code = ${code} order by partner.code`),
    books: (payoutId: string) => readBooks(world, payoutId),
  };
}

async function addProgram({ operator: { api } }: Company, code: string): Promise<void> {
  await api.post('/v1/schedules', {
    code,
    payer: 'acme',
    frequency: 'monthly',
    zone: 'UTC',
    scheduled: false,
    approvalsRequired: 1,
    minimums: [{ currency: 'USD', amount: '0.00' }],
  });
  await api.post('/v1/programs', { code, name: code, schedule: code });
  const incentives = [{ id: 'all', pay: { rule: 'percent', percent: '100' } }];
  await api.post(`/v1/programs/${code}/plans`, {
    code: 'all',
    terms: { holdDays: 0, rounding: 'half-even', incentives },
  });
}

const partnerBody = (program: string, { code, method }: ModelPayee) => ({
  code,
  name: `Partner ${code}`,
  kind: 'reseller',
  country: 'US',
  email: `${code}@example.test`,
  agreements: [{ program, plan: 'all', startsOn: '2020-01-01' }],
  instrument: instrumentFor({ code, method }),
});

const common = (program: string, id: string, partner: string, minor: bigint) => ({
  source: 'shop',
  id,
  program,
  partner,
  occurredAt: IN_PERIOD,
  currency: 'USD',
  amount: formatDecimal(money(minor, 'USD')),
});

const AttemptRow = z.strictObject({ gateway: z.string(), key: z.string(), number: z.string().nullable() });

/** The entries of the provider's own books for all attempts of a payout. */
async function readBooks(world: World, payoutId: string): Promise<Books> {
  const attempts = await world.db.any(sql.type(AttemptRow)`
    select gateway, provider_key as key, check_number::text as number from payout_attempt where payout_id = ${payoutId}`);
  const found = await Promise.all(
    attempts.map(async ({ gateway, key, number }) => {
      const keys = [key, `${key}/${key}`, `123456789012/${number}`];
      const entries = await booksOf(world, gateway === 'printed-check' ? 'bank' : (gateway as Provider));
      return entries.filter((entry) => keys.includes(entry.key));
    }),
  );
  const minors = (kind: string) =>
    found.flat().flatMap((entry) => (entry.kind === kind ? [parseDecimal(entry.amount, 'USD').minor] : []));
  return { paid: minors('paid'), returned: minors('returned') };
}
