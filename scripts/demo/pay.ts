import { MINUTE_MS } from '../../domain/durations.ts';
import type { RunDetail } from '../api-types/api.d.ts';
import type { ApiClient } from '../client.ts';
import type { People, Person } from './people.ts';
import { until } from './until.ts';

const PREPARED_WITHIN_MS = 5 * MINUTE_MS;
const PAID_WITHIN_MS = 30 * MINUTE_MS;
const OPEN = new Set(['draft', 'approved', 'executing', 'sent']);

export const readRun = (api: ApiClient, id: string): Promise<RunDetail> =>
  api.get('/v1/runs/{id}', { params: { path: { id } } });

/** Requests a run of everything that is due before a local date. */
export async function askForRun({ preparer }: People, schedule: string, periodEnd: string): Promise<string> {
  const { id } = await preparer.api.post('/v1/runs', { body: { schedule, periodEnd } });
  return id;
}

/** Waits until a run is ready for a decision. A run that pays nobody ends at once. */
export const untilPrepared = ({ preparer }: People, runId: string): Promise<RunDetail> =>
  until(
    () => readRun(preparer.api, runId),
    ({ status }) => status !== 'preparing',
    {
      what: `run ${runId} to be prepared`,
      withinMs: PREPARED_WITHIN_MS,
    },
  );

/** Approves the content of the given run. */
export async function approve({ api }: Person, { id, contentHash }: RunDetail): Promise<void> {
  if (!contentHash) throw new Error(`Run ${id} has no content to approve yet.`);
  await api.post('/v1/runs/{id}/decision', {
    params: { path: { id } },
    body: { decision: 'approve', contentHash, note: 'checked' },
  });
}

const countIn = ({ totals }: RunDetail, isCounted: (status: string) => boolean): number =>
  totals.filter(({ status }) => isCounted(status)).reduce((sum, { count }) => sum + count, 0);

export const countPayouts = (run: RunDetail): number => countIn(run, () => true);

/** Waits until every payout of a run has ended, except those that the provider leaves open for weeks. */
export const untilPaid = (
  { preparer }: People,
  runId: string,
  options: { leftOpen: number; show: (done: number, all: number) => void },
): Promise<RunDetail> =>
  until(
    async () => {
      const run = await readRun(preparer.api, runId);
      options.show(
        countIn(run, (status) => !OPEN.has(status)),
        countPayouts(run),
      );
      return run;
    },
    (run) => !isUnderWay(run.status) && countIn(run, (status) => OPEN.has(status)) <= options.leftOpen,
    { what: `the payouts of run ${runId} to end`, withinMs: PAID_WITHIN_MS },
  );

const isUnderWay = (status: string): boolean =>
  ['preparing', 'review', 'approved', 'disbursing', 'paused'].includes(status);
