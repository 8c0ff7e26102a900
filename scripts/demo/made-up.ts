import { join } from 'node:path';

import { DAY_MS } from '../../domain/durations.ts';
import { providerKey } from '../../domain/ids.ts';
import { cutoffInstant } from '../../domain/payers/schedule.ts';
import { payScheduleId } from '../../temporal/messages.ts';
import type { RunDetail } from '../api-types/api.d.ts';
import { problemIn } from '../client.ts';
import { addPartners, GOODS_SCHEDULE, MEDIA_SCHEDULE, setUpCompanies, ZONE } from './company.ts';
import type { Deployment } from './deployment.ts';
import { importFile, sayImport, untilAccrued } from './import.ts';
import { type Fate, type MadeUpPartner, makeUpPartners } from './made-up-partners.ts';
import { MAPPING, writeEvents } from './made-up-events.ts';
import { cutoffOf, lastPaidMonth } from './months.ts';
import { approve, askForRun, countPayouts, untilPaid, untilPrepared } from './pay.ts';
import { openProgress } from './progress.ts';
import { readStories, type Story } from './stories.ts';
import { until } from './until.ts';

type Wish = { folder: string; events: number; partners: number; seed: number; say: (line: string) => void };

/** Plays one month of two invented companies, from the first event to the last payout. Returns the runs, and the payouts worth a look. */
export async function payMadeUpMonth(
  deployment: Deployment,
  { folder, events, partners, seed, say }: Wish,
): Promise<{ runs: string[]; stories: Story[] }> {
  const { api } = deployment.people.operator;
  const month = lastPaidMonth(Date.now());
  const madeUp = makeUpPartners(partners);
  await setUpCompanies(deployment);
  await addPartners(api, madeUp);
  say(`Set up two payers, three programs and ${partners} partners.`);

  const file = join(folder, 'events.csv');
  await writeEvents(file, { partners: madeUp, count: events, seed, month, zone: ZONE });
  say(`Made up ${events} events of ${month} in ${file} (seed ${seed}).`);
  await sayImport(api, await importFile(api, { mapping: MAPPING, file }), say);
  await untilAccrued(deployment);
  say('All earnings are computed.');

  const goods = await payScheduled(deployment, month, { partners: madeUp, say });
  const media = await payOnDemand(deployment, month, say);
  const runs = [goods, media];
  return { runs, stories: await readStories(deployment.people.auditor.api, madeUp, runs) };
}

/** Wise will make one transfer, but its answer will be lost. The payout must find the transfer, and must not make another. */
async function loseAnswerTo({ id }: { id: string }, { stack }: Deployment): Promise<void> {
  const match = providerKey(id, 1);
  const fault = { fault: 'commit-then-drop', method: 'POST', path: '/transfers$', match, times: 1 };
  const url = `http://127.0.0.1:${stack.ports.wise}/sandbox/faults`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(fault) });
  if (!response.ok) throw new Error(`the sandbox refused the fault: ${await response.text()}`);
}

const OPENED_WITHIN_MS = 60_000;
const RETURNED_WITHIN_MS = 60_000;

/** Makes the pay schedule's Temporal Schedule repeat its action of a cut-off. */
async function payScheduled(
  deployment: Deployment,
  month: string,
  { partners, say }: { partners: readonly MadeUpPartner[]; say: Wish['say'] },
): Promise<string> {
  const { people, temporal } = deployment;
  const cutoffMs = cutoffInstant({ zone: ZONE }, cutoffOf(month));
  await temporal.schedule
    .getHandle(payScheduleId(GOODS_SCHEDULE))
    .backfill({ start: new Date(cutoffMs), end: new Date(cutoffMs + DAY_MS), overlap: 'ALLOW_ALL' });
  const [opened] = await until(
    () => people.auditor.api.all('/v1/runs', { params: { query: { schedule: GOODS_SCHEDULE } } }),
    ({ length }) => length > 0,
    { what: `the Schedule of ${GOODS_SCHEDULE} to open its run`, withinMs: OPENED_WITHIN_MS },
  );
  const run = await untilPrepared(people, opened?.id ?? '');
  say(
    `The Temporal Schedule of ${GOODS_SCHEDULE} opened run ${run.id}: ${countPayouts(run)} payouts wait for approval.`,
  );
  const payoutOf = await findPayoutsByFate(deployment, run, partners);
  await loseAnswerTo(payoutOf('answer is lost'), deployment);
  await payApproved(deployment, run, { leftOpen: 1, say });
  await untilReturned(payoutOf('transfer bounces'), deployment);
  return run.id;
}

async function findPayoutsByFate({ people }: Deployment, run: RunDetail, partners: readonly MadeUpPartner[]) {
  const payouts = await people.auditor.api.all('/v1/runs/{id}/payouts', { params: { path: { id: run.id } } });
  return (fate: Fate) => {
    const code = partners.find((partner) => partner.fate === fate)?.code;
    const payout = payouts.find(({ partner }) => partner === code);
    if (!payout) throw new Error(`No partner with the fate "${fate}" is paid: there are too few events.`);
    return payout;
  };
}

/** Under load the bounce may come after the demo's short return window. The payout was then settled for a moment. */
const untilReturned = ({ id }: { id: string }, { people }: Deployment) =>
  until(
    () => people.auditor.api.get('/v1/payouts/{id}', { params: { path: { id } } }),
    ({ status }) => status === 'returned',
    { what: 'the bounced transfer to come back', withinMs: RETURNED_WITHIN_MS },
  );

/** A person requests the run of the other payer, and the API refuses to let the same person approve it. */
async function payOnDemand(deployment: Deployment, month: string, say: Wish['say']): Promise<string> {
  const { people } = deployment;
  const run = await untilPrepared(people, await askForRun(people, MEDIA_SCHEDULE, cutoffOf(month)));
  say(`Petra requested run ${run.id} of ${MEDIA_SCHEDULE}: ${countPayouts(run)} payouts wait for approval.`);
  const refusal = await approve(people.preparerAsApprover, run).then(() => undefined, problemIn);
  if (refusal?.code !== 'approver_is_preparer') throw new Error('Petra could approve the run that she requested.');
  say(`Petra may not approve it herself: ${refusal.status} ${refusal.code}.`);
  return payApproved(deployment, run, { leftOpen: 0, say });
}

async function payApproved(
  { people }: Deployment,
  run: RunDetail,
  { leftOpen, say }: { leftOpen: number; say: Wish['say'] },
) {
  if (run.status !== 'review') return run.id;
  await approve(people.approver, run);
  say(`Anna approved its content ${run.contentHash?.slice(0, 12)}….`);
  const progress = openProgress(`Paid of ${run.schedule}`, say);
  await untilPaid(people, run.id, { leftOpen, show: progress.show });
  progress.end();
  return run.id;
}
