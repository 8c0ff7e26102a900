import { startReconciliation } from '../../temporal/starts.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { type Company, PERIOD_END } from './company.ts';
import { eventually } from './eventually.ts';
import type { World } from './world.ts';

export type RunSeen = { id: string; status: string; contentHash: string | null };
export type PayoutSeen = { id: string; partner: string; method: string; status: string; net: string; currency: string };

export const getRun = ({ auditor }: Company, id: string): Promise<RunSeen> =>
  auditor.api.get<RunSeen>(`/v1/runs/${id}`);

export const listRunPayouts = ({ auditor }: Company, id: string): Promise<PayoutSeen[]> =>
  auditor.api.all<PayoutSeen>(`/v1/runs/${id}/payouts`);

/** Waits until a run is in one of these states. */
export const runBecomes = (company: Company, id: string, ...statuses: readonly string[]): Promise<RunSeen> =>
  eventually(`run ${id} becomes ${statuses.join(' or ')}`, async () => {
    const run = await getRun(company, id);
    return statuses.includes(run.status) && run;
  });

/** A run of the period that is prepared and waits for its decision. */
export async function prepareRun(company: Company, periodEnd = PERIOD_END): Promise<RunSeen> {
  await eventsAreAccrued(company);
  const { id } = await company.preparer.api.post<RunSeen>('/v1/runs', { schedule: 'monthly', periodEnd });
  return runBecomes(company, id, 'review', 'disbursed');
}

/** Accrual runs behind the intake: waits until no event is left. */
export const eventsAreAccrued = ({ world }: Company): Promise<unknown> =>
  eventually('every event is worked out', async () => (await world.countDueEvents()) === 0);

export const approve = ({ approver }: Company, { id, contentHash }: RunSeen) =>
  approver.api.post<{ status: string }>(`/v1/runs/${id}/decision`, { decision: 'approve', contentHash });

/** Waits until every payout of a run has a final status, and returns the payouts. */
export const payoutsEnd = (company: Company, runId: string): Promise<PayoutSeen[]> =>
  eventually(`every payout of run ${runId} ends`, async () => {
    const payouts = await listRunPayouts(company, runId);
    return payouts.every(({ status }) => ['settled', 'failed', 'returned', 'cancelled'].includes(status)) && payouts;
  });

/** Prepares, approves and pays the period. */
export async function payPeriod(company: Company, periodEnd = PERIOD_END): Promise<PayoutSeen[]> {
  const run = await prepareRun(company, periodEnd);
  if (run.status === 'review') await approve(company, run);
  return payoutsEnd(company, run.id);
}

/** Reconciles today with every gateway, and returns the open breaks. */
export async function reconcileToday(world: World, company: Company): Promise<{ kind: string; subject: string }[]> {
  const day = new Date().toISOString().slice(0, 10);
  for (const gateway of GATEWAYS) {
    await startReconciliation(world.temporal, gateway, day);
    await world.temporal.workflow.getHandle(`reconciliation/${gateway}/${day}`).result();
  }
  return company.auditor.api.all('/v1/breaks');
}
