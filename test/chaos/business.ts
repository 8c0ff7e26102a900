import { Client, Connection } from '@temporalio/client';

import { openDatabase } from '../../db/database.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import type { Method } from '../../domain/payout.ts';
import { addPartners, GOODS_SCHEDULE, MEDIA_SCHEDULE, setUpCompanies } from '../../scripts/demo/company.ts';
import type { Deployment } from '../../scripts/demo/deployment.ts';
import { untilAccrued } from '../../scripts/demo/import.ts';
import type { DemoCurrency, MadeUpPartner, ProgramCode } from '../../scripts/demo/made-up-partners.ts';
import { cutoffOf, lastPaidMonth } from '../../scripts/demo/months.ts';
import { askForRun, type Run, untilPrepared } from '../../scripts/demo/pay.ts';
import { type People, welcomePeople } from '../../scripts/demo/people.ts';
import type { Servers } from './servers.ts';

/** Somebody who is owed an amount that nobody else is owed, so that the providers' books alone tell who was paid. */
export type Payee = MadeUpPartner & { minor: bigint };

export type Business = { people: People; payees: Payee[]; runs: Run[] };

type Kind = { program: ProgramCode; currency: DemoCurrency; method: Method };

/** Every gateway and currency: the checks of one company are printed, those of the other go by Lob. */
const KINDS: readonly [Kind, ...Kind[]] = [
  { program: 'affiliates', currency: 'USD', method: 'bank' },
  { program: 'referrals', currency: 'USD', method: 'paypal' },
  { program: 'affiliates', currency: 'USD', method: 'check' },
  { program: 'referrals', currency: 'USD', method: 'check' },
  { program: 'affiliates', currency: 'EUR', method: 'bank' },
  { program: 'affiliates', currency: 'GBP', method: 'paypal' },
];

const OWED_MINOR_MIN = 5_000n;
const OWED_MINOR_STEP = 25n;
/** What a program pays of a sale as small as ours is one part in so many. */
const PARTS: Record<ProgramCode, bigint> = { affiliates: 8n, referrals: 20n, resellers: 1n };
const SOLD_ON_DAY = '02T12:00:00Z';

/** Two companies whose runs are prepared and wait for their approval. */
export async function openBusiness({ environment, ports, stop }: Servers, count: number): Promise<Business> {
  const { DATABASE_URL = '', TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '', PUBLIC_URL: url = '' } = environment;
  const db = await openDatabase(DATABASE_URL, { poolSize: 2 });
  const connection = Connection.lazy({ address: TEMPORAL_ADDRESS });
  const close = async () => void (await Promise.all([db.end(), connection.close()]));
  try {
    const people = await welcomePeople(db, url);
    const temporal = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
    const stack = { environment, ports, servers: [], broken: new Promise<string>(() => {}), stop };
    return await setUp({ stack, db, temporal, url, people, close }, count);
  } finally {
    await close();
  }
}

async function setUp(deployment: Deployment, count: number): Promise<Business> {
  const { people } = deployment;
  const { api } = people.operator;
  const month = lastPaidMonth(Date.now());
  const payees = Array.from({ length: count }, (_, index) => makeUp(index));
  await setUpCompanies(deployment);
  await addPartners(api, payees);
  await api.post('/v1/events', { events: payees.map((payee) => saleOf(payee, month)) });
  await untilAccrued(deployment);
  const runs: Run[] = [];
  for (const schedule of [GOODS_SCHEDULE, MEDIA_SCHEDULE])
    runs.push(await untilPrepared(people, await askForRun(people, schedule, cutoffOf(month))));
  return { people, payees, runs };
}

function makeUp(index: number): Payee {
  const { program, currency, method } = KINDS[index % KINDS.length] ?? KINDS[0];
  const code = `payee-${String(index + 1).padStart(3, '0')}`;
  const minor = OWED_MINOR_MIN + BigInt(index) * OWED_MINOR_STEP;
  return { code, currency, method, programs: [program], fate: undefined, minor };
}

const saleOf = ({ code, currency, programs, minor }: Payee, month: string) => {
  const [program = 'affiliates'] = programs;
  return {
    source: 'chaos-shop',
    id: code,
    program,
    partner: code,
    kind: 'sale',
    occurredAt: `${month}-${SOLD_ON_DAY}`,
    currency,
    amount: formatDecimal(money(minor * PARTS[program], currency)),
  };
};
