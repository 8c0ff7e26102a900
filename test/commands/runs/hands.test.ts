import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decideRun } from '../../../commands/runs/decide.ts';
import { beginDisbursing } from '../../../commands/runs/disburse.ts';
import { revokeGrant } from '../../../commands/people/grants.ts';
import type { Database } from '../../../db/database.ts';
import { EVERYTHING, type Limit } from '../../../domain/people/reach.ts';
import { getRun, insertRunEdit, updateRun } from '../../../db/runs/runs.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { RUN_RELATIONS } from '../../fixtures/hands.ts';
import { giveRole } from '../../fixtures/people.ts';
import {
  addActor,
  addCompany,
  addCorrectedLine,
  addInstrument,
  addLine,
  addPartner,
  addPayout,
  addRun,
  type CompanyRows,
  putInReview,
  refusalOf,
} from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

class Undo extends Error {}

/** Plays in a transaction that is undone, so that each cell of the table finds the same people. */
const undone = (play: (tx: Database) => Promise<void>): Promise<void> =>
  fixture.app
    .transaction(async (tx) => {
      await play(tx);
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });

type Act = keyof typeof RUN_RELATIONS;

/** Accrual names the people of these acts in the lines, as its own tests show. */
const IN_LINES: readonly (Act | undefined)[] = ['sentEvents', 'changedNeeds', 'acceptedChange', 'restoredEvent'];

/** An approver, the two operators who gave that role, and somebody else. */
async function addPeople(tx: Database) {
  const [proposer, confirmer, decider, other] = [
    await addActor(tx, 'proposer'),
    await addActor(tx, 'confirmer'),
    await addActor(tx, 'decider'),
    await addActor(tx, 'other'),
  ];
  for (const operator of [proposer, confirmer]) await giveRole(tx, operator, 'operator');
  const { grantId } = await giveRole(tx, decider, 'approver', { givers: [proposer, confirmer] });
  return { proposer, confirmer, decider, other, grantId };
}

const recordAgreement = (tx: Database, { programId, planId }: CompanyRows, partnerId: bigint, by: string) =>
  tx.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on, recorded_by)
    values (${String(partnerId)}, ${programId}, ${planId}, '2026-01-01', ${by})`);

/** A run in review of which a person did one thing. Everything else was done by nobody in particular. */
async function openRun(tx: Database, act: Act | undefined, by: string): Promise<string> {
  const company = await addCompany(tx);
  const partner = await addPartner(tx, company, 'bank');
  if (act === 'addedDetails') partner.instrumentId = await addInstrument(tx, partner.id, { createdBy: by });
  if (act === 'placedDetails')
    await tx.query(sql.unsafe`
      insert into instrument_place(instrument_id, place, usable_from, placed_by) values (${partner.instrumentId}, 0, now(), ${by})`);
  if (act === 'released')
    await tx.query(
      sql.unsafe`update partner set released_by = ${by}, released_at = now() where id = ${String(partner.id)}`,
    );
  if (act === 'agreed') await recordAgreement(tx, company, partner.id, by);
  if (act === 'recordedFact')
    await tx.query(sql.unsafe`
      insert into partner_fact(partner_id, key, slot, value, starts_on, source, recorded_by)
      values (${String(partner.id)}, 'tier', '', 'gold', '2026-01-01', 'person', ${by})`);
  if (act === 'wroteLadder' || act === 'wroteElsewhere') {
    const { programId } = act === 'wroteLadder' ? company : await addCompany(tx);
    await tx.query(sql.unsafe`
      with ladder as (
        insert into ladder(fact_key, program_id) values ('level', ${programId}) returning fact_key
      ), version as (
        insert into ladder_version(fact_key, version, starts_on, reason, created_by)
        select fact_key, 1, '2026-01-01', 'Guide', ${by} from ladder returning id, fact_key
      )
      insert into ladder_place(partner_id, fact_key, starts_on, ends_on, window_start, ladder_version_id, volume, value)
      select ${String(partner.id)}::bigint, fact_key, '2026-04-01', '2026-07-01', '2026-01-01', id, 0, 'bronze' from version`);
  }
  if (act === 'recordedParent') {
    const below = await addPartner(tx, company);
    await tx.query(sql.unsafe`
      insert into partner_parent(partner_id, parent_id, starts_on, reason, recorded_by)
      values (${String(below.id)}, ${String(partner.id)}, '2026-01-01', 'Contract', ${by})`);
  }
  if (act === 'loweredMinimum')
    await tx.query(sql.unsafe`
      insert into partner_minimum(partner_id, currency, minimum_minor, reason, recorded_by)
      values (${String(partner.id)}, 'USD', 0, 'As agreed', ${by})`);
  if (act === 'cappedRecovery' || act === 'cappedSchedule')
    await tx.query(sql.unsafe`
      insert into recovery_cap(schedule_id, partner_id, percent, reason, recorded_by, recorded_at)
      values (${company.scheduleId}, ${act === 'cappedSchedule' ? null : String(partner.id)}, 25, 'As agreed', ${by}, now())`);
  if (act === 'isPaid') await giveRole(tx, by, 'partner', { partnerId: partner.id });
  const lineId =
    act === 'corrected'
      ? await addCorrectedLine(tx, company, partner, { proposedBy: by })
      : await addLine(tx, company, partner, IN_LINES.includes(act) ? { madeBy: [by] } : {});
  const runId = await addRun(tx, company, act === 'requested' ? { preparerId: by } : {});
  const payoutId = await addPayout(tx, runId, partner, [lineId]);
  if (act === 'changed') await insertRunEdit(tx, { runId, payoutId, actorId: by, reason: 'an exclusion' });
  await putInReview(tx, runId);
  return runId;
}

/** The answer to the approval: a failure's code, or `allowed`. */
async function decide(tx: Database, runId: string, by: string): Promise<string> {
  const { contentHash } = await getRun(tx, runId);
  const decision = { by, decision: 'approve', contentHash: contentHash ?? '', noteId: null } as const;
  return (await decideRun(tx, runId, decision))?.code ?? 'allowed';
}

describe('given an approver whose role one operator proposed and another one confirmed', () => {
  const acts = Object.entries(RUN_RELATIONS).map(([act, relation]) => ({ act: act as Act, ...relation }));

  it.each(acts)('when the approver $did then the answer to their approval is $own', async ({ act, own }) =>
    undone(async (tx) => {
      const { decider } = await addPeople(tx);
      expect(await decide(tx, await openRun(tx, act, decider), decider)).toBe(own);
    }),
  );

  it.each(acts.flatMap((row) => (['proposer', 'confirmer'] as const).map((giver) => ({ ...row, by: giver }))))(
    'when the $by of their role $did then the answer to their approval is $giver',
    async ({ act, by, giver }) =>
      undone(async (tx) => {
        const people = await addPeople(tx);
        expect(await decide(tx, await openRun(tx, act, people[by]), people.decider)).toBe(giver);
      }),
  );

  it.each(acts)('when somebody else $did then they may approve it', async ({ act }) =>
    undone(async (tx) => {
      const { decider, other } = await addPeople(tx);
      expect(await decide(tx, await openRun(tx, act, other), decider)).toBe('allowed');
    }),
  );

  it.each(acts)(
    'when the proposer $did and the approval was written all the same then the database does not count it',
    async ({ act }) =>
      undone(async (tx) => {
        const { decider, proposer } = await addPeople(tx);
        const runId = await openRun(tx, act, proposer);
        await tx.query(sql.unsafe`
          insert into approval(run_id, content_hash, actor_id, decision)
          select id, content_hash, ${decider}, 'approve' from payout_run where id = ${runId}`);
        expect(await refusalOf(updateRun(tx, runId, { status: 'approved' }))).toMatch(/too few people/);
      }),
  );

  it('when they wrote a version of a ladder that gave no partner a rung then they may approve the run', async () =>
    undone(async (tx) => {
      const { decider, other } = await addPeople(tx);
      const runId = await openRun(tx, 'wroteLadder', other);
      await tx.query(sql.unsafe`
        insert into ladder_version(fact_key, version, starts_on, reason, created_by) values ('level', 2, '2026-04-01', 'Guide', ${decider})`);
      expect(await decide(tx, runId, decider)).toBe('allowed');
    }));

  it('when they are no longer an approver then they may not approve it', async () =>
    undone(async (tx) => {
      const { decider, proposer, other, grantId } = await addPeople(tx);
      await revokeGrant(tx, grantId, proposer);
      expect(await decide(tx, await openRun(tx, undefined, other), decider)).toBe('not_allowed');
    }));

  it('when other operators give them the role anew then they may approve what the first ones had a hand in', async () =>
    undone(async (tx) => {
      const { decider, proposer, grantId } = await addPeople(tx);
      const runId = await openRun(tx, 'sentEvents', proposer);
      await revokeGrant(tx, grantId, proposer);
      await giveRole(tx, decider, 'approver');
      expect(await decide(tx, runId, decider)).toBe('allowed');
    }));
});

describe('given an approver whose role is limited', () => {
  /** In these rows a payer, its schedule and its program have one code. */
  const limitedTo = async (tx: Database, actorId: string, limit: Limit, runId?: string): Promise<string> => {
    const code = runId === undefined ? (await addCompany(tx)).code : (await getRun(tx, runId)).schedule;
    const { grantId } = await giveRole(tx, actorId, 'approver', { limited: { ...EVERYTHING, [limit]: [code] } });
    return grantId;
  };

  it.each([
    { limit: 'payers', whose: 'its payer', answer: 'allowed' },
    { limit: 'payers', whose: 'another payer', answer: 'not_allowed' },
    { limit: 'programs', whose: 'its program', answer: 'not_allowed' },
  ] as const)(
    'when it is limited to $whose then the answer to their approval is $answer',
    async ({ limit, whose, answer }) =>
      undone(async (tx) => {
        const [approver, other] = [await addActor(tx, 'limited'), await addActor(tx, 'other')];
        const runId = await openRun(tx, undefined, other);
        await limitedTo(tx, approver, limit, whose === 'another payer' ? undefined : runId);
        expect(await decide(tx, runId, approver)).toBe(answer);
      }),
  );

  it('when they have a role for each of two payers then they may approve the runs of both', async () =>
    undone(async (tx) => {
      const [approver, other] = [await addActor(tx, 'limited'), await addActor(tx, 'other')];
      const runs = [await openRun(tx, undefined, other), await openRun(tx, undefined, other)];
      for (const runId of runs) await limitedTo(tx, approver, 'payers', runId);
      for (const runId of runs) expect(await decide(tx, runId, approver)).toBe('allowed');
    }));

  it('when an approval was written outside their reach then the database does not count it', async () =>
    undone(async (tx) => {
      const [approver, other] = [await addActor(tx, 'limited'), await addActor(tx, 'other')];
      const runId = await openRun(tx, undefined, other);
      await limitedTo(tx, approver, 'payers');
      await tx.query(sql.unsafe`
        insert into approval(run_id, content_hash, actor_id, decision)
        select id, content_hash, ${approver}, 'approve' from payout_run where id = ${runId}`);
      expect(await refusalOf(updateRun(tx, runId, { status: 'approved' }))).toMatch(/too few people/);
    }));

  it('when the role is taken away and given anew for another payer then the run is cancelled', async () =>
    undone(async (tx) => {
      const { proposer, other } = await addPeople(tx);
      const approver = await addActor(tx, 'limited');
      const runId = await openRun(tx, undefined, other);
      const grantId = await limitedTo(tx, approver, 'payers', runId);
      expect(await decide(tx, runId, approver)).toBe('allowed');
      await revokeGrant(tx, grantId, proposer);
      await limitedTo(tx, approver, 'payers');
      await beginDisbursing(tx, runId);
      expect((await getRun(tx, runId)).status).toBe('cancelled');
    }));

  it('when the limited role was proposed by a person with a hand in the run then they may not approve it', async () =>
    undone(async (tx) => {
      const { proposer, confirmer } = await addPeople(tx);
      const approver = await addActor(tx, 'limited');
      const runId = await openRun(tx, 'sentEvents', proposer);
      const limited = { ...EVERYTHING, payers: [(await getRun(tx, runId)).schedule] };
      await giveRole(tx, approver, 'approver', { limited, givers: [proposer, confirmer] });
      expect(await decide(tx, runId, approver)).toBe('role_given_by_editor');
    }));
});

describe('given a run that was approved and does not pay yet', () => {
  it('when the approver loses the role then the run is cancelled, and nobody is paid', async () =>
    undone(async (tx) => {
      const { decider, proposer, other, grantId } = await addPeople(tx);
      const runId = await openRun(tx, undefined, other);
      expect(await decide(tx, runId, decider)).toBe('allowed');
      await revokeGrant(tx, grantId, proposer);
      expect(await refusalOf(tx.transaction((inner) => updateRun(inner, runId, { status: 'disbursing' })))).toMatch(
        /too few people/,
      );
      await beginDisbursing(tx, runId);
      expect(await getRun(tx, runId)).toMatchObject({
        status: 'cancelled',
        statusReason: expect.stringContaining('approvers now'),
      });
    }));

  it('when nothing changes then it pays on its day', async () =>
    undone(async (tx) => {
      const { decider, other } = await addPeople(tx);
      const runId = await openRun(tx, undefined, other);
      await decide(tx, runId, decider);
      await beginDisbursing(tx, runId);
      expect((await getRun(tx, runId)).status).toBe('disbursing');
    }));
});
