import { sql } from 'slonik';

import { problemIn } from '../../scripts/client.ts';
import { TASK_QUEUES } from '../../temporal/messages.ts';
import { type Company, IN_PERIOD, instrumentFor, type PartnerWish, PERIOD_END } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import {
  eventsAreAccrued,
  getRun,
  listRunPayouts,
  type PayoutSeen,
  runBecomes,
  type RunSeen,
} from '../fixtures/runs.ts';
import type { World } from '../fixtures/world.ts';

/** The set-up that the tests of life-cycles share: businesses that do not affect each other, and control over the sandbox and Temporal. */

export type BusinessOptions = {
  /** The code of the schedule, the program and the plan, and the start of the partners' codes. */
  code: string;
  approvalsRequired?: number;
  minimum?: string;
  payDays?: number;
  holdDays?: number;
  frequency?: 'daily' | 'monthly';
  zone?: string;
};

export type Business = { company: Company; world: World; code: string };

/** Opens a schedule, a program and a plan that pays 100 %, so that the payout equals the sales. */
export async function openBusiness(company: Company, options: BusinessOptions): Promise<Business> {
  const {
    code,
    approvalsRequired = 1,
    minimum = '0.00',
    payDays = 0,
    holdDays = 0,
    frequency = 'monthly',
    zone = 'UTC',
  } = options;
  const { api } = company.operator;
  await api.post('/v1/schedules', {
    code,
    payer: 'acme',
    frequency,
    zone,
    payDays,
    scheduled: false,
    approvalsRequired,
    minimums: [{ currency: 'USD', amount: minimum }],
  });
  await addProgram({ company, world: company.world, code }, code, holdDays);
  return { company, world: company.world, code };
}

/** Adds another program to a business's schedule. */
export async function addProgram({ company, code }: Business, program: string, holdDays = 0): Promise<void> {
  const { api } = company.operator;
  await api.post('/v1/programs', { code: program, name: program, schedule: code });
  await api.post(`/v1/programs/${program}/plans`, {
    code: 'all',
    terms: {
      holdDays,
      rounding: 'half-even',
      incentives: [{ id: 'commission', pay: { rule: 'percent', percent: '100' } }],
    },
  });
}

export type PayeeWish = Omit<PartnerWish, 'code'> & { name: string; amount?: string; programs?: readonly string[] };

export const codeOf = ({ code }: Business, name: string): string => `${code}-${name}`;

/** Lets an operator clear the failures of a partner's instruments, so that they are paid to again. */
export async function clearFailure(business: Business, name: string): Promise<void> {
  const { api } = business.company.operator;
  const path = `/v1/partners/${codeOf(business, name)}/instruments`;
  const { items } = await api.get<{ items: { id: string }[] }>(path);
  for (const { id } of items) await api.post(`${path}/${id}/clear`, { reason: 'The bank says it works again' });
}

/** Adds partners, each with one instrument and, if the test names an amount, one sale of that amount. */
export async function addPayees(business: Business, wishes: readonly PayeeWish[]): Promise<void> {
  await business.company.operator.api.post('/v1/partners/batch', {
    partners: wishes.map(({ name, programs = [business.code], ...wish }) => ({
      code: codeOf(business, name),
      name: `Partner ${name}`,
      kind: 'reseller',
      country: 'US',
      email: `${codeOf(business, name)}@example.test`,
      agreements: programs.map((program) => ({ program, plan: 'all', startsOn: '2020-01-01' })),
      instrument: instrumentFor({ ...wish, code: codeOf(business, name) }),
    })),
  });
  const sellers = wishes.filter(({ amount }) => amount !== undefined);
  if (sellers.length > 0)
    await sell(
      business,
      sellers.map(({ name, amount = '0' }) => ({ name, amount })),
    );
}

export type Sold = { name: string; amount: string; id?: string; program?: string; occurredAt?: string };

/** Sends sales, and waits until they are accrued. */
export async function sell(business: Business, sales: readonly Sold[]): Promise<void> {
  const events = sales.map(
    ({ name, amount, id = `first-${name}`, program = business.code, occurredAt = IN_PERIOD }) => ({
      source: 'shop',
      id: `${program}-${id}`,
      program,
      partner: codeOf(business, name),
      kind: 'sale',
      occurredAt,
      currency: 'USD',
      amount,
    }),
  );
  await business.company.operator.api.post('/v1/events', { events });
  await eventsAreAccrued(business.company);
}

/** Prepares a run of the business, and waits until it is in review. */
export async function prepare({ company, code }: Business, periodEnd = PERIOD_END): Promise<RunSeen> {
  const { id } = await company.preparer.api.post<RunSeen>('/v1/runs', { schedule: code, periodEnd });
  return runBecomes(company, id, 'review', 'disbursed');
}

type Person = Company['approver'];

/** Sends a decision, and returns the status that was recorded or the code of the refusal. */
export async function decide(
  person: Person,
  { id, contentHash }: RunSeen,
  decision: 'approve' | 'reject' = 'approve',
  key?: string,
): Promise<string> {
  return orCode(async () => {
    const body = { decision, contentHash };
    const { status } = await person.api.post<{ status: string }>(`/v1/runs/${id}/decision`, body, key);
    return status;
  });
}

/** Returns the result of a call, or the code with which it was refused. */
export async function orCode(call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    const problem = problemIn(error);
    if (!problem) throw error;
    return problem.code;
  }
}

/** Prepares and approves a run. */
export async function startPaying(business: Business, periodEnd = PERIOD_END): Promise<RunSeen> {
  const run = await prepare(business, periodEnd);
  await decide(business.company.approver, run);
  return run;
}

export const payoutOf = async (business: Business, run: RunSeen, name: string): Promise<PayoutSeen> => {
  const payouts = await listRunPayouts(business.company, run.id);
  const found = payouts.find(({ partner }) => partner === codeOf(business, name));
  if (!found) throw new Error(`${name} is not in run ${run.id}`);
  return found;
};

/** Waits until a partner's payout of a run has one of these statuses. */
export const payoutBecomes = (business: Business, run: RunSeen, name: string, ...statuses: readonly string[]) =>
  eventually(`the payout of ${name} becomes ${statuses.join(' or ')}`, async () => {
    const payout = await payoutOf(business, run, name);
    return statuses.includes(payout.status) && payout;
  });

/** Waits until every payout of a run has one of these statuses. */
export const allBecome = (business: Business, run: RunSeen, ...statuses: readonly string[]) =>
  eventually(`all payouts of ${business.code} become ${statuses.join(' or ')}`, async () => {
    const payouts = await listRunPayouts(business.company, run.id);
    return payouts.every(({ status }) => statuses.includes(status)) && payouts;
  });

export type AttemptSeen = { state: string; word: string | null; reference: string | null };

export const attemptOf = async ({ company }: Business, payoutId: string): Promise<AttemptSeen | undefined> =>
  (await company.auditor.api.get<{ attempts: AttemptSeen[] }>(`/v1/payouts/${payoutId}`)).attempts.at(-1);

/** Waits until a payout's last attempt has a state. */
export const attemptBecomes = (business: Business, payoutId: string, ...states: readonly string[]) =>
  eventually(`the attempt of ${payoutId} becomes ${states.join(' or ')}`, async () => {
    const attempt = await attemptOf(business, payoutId);
    return attempt !== undefined && states.includes(attempt.state) && attempt;
  });

/** Mails these partners' printed checks of a run, as the task asks a person to do, and waits until their payouts are sent. */
export async function mailChecks(business: Business, run: RunSeen, ...names: readonly string[]): Promise<void> {
  const { company, world } = business;
  const payouts = await Promise.all(names.map((name) => payoutOf(business, run, name)));
  for (const { id } of payouts) await attemptBecomes(business, id, 'accepted');
  await world.activities.gatherNews();
  const tasks = await company.preparer.api.all<{ id: string; kind: string; subject: string }>('/v1/tasks');
  const task = tasks.find(({ kind, subject }) => kind === 'checks_to_mail' && subject.startsWith(`run/${run.id}/`));
  if (!task) throw new Error('nobody is asked to mail the checks');
  const { checks } = await company.preparer.api.get<{ checks: { number: string; payout: string }[] }>(
    `/v1/tasks/${task.id}/checks`,
  );
  const numbers = checks.filter(({ payout }) => payouts.some(({ id }) => id === payout)).map(({ number }) => number);
  await company.preparer.api.post(`/v1/tasks/${task.id}/mailed`, {
    mailedOn: new Date().toISOString().slice(0, 10),
    numbers,
  });
  for (const { id } of payouts) await world.activities.advancePayout(id);
  for (const name of names) await payoutBecomes(business, run, name, 'sent');
}

type Provider = 'wise' | 'paypal' | 'lob' | 'bank';

/** Tells a stand-in which fault to play, or sets its clock. */
export async function tell({ sandbox }: World, provider: Provider, what: string, body: object): Promise<void> {
  const response = await fetch(`${sandbox[provider].url}/sandbox/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the sandbox refused ${what}: ${await response.text()}`);
}

/** Ends the faults and outcomes that earlier tests set. */
export async function calm({ sandbox }: World): Promise<void> {
  for (const { url } of [sandbox.wise, sandbox.paypal, sandbox.lob, sandbox.bank])
    for (const what of ['faults', 'outcomes', 'plan']) await fetch(`${url}/sandbox/${what}`, { method: 'DELETE' });
}

export type Movement = {
  key: string;
  reference: string;
  kind: 'paid' | 'returned' | 'fee';
  currency: string;
  amount: string;
};

/** Every movement in a provider's own books, which are the independent witness. */
export async function booksOf({ sandbox }: World, provider: Provider): Promise<Movement[]> {
  const movements: Movement[] = [];
  for (let after: number | null = 0; after !== null;) {
    const response: Response = await fetch(`${sandbox[provider].url}/sandbox/books?after=${after}`);
    const page = (await response.json()) as { entries: Movement[]; next: number | null };
    movements.push(...page.entries);
    after = page.next;
  }
  return movements;
}

/** The amounts that the providers paid for a payout, by their own books. One entry means that it was paid once. */
export async function paidFor(world: World, payoutId: string): Promise<string[]> {
  const attempts = (await world.db.any(sql.unsafe`
    select gateway, provider_key as key, batch_id as batch, check_number::text as number
    from payout_attempt where payout_id = ${payoutId}`)) as readonly {
    gateway: string;
    key: string;
    batch: string | null;
    number: string | null;
  }[];
  const found = await Promise.all(
    attempts.map(async ({ gateway, key, batch, number }) => {
      const keys = [key, `${batch ?? key}/${key}`, `${CHECK_ACCOUNT}/${number}`];
      const books = await booksOf(world, gateway === 'printed-check' ? 'bank' : (gateway as Provider));
      return books.filter((entry) => entry.kind === 'paid' && keys.includes(entry.key));
    }),
  );
  return found.flat().map(({ amount }) => amount);
}

/** The account on which the company's checks are drawn. */
const CHECK_ACCOUNT = '123456789012';

let sweeps = 0;

/** Runs the sweep now, then sends the mail that is due, and waits for their end. */
export async function sweep({ temporal }: World): Promise<void> {
  const number = (sweeps += 1);
  for (const workflow of ['sweep', 'mail'])
    await temporal.workflow.execute(workflow, {
      workflowId: `${workflow}-by-hand-${number}`,
      taskQueue: TASK_QUEUES.main,
    });
}

/** Makes every row overdue, as if their workflows had been gone for a long time. */
export async function everythingIsDue({ db }: World): Promise<void> {
  await db.query(sql.unsafe`update payout set due_at = now() - interval '1 hour'`);
  await db.query(sql.unsafe`update payout_run set due_at = now() - interval '1 hour'`);
  await db.query(sql.unsafe`update provider_batch set due_at = now() - interval '1 hour'`);
}

export const alarmsOf = ({
  company,
}: Business): Promise<{ id: string; kind: string; subject: string; detail: string }[]> =>
  company.auditor.api.all('/v1/alarms');

/** The amount that a partner is owed, by the ledger, in minor units. */
export const owedTo = async (business: Business, name: string): Promise<bigint> =>
  BigInt(
    String(
      await business.world.db.oneFirst(sql.unsafe`
        select coalesce(sum(credits - debits), 0)::text from ledger_account
        where partner_id = (select id from partner where code = ${codeOf(business, name)})`),
    ),
  );

export const runStatus = async ({ company }: Business, id: string): Promise<string> =>
  (await getRun(company, id)).status;
