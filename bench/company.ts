import { OPEN_TO_ALL } from '../domain/programs/eligibility.ts';
import type { DatabasePool } from 'slonik';

import { addActor } from '../commands/people/actors.ts';
import { claimKey, claimToken } from '../commands/people/claims.ts';
import { addFirstOperator, addLackingOperator } from '../commands/people/first-operator.ts';
import { decideGrant, proposeGrant } from '../commands/people/grants.ts';
import { addPartners } from '../commands/partners/partners.ts';
import { addPayer } from '../commands/payers/payers.ts';
import { addSchedule } from '../commands/payers/schedules.ts';
import { IncentiveTerms } from '../domain/programs/incentives/index.ts';
import { addPlan } from '../commands/programs/plans.ts';
import { addProgram } from '../commands/programs/programs.ts';
import type { Database } from '../db/database.ts';
import { savePayerGateway } from '../db/payers/payers.ts';
import { getActor } from '../db/people/actors.ts';
import { findOpenClaim } from '../db/people/claims.ts';
import { payerGatewayRecord, sealJson, type VaultKeys } from '../db/vault.ts';

export const VAULT: VaultKeys = { keyId: 'bench', kek: Buffer.alloc(32, 1), fingerprintKey: Buffer.alloc(32, 2) };

const TEN_PERCENT = [IncentiveTerms.parse({ id: 'share', pay: { rule: 'percent', percent: '10' } })];

/** A company that pays its partners every month, through one gateway, and by default 10 % of each sale. */
export async function addCompany(
  db: DatabasePool,
  { method = 'bank', incentives = TEN_PERCENT }: { method?: 'bank' | 'paypal'; incentives?: IncentiveTerms[] } = {},
) {
  const { approver, operatorKey } = await addPeople(db, VAULT);
  const { id: by } = await addActor(db, { code: 'bench', name: 'Bench', email: null }, null);
  const payer = await addPayer(db, { code: 'bench', name: 'Bench', country: 'US', currency: 'USD', address: null }, by);
  const sealed = sealJson(VAULT, payerGatewayRecord(payer.id, method), {});
  await savePayerGateway(db, payer.id, {
    method,
    gateway: method === 'bank' ? 'wise' : 'paypal',
    accountRef: 'bench',
    sealed,
    checkAccountId: null,
  });
  const rules = {
    frequency: 'monthly',
    zone: 'UTC',
    payDays: 0,
    approvalsRequired: 1,
    signedApprovals: false,
    scheduled: false,
  } as const;
  const schedule = await addSchedule(db, { code: 'bench', payerId: payer.id, ...rules, minimums: [] }, by);
  const program = await addProgram(
    db,
    {
      code: 'bench',
      name: 'Bench',
      scheduleId: schedule.id,
      partnerKinds: [],
      eligibility: OPEN_TO_ALL,
    },
    by,
  );
  const terms = {
    holdDays: 0,
    rounding: 'half-even' as const,
    incentives,
  };
  await addPlan(db, program, { code: 'bench', terms }, by);
  return { scheduleId: schedule.id, programId: program.id, payerId: payer.id, by, approver, operatorKey };
}

export type Company = Awaited<ReturnType<typeof addCompany>>;

/** Resellers `p0`, `p1` and so on, who earn by the company's plan. Returns their ids in this order. */
export async function addSellers(db: DatabasePool, by: string, count: number): Promise<bigint[]> {
  const agreements = [{ program: 'bench', plan: 'bench', startsOn: '2020-01-01', endsOn: null }];
  const sellers = Array.from({ length: count }, (_none, index) => ({
    code: `p${index}`,
    name: `p${index}`,
    kind: 'reseller' as const,
    email: null,
    country: 'US',
    agreements,
    destination: null,
  }));
  const added = await addPartners(db, VAULT, sellers, { coolingOffDays: 0, by, givenBy: 'company' });
  return added.map(({ id }) => id);
}

/** Two operators give a third person the role approver. */
async function addPeople(db: Database, vault: VaultKeys): Promise<{ approver: string; operatorKey: string }> {
  const person = (code: string) => ({ code, name: code, email: `${code}@example.com` });
  const { key: operatorKey } = await addFirstOperator(db, person('first'));
  await addLackingOperator(db, person('second'));
  const [first, second] = [await getActor(db, 'first'), await getActor(db, 'second')];
  const actor = await addActor(db, person('approver'), null);
  const wish = { actor, role: 'approver', partnerId: null, expiresAt: null } as const;
  const { id } = await proposeGrant(db, vault, wish, first.id);
  await decideGrant(db, vault, { id, by: second.id, decision: 'confirm', note: null });
  await claimKey(db, claimToken(vault, await findOpenClaim(db, id)));
  return { approver: actor.id, operatorKey };
}
