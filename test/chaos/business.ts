import { Client, Connection } from '@temporalio/client';

import { listShardsWithDueEvents } from '../../db/earnings/accrual.ts';
import { openDatabase } from '../../db/database.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import type { Method } from '../../domain/rails.ts';
import type { RunDetail } from '../../scripts/api-types/api.d.ts';
import type { Body } from '../../scripts/client.ts';
import { GOODS_SCHEDULE, MEDIA_SCHEDULE, setUpCompanies } from '../../scripts/demo/company.ts';
import { type DemoCurrency, type MadeUpPartner, partnerBody } from '../../scripts/demo/made-up-partners.ts';
import { cutoffOf, lastPaidMonth, monthBefore } from '../../scripts/demo/months.ts';
import { readRun } from '../../scripts/demo/pay.ts';
import { addPerson, giveRole, type People, type Person, welcomePeople } from '../../scripts/demo/people.ts';
import { until } from '../../scripts/demo/until.ts';
import type { Servers } from './servers.ts';

/** A payee, who is paid once in every round, unless in trouble. */
export type Payee = MadeUpPartner & { program: ProgramCode };

/** The amount that is owed to one payee for one round, and the time before it was sold. The amount is unique, so the providers' books alone show who was paid. */
export type Owed = { payee: Payee; minor: bigint; soldAt: number };

export type Business = {
  people: People;
  /** The people who may approve, in the order in which they are asked. */
  approvers: Person[];
  payees: readonly Payee[];
  /** The month of the sales. Both its cut-off and the next one have passed. */
  month: string;
};

/** One program of each company. Goods prints its checks, and Media sends them through Lob. */
const PROGRAM_OF = { goods: GOODS_SCHEDULE, media: MEDIA_SCHEDULE } as const;
type ProgramCode = keyof typeof PROGRAM_OF;
type Kind = { program: ProgramCode; currency: DemoCurrency; method: Method };

/** Every gateway and currency. */
const KINDS: readonly [Kind, ...Kind[]] = [
  { program: 'goods', currency: 'USD', method: 'bank' },
  { program: 'media', currency: 'USD', method: 'paypal' },
  { program: 'goods', currency: 'USD', method: 'check' },
  { program: 'media', currency: 'USD', method: 'check' },
  { program: 'goods', currency: 'EUR', method: 'bank' },
  { program: 'goods', currency: 'GBP', method: 'paypal' },
];

const OWED_MINOR_MIN = 5_000;
const OWED_MINOR_STEP = 25;
const PLAN = 'all';
/** Only a tenth of the payees get mail. A round is about money, and two letters for each payment would be half of its work. */
const MAILED_EVERY = 10;
const SOLD_ON_DAY = '02T12:00:00Z';
const PATIENCE_MS = 120_000;
const ASK_AGAIN_MS = 150;

/** Two companies and all their payees, before anything goes wrong. */
export async function openBusiness({ environment, ports, stop }: Servers, count: number): Promise<Business> {
  const { DATABASE_URL = '', TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '', PUBLIC_URL: url = '' } = environment;
  const db = await openDatabase(DATABASE_URL, { poolSize: 2 });
  const connection = Connection.lazy({ address: TEMPORAL_ADDRESS });
  const close = async () => void (await Promise.all([db.end(), connection.close()]));
  try {
    const mailbox = { url: `http://127.0.0.1:${ports.mail}` };
    const people = await welcomePeople(db, url, mailbox);
    await addPerson(people.givesRoles, 'bea', 'Bea Approver');
    const approvers = [people.approver, await giveRole(people, { url, mailbox }, 'bea', 'approver')];
    const temporal = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
    const stack = { environment, ports, servers: [], broken: new Promise<string>(() => {}), stop };
    await setUpCompanies({ stack, db, temporal, url, people, close });
    const payees = Array.from({ length: count }, (_, index) => makeUp(index));
    await addPrograms(people);
    await addPayees(people, payees);
    return { people, approvers, payees, month: monthBefore(lastPaidMonth(Date.now())) };
  } finally {
    await close();
  }
}

/** The plans pay the whole price, so that a sale is the amount owed to its payee. */
async function addPrograms({ operator: { api } }: People): Promise<void> {
  const terms: Body<'post', '/v1/programs/{code}/plans'>['terms'] = {
    holdDays: 0,
    rounding: 'half-even',
    incentives: [{ id: 'all', pay: { rule: 'percent', percent: '100' } }],
  };
  for (const [code, schedule] of Object.entries(PROGRAM_OF)) {
    await api.post('/v1/programs', { body: { code, name: code, schedule } });
    await api.post('/v1/programs/{code}/plans', { params: { path: { code } }, body: { code: PLAN, terms } });
  }
}

const addPayees = ({ operator }: People, payees: readonly Payee[]) =>
  operator.api.post('/v1/partners/batch', { body: { partners: payees.map(partnerOf) } });

function partnerOf(payee: Payee, index: number) {
  const { email, ...partner } = partnerBody(payee);
  const agreements = [{ program: payee.program, plan: PLAN, startsOn: '2020-01-01' }];
  return { ...partner, agreements, ...(email && index % MAILED_EVERY === 0 && { email }) };
}

function makeUp(index: number): Payee {
  const kind = KINDS[index % KINDS.length] ?? KINDS[0];
  return { ...kind, code: `payee-${String(index + 1).padStart(3, '0')}`, programs: [], fate: undefined };
}

/** The amounts that a round owes. No amount occurs twice in a deployment. */
export const owedIn = ({ payees }: Business, round: number): Owed[] =>
  payees.map((payee, index) => ({
    payee,
    minor: BigInt(OWED_MINOR_MIN + (round * payees.length + index) * OWED_MINOR_STEP),
    soldAt: Date.now(),
  }));

/** The sale that creates an amount owed. */
export const saleOf = ({ month }: Business, round: number, { payee, minor }: Owed) => ({
  source: 'chaos-shop',
  id: `${payee.code}-${round}`,
  program: payee.program,
  partner: payee.code,
  kind: 'sale',
  occurredAt: `${month}-${SOLD_ON_DAY}`,
  currency: payee.currency,
  amount: formatDecimal(money(minor, payee.currency)),
});

/** Sends the sales that create the amounts owed, and waits until their earnings are computed. */
export async function sell(servers: Servers, business: Business, round: number, owed: readonly Owed[]): Promise<void> {
  const events = owed.map((one) => saleOf(business, round, one));
  const { api } = business.people.operator;
  await persist('the sales to be taken in', () =>
    api.post('/v1/events', { body: { events }, idempotencyKey: `sales-${round}` }),
  );
  await persist('the earnings of every sale', async () => {
    if ((await listShardsWithDueEvents(servers.db)).length > 0) throw new Error('some sales have earned nothing yet');
  });
}

/** The cut-off of the month in which everything is sold, and the one after it. */
export const cutoffsOf = ({ month }: Business) => {
  const first = cutoffOf(month);
  return { first, next: cutoffOf(first.slice(0, 'yyyy-mm'.length)) };
};

/** One prepared run for each company. A run that pays nobody ends at once. The name makes a second request the same as the first. */
export const prepareRuns = ({ people }: Business, name: string, periodEnd: string): Promise<RunDetail[]> =>
  Promise.all(
    Object.values(PROGRAM_OF).map(async (schedule) => {
      const body = { schedule, periodEnd };
      const ask = () => people.preparer.api.post('/v1/runs', { body, idempotencyKey: `${name}-${schedule}` });
      const { id } = await persist('a run to be opened', ask);
      return untilPrepared(people, id);
    }),
  );

const untilPrepared = async ({ preparer }: People, id: string): Promise<RunDetail> =>
  persist(`run ${id} to be prepared`, async () => {
    const run = await readRun(preparer.api, id);
    if (run.status === 'preparing') throw new Error('it is preparing');
    return run;
  });

/** Approves runs. After the first approval the approver may lose the role, unless nobody else has it. */
export async function approveAll(business: Business, runs: readonly RunDetail[], revokes = false): Promise<void> {
  const [first, ...others] = runs;
  if (!first || !revokes || business.approvers.length === 1) {
    await Promise.all(runs.map(({ id }) => approve(business, id)));
    return;
  }
  await approve(business, first.id);
  await untilBegun(business, first.id);
  const [loser] = business.approvers.splice(0, 1);
  if (loser) await revoke(business, loser);
  for (const { id } of others) {
    await decide(loser, id).catch(() => {}); // it must be refused, or the run has no approval that counts
    await approve(business, id);
  }
}

/** A run that has not begun is cancelled when its approver loses the role, and nobody would be paid under the faults. */
const untilBegun = ({ people: { preparer } }: Business, id: string): Promise<void> =>
  persist(`run ${id} to begin`, async () => {
    if ((await readRun(preparer.api, id)).status === 'approved') throw new Error('it waits');
  });

/** Approves what the run pays now, and reads it again if it changed meanwhile. */
const approve = ({ approvers: [approver] }: Business, id: string): Promise<void> =>
  persist(`run ${id} to be approved`, () => decide(approver, id));

async function decide(approver: Person | undefined, id: string): Promise<void> {
  if (!approver) throw new Error('nobody may approve');
  const { status, contentHash } = await readRun(approver.api, id);
  if (status !== 'review' || !contentHash) return;
  await approver.api.post('/v1/runs/{id}/decision', {
    params: { path: { id } },
    body: { decision: 'approve', contentHash },
    idempotencyKey: `approve-${id}-${contentHash}`,
  });
}

/** Takes the role of an approver away. */
const revoke = ({ people: { givesRoles } }: Business, { code }: Person): Promise<void> =>
  persist(`the role of ${code} to be revoked`, async () => {
    const { api, key } = givesRoles;
    for (const { id, revokedAt } of await api.all('/v1/actors/{code}/grants', { params: { path: { code } } })) {
      if (revokedAt !== null) continue;
      const init = { method: 'DELETE', headers: { authorization: `Bearer ${key}` } };
      const { ok, status } = await fetch(`${api.url}/v1/grants/${id}`, init);
      if (!ok) throw new Error(`HTTP ${status}`);
    }
  });

/** Repeats a repeatable call until it succeeds. Throws the last refusal if that takes too long. */
export async function persist<T>(what: string, call: () => Promise<T>): Promise<T> {
  const tried = () =>
    call().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ refusal: String(error) }),
    );
  const last = await until(tried, (outcome) => 'answer' in outcome, {
    what,
    withinMs: PATIENCE_MS,
    everyMs: ASK_AGAIN_MS,
  });
  if ('answer' in last) return last.answer;
  throw new Error(`Still waiting for ${what}: ${last.refusal}`);
}
