import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { closeWindows } from '../../commands/earnings/closings.ts';
import { listShardsWithDueEvents } from '../../db/earnings/accrual.ts';
import { listPartnerEarnings } from '../../db/earnings/partner-earnings.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { AttributeName, Code, LocalDay, Unit } from '../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../domain/money.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';
import type { UnitCode } from '../../domain/unit.ts';
import { wakeAccrual } from '../../temporal/starts.ts';
import type { ApiClient, Body } from '../client.ts';
import type { Deployment } from './deployment.ts';
import { companyFields, FileName, Month, readJson } from './example.ts';
import { importFile, sayImport, untilAccrued } from './import.ts';
import { setUp } from './replay.ts';
import { formatTable } from './table.ts';

/** A program of an industry as data: a folder with `program.json`, its own events, and the golden results in `golden.json`. */

const Version = z.strictObject({ effectiveFrom: z.string(), terms: PlanTerms });

const IndustryFile = z.strictObject({
  ...companyFields,
  program: z.strictObject({ code: Code, name: z.string(), attributes: z.array(AttributeName) }),
  /** Later versions of a plan change its terms from an instant on. */
  plans: z.array(z.strictObject({ code: Code, terms: PlanTerms, versions: z.array(Version).default([]) })).min(1),
  /** The partners as the API takes them, with their agreements and payout details. */
  partners: z.array(z.looseObject({ code: Code })).min(1),
  /** The partners who move to another plan, from a day on. */
  moves: z.array(z.strictObject({ partner: Code, plan: Code, from: LocalDay, reason: z.string() })).default([]),
  /** The files of events in the order of their arrival: `.json` as the API takes them, or `.csv` with `mapping.json`. */
  events: z.array(z.union([FileName, z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.json$/)])).min(1),
  months: z.array(Month).min(1),
});
export type Industry = z.output<typeof IndustryFile> & { folder: string };

const Golden = z.array(z.object({ partner: Code, incentive: z.string(), currency: Unit, amount: z.string() }).loose());

/** Whether a folder has its own events, so that no data is to be given. */
export async function hasOwnEvents(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'program.json'), 'utf8').catch(() => '');
  return /"events"\s*:\s*\[/.test(text);
}

/** Reads the example of an industry. Throws a sentence that names the error. */
export async function readIndustry(folder: string): Promise<Industry> {
  const industry = await readJson(join(folder, 'program.json'), IndustryFile);
  const missing = industry.events.find((name) => !existsSync(join(folder, name)));
  if (missing) throw new Error(`There is no ${missing} in ${folder}. Nothing was started.`);
  return { ...industry, folder };
}

type Ground = Pick<Deployment, 'db' | 'people' | 'temporal'>;
type Say = (line: string) => void;

/** Sets up the program of an industry, sends its events, and waits until all earnings are computed. */
export async function takeInIndustry({ people, db, temporal }: Ground, industry: Industry, say: Say): Promise<void> {
  const { api } = people.operator;
  const { code } = industry.program;
  await setUp(api, industry);
  for (const plan of industry.plans)
    for (const version of plan.versions)
      await api.post('/v1/programs/{code}/plans/{plan}/versions', {
        params: { path: { code, plan: plan.code } },
        body: version as Body<'post', '/v1/programs/{code}/plans/{plan}/versions'>,
      });
  const partners = industry.partners as unknown as Body<'post', '/v1/partners/batch'>['partners'];
  await api.post('/v1/partners/batch', { body: { partners } });
  for (const { partner, ...move } of industry.moves)
    await api.patch('/v1/partners/{code}/agreements/{program}', {
      params: { path: { code: partner, program: code } },
      body: move,
    });
  say(`Added ${partners.length} partners.`);
  for (const name of industry.events) await sendFile(api, industry, name, say);
  await untilAccrued({ db });
  await closeWindowsThatEnded({ db, temporal });
  say('All earnings are computed.');
}

/** Closes the windows whose day has come, and waits until they have earned. The sweep does the same every minute. */
async function closeWindowsThatEnded({ db, temporal }: Omit<Ground, 'people'>): Promise<void> {
  let closed: number;
  do {
    closed = await closeWindows(db);
    for (const shard of await listShardsWithDueEvents(db)) await wakeAccrual(temporal, shard);
    await untilAccrued({ db });
  } while (closed > 0);
}

async function sendFile(api: ApiClient, { folder }: Industry, name: string, say: Say): Promise<void> {
  const file = join(folder, name);
  if (name.endsWith('.csv')) {
    const mapping = await readJson(join(folder, 'mapping.json'), ImportMapping);
    return sayImport(api, await importFile(api, { mapping, file }), say);
  }
  const body = JSON.parse(await readFile(file, 'utf8')) as Extract<Body<'post', '/v1/events'>, object>;
  await api.post('/v1/events', { body });
  say(`Sent ${body.events.length} events of ${name}.`);
}

/** The earnings of a partner by one incentive: what the product says, and what the golden results say. */
type Earned = { partner: string; incentive: string; currency: UnitCode; minor: bigint; goldenMinor: bigint };

const EARNINGS_MAX = 10_000;

/** Adds up what each partner earned by each incentive, next to the golden results. */
export async function readEarned(db: Deployment['db'], { partners, folder }: Industry): Promise<Earned[]> {
  const golden = await readJson(join(folder, 'golden.json'), Golden);
  const sums = new Map<string, Earned>();
  const add = (name: Pick<Earned, 'partner' | 'incentive' | 'currency'>, minor: bigint, goldenMinor: bigint) => {
    const key = `${name.partner} ${name.incentive} ${name.currency}`;
    const known = sums.get(key) ?? { ...name, minor: 0n, goldenMinor: 0n };
    sums.set(key, { ...known, minor: known.minor + minor, goldenMinor: known.goldenMinor + goldenMinor });
  };
  for (const { code: partner } of partners) {
    const { id } = await getPartner(db, partner);
    for (const { incentive, currency, minor } of await listPartnerEarnings(db, id, null, EARNINGS_MAX))
      add({ partner, incentive, currency }, minor, 0n);
  }
  for (const { partner, incentive, currency, amount } of golden)
    add({ partner, incentive, currency }, 0n, parseDecimal(amount, currency).minor);
  return [...sums.values()].filter(({ minor, goldenMinor }) => minor !== 0n || goldenMinor !== 0n);
}

export const isGolden = (earned: readonly Earned[]): boolean =>
  earned.every(({ minor, goldenMinor }) => minor === goldenMinor);

/** Shows what each partner earned by each incentive. */
export function showEarned(earned: readonly Earned[], say: Say): void {
  const rows = earned
    .toSorted((one, other) => (one.partner + one.incentive < other.partner + other.incentive ? -1 : 1))
    .map(({ partner, incentive, currency, minor, goldenMinor }) => [
      partner,
      incentive,
      currency,
      ...[minor, goldenMinor].map((amount) => formatDecimal(money(amount, currency))),
    ]);
  say(`\nEarned\n${formatTable(['partner', 'incentive', 'currency', 'earned', 'golden result'], rows)}\n`);
}
