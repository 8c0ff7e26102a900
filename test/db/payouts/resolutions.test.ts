import { type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { findLiveAttempt, updateAttempt } from '../../../db/payouts/attempts.ts';
import { updatePayout } from '../../../db/payouts/payouts.ts';
import { insertTask } from '../../../db/tasks/tasks.ts';
import {
  addActor,
  addCompany,
  addLine,
  addPartner,
  addPayout,
  addRun,
  disburse,
  refusalOf,
  sendPayout,
  tryAll,
} from '../../fixtures/rows.ts';
import { giveRole } from '../../fixtures/people.ts';
import { openFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

type Scene = Awaited<ReturnType<typeof openScene>>;

/** A payout with an unknown outcome and the task that asks people about it, and a payout that failed. */
async function openScene(db: Fixture['app']) {
  const company = await addCompany(db);
  const [ann, bob] = [await addPartner(db, company), await addPartner(db, company)];
  const runId = await addRun(db, company);
  const payoutId = await addPayout(db, runId, ann, [await addLine(db, company, ann)]);
  const failedId = await addPayout(db, runId, bob, [await addLine(db, company, bob)]);
  await disburse(db, runId, company.approver);
  const attemptId = await sendPayout(db, payoutId);
  const failedAttempt = await sendPayout(db, failedId);
  await say(db, attemptId, 'unknown');
  await say(db, failedAttempt, 'failed');
  await db.transaction((tx) => updatePayout(tx, failedId, 'failed', 'refused'));
  await insertTask(db, { kind: 'outcome_unknown', subject: `payout/${payoutId}`, payoutId, detail: 'nobody knows' });
  const taskId = await db.oneFirst(sql.type(z.object({ id: z.string() }))`
    select id from task where payout_id = ${payoutId}`);
  const payee = await addActor(db, 'payee');
  await giveRole(db, payee, 'partner', { partnerId: ann.id });
  const [helper, puppet] = [await addActor(db, 'helper'), await addActor(db, 'puppet')];
  for (const operator of [company.preparer, helper]) await giveRole(db, operator, 'operator');
  await giveRole(db, puppet, 'approver', { givers: [company.preparer, helper] });
  return { company, ann, bob, runId, payoutId, failedId, attemptId, taskId, payee, puppet, proposer: company.preparer };
}

/** Records a reply of the provider. */
const say = (db: Fixture['app'], id: string, state: 'unknown' | 'failed') =>
  updateAttempt(db, id, {
    state,
    word: state,
    reason: null,
    reference: null,
    evidence: {},
    debited: null,
    returnedMinor: null,
  });

let scene: Scene;
beforeEach(async () => {
  scene = await openScene(fixture.app);
});

type Wish = {
  outcome?: string;
  by?: string;
  taskId?: string;
  attemptId?: string;
  minor?: number | null;
  status?: string;
};

const propose = (s: Scene, wish: Wish = {}) => {
  const { outcome = 'paid', by = s.proposer, taskId = s.taskId, attemptId = s.attemptId, minor = null } = wish;
  const { status = 'proposed' } = wish;
  return sql.unsafe`
    insert into resolution(task_id, payout_id, attempt_id, outcome, amount_minor, evidence, proposed_by, status)
    values (${taskId}, ${s.payoutId}, ${attemptId}, ${outcome}, ${minor}, 'the bank told us', ${by}, ${status})`;
};
const change = (s: Scene, what: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update resolution set ${what} where payout_id = ${s.payoutId}`;
const confirm = (s: Scene, by = s.company.approver) =>
  change(s, sql.fragment`status = 'confirmed', decided_by = ${by}, decided_at = now()`);
const attempt = (s: Scene, what: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update payout_attempt set ${what} where id = ${s.attemptId}`;
const resolutionOf = (s: Scene) => sql.fragment`(select id from resolution where payout_id = ${s.payoutId})`;

describe('given a payment with an unknown outcome', () => {
  const attacks: readonly { does: string; with: (s: Scene) => readonly QuerySqlToken[]; refused: RegExp }[] = [
    {
      does: 'lets time settle it',
      with: (s) => [attempt(s, sql.fragment`state = 'settled'`)],
      refused: /neither its provider/,
    },
    {
      does: 'lets time fail it',
      with: (s) => [attempt(s, sql.fragment`state = 'failed'`)],
      refused: /neither its provider/,
    },
    {
      does: 'changes the provider status without a reply',
      with: (s) => [attempt(s, sql.fragment`state = 'failed', word = 'too late'`)],
      refused: /neither its provider/,
    },
    {
      does: 'resets it to prepared',
      with: (s) => [attempt(s, sql.fragment`state = 'submitted'`)],
      refused: /neither its provider/,
    },
    {
      does: 'settles it with a proposal that nobody confirmed',
      with: (s) => [
        propose(s),
        attempt(s, sql.fragment`state = 'settled', debited_minor = 1000, resolution_id = ${resolutionOf(s)}`),
      ],
      refused: /two people have not decided/,
    },
    {
      does: 'fails a payment that two people declared paid',
      with: (s) => [
        propose(s),
        confirm(s),
        attempt(s, sql.fragment`state = 'failed', resolution_id = ${resolutionOf(s)}`),
      ],
      refused: /two people have not decided/,
    },
    {
      does: 'confirms their own proposal',
      with: (s) => [propose(s), confirm(s, s.proposer)],
      refused: /resolution_check/,
    },
    {
      does: 'proposes as its payee',
      with: (s) => [propose(s, { by: s.payee })],
      refused: /pays the person who proposes or decides/,
    },
    {
      does: 'confirms as its payee',
      with: (s) => [propose(s), confirm(s, s.payee)],
      refused: /pays the person who proposes or decides/,
    },
    {
      does: 'confirms as an approver whom the proposer made one',
      with: (s) => [propose(s), confirm(s, s.puppet)],
      refused: /its proposer gave the person who decides their role/,
    },
    {
      does: 'proposes twice',
      with: (s) => [propose(s), propose(s, { outcome: 'not_paid' })],
      refused: /one_open_resolution/,
    },
    {
      does: 'begins with a confirmed proposal',
      with: (s) => [propose(s, { status: 'confirmed' })],
      refused: /must begin as proposed|resolution_check/,
    },
    {
      does: 'applies a proposal that nobody confirmed',
      with: (s) => [propose(s), change(s, sql.fragment`status = 'applied', ended_at = now()`)],
      refused: /the decision never change|resolution_check/,
    },
    {
      does: 'decides about a part when the task is about the whole',
      with: (s) => [propose(s, { outcome: 'keep', minor: 5 })],
      refused: /no open task asks/,
    },
    {
      does: 'proposes when the task is closed',
      with: (s) => [
        sql.unsafe`update task set closed_at = now(), resolution = 'it is known' where id = ${s.taskId}`,
        propose(s),
      ],
      refused: /no open task asks/,
    },
    {
      does: 'changes the evidence',
      with: (s) => [propose(s), change(s, sql.fragment`evidence = 'other'`)],
      refused: /the decision never change/,
    },
    {
      does: 'changes the outcome with the decision',
      with: (s) => [
        propose(s),
        change(
          s,
          sql.fragment`status = 'confirmed', decided_by = ${s.company.approver}, decided_at = now(), outcome = 'not_paid'`,
        ),
      ],
      refused: /the decision never change/,
    },
    {
      does: 'changes the person who decided',
      with: (s) => [
        propose(s),
        confirm(s),
        change(s, sql.fragment`status = 'applied', ended_at = now(), decided_by = ${s.company.otherApprover}`),
      ],
      refused: /the decision never change/,
    },
    {
      does: 'takes a decision back',
      with: (s) => [propose(s), confirm(s), change(s, sql.fragment`status = 'refused'`)],
      refused: /the decision never change/,
    },
    {
      does: 'deletes a proposal',
      with: (s) => [propose(s), sql.unsafe`delete from resolution where payout_id = ${s.payoutId}`],
      refused: /facts|permission denied/,
    },
    {
      does: 'credits a partner without a decision',
      with: (s) => [
        propose(s),
        confirm(s),
        sql.unsafe`
          insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, resolution_id)
          values (${s.ann.id}, ${s.company.programId}, 'returned_funds', 'USD', 1000, 0, '2026-01-01', ${resolutionOf(s)})`,
      ],
      refused: /two people have not credited/,
    },
    {
      does: 'writes a line of returned funds without any cause',
      with: (s) => [
        sql.unsafe`
          insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on)
          values (${s.ann.id}, ${s.company.programId}, 'returned_funds', 'USD', 1000, 0, '2026-01-01')`,
      ],
      refused: /two people have not credited|line_has_its_cause/,
    },
  ];

  it.each(attacks)(
    'when one $does then the app and even the owner are refused',
    async ({ with: statements, refused }) => {
      expect(await tryAll(fixture.app, statements(scene))).toMatch(refused);
      expect(await tryAll(fixture.owner, statements(scene))).toMatch(refused);
    },
  );

  it('when two people declare it unpaid then it fails, and its history names their decision', async () => {
    await fixture.app.query(propose(scene, { outcome: 'not_paid' }));
    await fixture.app.query(confirm(scene));
    await fixture.app.query(
      attempt(scene, sql.fragment`state = 'failed', word = 'not_paid', resolution_id = ${resolutionOf(scene)}`),
    );
    expect(await findLiveAttempt(fixture.app, scene.payoutId)).toBeNull();
    const history = await fixture.app.one(sql.unsafe`
      select said_by, resolution_id = ${resolutionOf(scene)} as ours from attempt_history
      where attempt_id = ${scene.attemptId} order by id desc limit 1`);
    expect(history).toEqual({ said_by: 'people', ours: true });
  });

  it('when its provider replies then no people are needed', async () => {
    expect(await refusalOf(say(fixture.app, scene.attemptId, 'failed'))).toBe('accepted');
  });
});

describe('given a payout that failed, and one that can still pay', () => {
  const run = (s: Scene, replaces: string) => sql.unsafe`
    insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, preparer_id, replaces_id, ask_reason)
    values (uuidv7(), ${s.company.scheduleId}, 'on_demand', '2026-01-01', '2026-02-01', '2026-02-01', '2026-02-02', ${s.proposer},
      ${replaces}, 'again')`;
  const draft = (s: Scene, replaces: string | null) => sql.unsafe`
    insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, replaces_id)
    select uuidv7(), (select id from payout_run where schedule_id = ${s.company.scheduleId} order by id desc limit 1), partner_id, currency,
      method, gateway, gross_minor, net_minor, instrument_version_id, ${replaces}::uuid
    from payout where id = ${s.failedId}`;

  it.each([
    { does: 'replaces the one that may pay', with: (s: Scene) => [run(s, s.payoutId)], refused: /can still pay/ },
    {
      does: 'replaces a payout twice at once',
      with: (s: Scene) => [run(s, s.failedId), run(s, s.failedId)],
      refused: /one_open_replacement_run/,
    },
    {
      does: 'pays other partners in a replacement',
      with: (s: Scene) => [run(s, s.failedId), draft(s, null)],
      refused: /must replace the payout that its run replaces/,
    },
    {
      does: 'points a replacement to another payout',
      with: (s: Scene) => [
        run(s, s.failedId),
        sql.unsafe`update payout_run set replaces_id = ${s.payoutId} where replaces_id = ${s.failedId}`,
      ],
      refused: /never change/,
    },
    {
      does: 'gives no reason',
      with: (s: Scene) => [
        sql.unsafe`
          insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, replaces_id)
          values (uuidv7(), ${s.company.scheduleId}, 'on_demand', '2026-01-01', '2026-02-01', '2026-02-01', '2026-02-02', ${s.failedId})`,
      ],
      refused: /check constraint|check/,
    },
  ])('when one $does then the app and even the owner are refused', async ({ with: statements, refused }) => {
    expect(await tryAll(fixture.app, statements(scene))).toMatch(refused);
    expect(await tryAll(fixture.owner, statements(scene))).toMatch(refused);
  });
});
