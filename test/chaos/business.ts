import { Client, Connection } from '@temporalio/client';

import { listProgramsWithDueEvents } from '../../db/earnings/accrual.ts';
import { openDatabase } from '../../db/database.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import type { Method } from '../../domain/rails.ts';
import type { RunDetail } from '../../scripts/api-types/api.d.ts';
import type { Body } from '../../scripts/client.ts';
import { GOODS_SCHEDULE, MEDIA_SCHEDULE, setUpCompanies } from '../../scripts/demo/company.ts';
import { type DemoCurrency, type MadeUpPartner, partnerBody } from '../../scripts/demo/made-up-partners.ts';
import { cutoffOf, lastPaidMonth } from '../../scripts/demo/months.ts';
import { readRun } from '../../scripts/demo/pay.ts';
import { type People, welcomePeople } from '../../scripts/demo/people.ts';
import { until } from '../../scripts/demo/until.ts';
import type { Servers } from './servers.ts';

/** A payee, who is paid once in every round. */
export type Payee = MadeUpPartner & { program: ProgramCode };

/** The amount that is owed to one payee for one round. It is unique, so the providers' books alone show who was paid. */
export type Owed = { payee: Payee; minor: bigint };

export type Business = { people: People; payees: readonly Payee[]; month: string };

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
    const people = await welcomePeople(db, url, { url: `http://127.0.0.1:${ports.mail}` });
    const temporal = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
    const stack = { environment, ports, servers: [], broken: new Promise<string>(() => {}), stop };
    await setUpCompanies({ stack, db, temporal, url, people, close });
    const payees = Array.from({ length: count }, (_, index) => makeUp(index));
    await addPrograms(people);
    await addPayees(people, payees);
    return { people, payees, month: lastPaidMonth(Date.now()) };
  } finally {
    await close();
  }
}

/** The plans pay the whole price, so that a sale is the amount owed to its payee. */
async function addPrograms({ operator: { api } }: People): Promise<void> {
  const terms: Body<'post', '/v1/programs/{code}/plans'>['terms'] = {
    holdDays: 0,
    rounding: 'half-even',
    incentives: [{ id: 'all', rule: 'percent', percent: '100' }],
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
  }));

/** Sends the sales that create the amounts owed, and waits until their earnings are computed. */
export async function sell(servers: Servers, business: Business, round: number, owed: readonly Owed[]): Promise<void> {
  const events = owed.map(({ payee: { code, program, currency }, minor }) => ({
    source: 'chaos-shop',
    id: `${code}-${round}`,
    program,
    partner: code,
    kind: 'sale',
    occurredAt: `${business.month}-${SOLD_ON_DAY}`,
    currency,
    amount: formatDecimal(money(minor, currency)),
  }));
  const { api } = business.people.operator;
  await persist('the sales to be taken in', () =>
    api.post('/v1/events', { body: { events }, idempotencyKey: `sales-${round}` }),
  );
  await servers.withDatabase((db) =>
    until(
      () => listProgramsWithDueEvents(db).catch(() => ['unknown']),
      (programs) => programs.length === 0,
      {
        what: 'the earnings of every sale',
        withinMs: PATIENCE_MS,
        everyMs: ASK_AGAIN_MS,
      },
    ),
  );
}

/** One prepared run for each company. A run that pays nobody ends at once. The name makes a second request the same as the first. */
export const prepareRuns = ({ people, month }: Business, name: string): Promise<RunDetail[]> =>
  Promise.all(
    Object.values(PROGRAM_OF).map(async (schedule) => {
      const body = { schedule, periodEnd: cutoffOf(month) };
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

/** Repeats the decision with the same key until the API returns its outcome. */
export async function approve(
  { people: { approver } }: Business,
  { id, status, contentHash }: RunDetail,
): Promise<void> {
  if (status !== 'review' || !contentHash) return;
  await persist(`run ${id} to be approved`, () =>
    approver.api.post('/v1/runs/{id}/decision', {
      params: { path: { id } },
      body: { decision: 'approve', contentHash },
      idempotencyKey: `approve-${id}`,
    }),
  );
}

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
