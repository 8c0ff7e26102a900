import type { Method } from '../../domain/rails.ts';
import type { ApiClient, Body } from '../client.ts';
import type { Deployment } from './deployment.ts';
import { dataFiles, type Example, partnerOf, readPartnerIds } from './example.ts';
import { importFile, sayImport, untilAccrued } from './import.ts';
import { cutoffOf } from './months.ts';
import { approve, askForRun, countPayouts, untilPaid, untilPrepared } from './pay.ts';
import { openProgress } from './progress.ts';
import { daysSince, reconcile } from './proof.ts';
import { readReport, type Report } from './report.ts';

/** A replay needs the people, the database to see whether accrual has caught up, and Temporal to reconcile. */
export type Ground = Pick<Deployment, 'db' | 'people' | 'temporal'>;
type Replay = { example: Example; data: string; months: readonly string[]; say: (line: string) => void };

const PARTNERS_PER_CALL = 200;

/** Sets up an example's program, imports its data, and waits until all earnings are computed. */
export async function takeIn(
  { people, db }: Omit<Ground, 'temporal'>,
  { example, data, say }: Omit<Replay, 'months'>,
): Promise<void> {
  const { api } = people.operator;
  const files = dataFiles(example, data);
  await setUp(api, { ...example, plans: [example.plan] });
  const ids = await readPartnerIds(files.partners, example.partners.column);
  await addPartners(api, example, ids, say);
  say(`Added ${ids.length} partners.`);
  const imported = await importFile(api, { mapping: example.mapping, file: files.events, joined: files.joined });
  await sayImport(api, imported, say);
  await untilAccrued({ db });
  say('All earnings are computed.');
}

/** Takes an example in, pays its months, and reports who got which amount. */
export async function replay(ground: Ground, { months, ...given }: Replay): Promise<Replayed> {
  await takeIn(ground, given);
  return payMonths(ground, given.example, months, given.say);
}

/** The payouts and outcomes of a replay, and its runs. */
export type Replayed = Report & { runs: string[] };

/** Pays months in order, as the people of the payer would have done. */
export async function payMonths(
  ground: Ground,
  company: Pick<Example, 'schedule'>,
  months: readonly string[],
  say: Replay['say'],
): Promise<Replayed> {
  const paid = [];
  for (const month of months) paid.push(await payMonth(ground, company, month, say));
  return {
    runs: paid.map(({ runId }) => runId),
    payouts: paid.flatMap(({ report }) => report.payouts),
    outcomes: paid.flatMap(({ report }) => report.outcomes),
  };
}

type Plan = { code: string; terms: unknown };
type Company = Pick<Example, 'payer' | 'schedule'> & { program: Example['program']; plans: readonly Plan[] };

/** Adds the payer, the schedule, the program and its plans. The API checks what the example's files say, so it is sent as it is. */
export async function setUp(api: ApiClient, { payer, schedule, program, plans }: Company): Promise<void> {
  const { gateways, ...company } = payer;
  const { minimum, ...rhythm } = schedule;
  await api.post('/v1/payers', { body: company as Body<'post', '/v1/payers'> });
  for (const [method, settings] of Object.entries(gateways))
    await api.put('/v1/payers/{code}/gateways/{method}', {
      params: { path: { code: payer.code, method: method as Method } },
      body: settings as Body<'put', '/v1/payers/{code}/gateways/{method}'>,
    });
  // The months are long over, so nothing is to start by itself: each run is asked for.
  const minimums = minimum ? [{ currency: payer.currency, amount: minimum }] : [];
  await api.post('/v1/schedules', { body: { ...rhythm, payer: payer.code, scheduled: false, minimums } });
  await api.post('/v1/programs', { body: { ...program, schedule: schedule.code } });
  for (const { code, terms } of plans)
    await api.post('/v1/programs/{code}/plans', {
      params: { path: { code: program.code } },
      body: { code, terms } as Body<'post', '/v1/programs/{code}/plans'>,
    });
}

async function addPartners(
  api: ApiClient,
  example: Example,
  ids: readonly string[],
  say: Replay['say'],
): Promise<void> {
  const progress = openProgress('Partners', say);
  for (let from = 0; from < ids.length; from += PARTNERS_PER_CALL) {
    const page = ids.slice(from, from + PARTNERS_PER_CALL);
    const partners = page.map((id) => partnerOf(example, id) as Body<'post', '/v1/partners'>);
    await api.post('/v1/partners/batch', { body: { partners } });
    progress.show(from + page.length, ids.length);
  }
  progress.end();
}

/** Requests a month's run, has another person approve it, waits until every payout has ended, and reconciles. */
async function payMonth(
  { people, temporal, db }: Ground,
  { schedule }: Pick<Example, 'schedule'>,
  month: string,
  say: Replay['say'],
) {
  const startedMs = Date.now();
  const runId = await askForRun(people, schedule.code, cutoffOf(month));
  const prepared = await untilPrepared(people, runId);
  say(`${month}: run ${runId} pays ${countPayouts(prepared)} partners.`);
  if (prepared.status === 'review') {
    await approve(people.approver, prepared);
    const progress = openProgress(`Paid for ${month}`, say);
    await untilPaid(people, runId, { leftOpen: 0, show: progress.show });
    progress.end();
  }
  const reconciled = await reconcile({ temporal, db }, daysSince(startedMs));
  const breaks = reconciled.reduce((sum, found) => sum + found.breaks, 0);
  say(`${month}: paid and reconciled in ${Math.round((Date.now() - startedMs) / 1000)} s, with ${breaks} breaks.`);
  return { runId, report: await readReport(people.auditor.api, month, runId) };
}
