import { type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { applyResolution } from '../../../activities/payouts/resolutions.ts';
import { findLiveAttempt, insertAttempts } from '../../../db/payouts/attempts.ts';
import { registerCheck } from '../../../db/checks/accounts.ts';
import { takeCheckNumber } from '../../../commands/checks/accounts.ts';
import type { Database } from '../../../db/database.ts';
import { decideResolution, proposeResolution } from '../../../commands/payouts/resolutions.ts';
import { listResolutions } from '../../../db/payouts/resolutions.ts';
import { insertTask, listTasks } from '../../../db/tasks/tasks.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import {
  addCompany,
  addLine,
  addPartner,
  addPayout,
  addRun,
  type CompanyRows,
  disburse,
  freshCode,
  refusalOf,
  tryAll,
} from '../../fixtures/rows.ts';
import { openFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
let scene: Scene;
beforeAll(async () => {
  fixture = await openFixture();
  scene = await setScene(fixture.app);
});
afterAll(() => fixture.close());

type Scene = Awaited<ReturnType<typeof setScene>>;

const ACKNOWLEDGED = '{"acknowledgedAt":"2026-02-02T10:00:00Z","file":null,"askedAt":null,"refused":null}';
const IntId = z.object({ id: z.number() });
const TextId = z.object({ id: z.string() });

/** A payer that prints its checks. One check is sent and its stop is requested, and the bank asks about another check. */
async function setScene(db: Fixture['app']) {
  const company = await addCompany(db);
  const accountId = await db.oneFirst(sql.type(IntId)`
    insert into check_account(payer_id, account_ref, fingerprint, number_first, number_next)
    values (${company.payerId}, 'checking', ${sql.binary(Buffer.from(company.code))}, 1001, 1001) returning id`);
  await db.query(sql.unsafe`
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed, check_account_id)
    values (${company.payerId}, 'check', 'printed-check', 'checking', '', ${accountId})`);
  const [payoutId, otherId] = await payByCheck(db, company, 2);
  const attemptId = await drawCheck(db, company, payoutId);
  await db.query(sql.unsafe`
    update payout_attempt set state = 'submitted', submitted_at = now(), owed_minor = amount_minor, step = '{"acknowledgedAt":"2026-02-02T10:00:00Z"}'
    where id = ${attemptId}`);
  await db.query(
    sql.unsafe`update payout_attempt set state = 'sent', word = 'mailed', answered_at = now() where id = ${attemptId}`,
  );
  const stopId = await db.oneFirst(sql.type(TextId)`
    insert into check_stop(attempt_id, requested_by, reason) values (${attemptId}, ${company.preparer}, 'lost') returning id`);
  const exceptionId = await db.oneFirst(sql.type(TextId)`
    insert into check_exception(check_account_id, bank_ref, number, currency, amount_minor, reason, presented_at, decide_by)
    values (${accountId}, 'EX1', 77, 'USD', 500, 'not on file', now(), now() + interval '1 day') returning id`);
  return { company, accountId, attemptId, otherId, stopId, exceptionId };
}

/** Executing payouts by check. */
async function payByCheck(db: Fixture['app'], company: CompanyRows, count: number): Promise<string[]> {
  const runId = await addRun(db, company);
  const payouts: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const partner = await addPartner(db, company, 'check');
    payouts.push(await addPayout(db, runId, partner, [await addLine(db, company, partner)]));
  }
  await disburse(db, runId, company.approver);
  return payouts;
}

const attemptOf = (payoutId: string | undefined, id: string, checkNumber: bigint | null) => ({
  id,
  payoutId: payoutId ?? '',
  attemptNo: 1,
  gateway: 'printed-check' as const,
  providerKey: freshCode('key'),
  currency: 'USD',
  minor: 1000n,
  checkNumber,
  requestSealed: Buffer.alloc(1),
  requestHash: Buffer.alloc(1),
});

const newId = (db: Database): Promise<string> => db.oneFirst(sql.type(TextId)`select uuidv7()::text as id`);

/** Draws the next number for a payout, as the activity does. */
const drawCheck = (db: Fixture['app'], { payerId }: CompanyRows, payoutId: string | undefined): Promise<string> =>
  db.transaction(async (tx) => {
    const id = await newId(tx);
    const drawn = await takeCheckNumber(tx, payerId);
    await insertAttempts(tx, [{ ...attemptOf(payoutId, id, drawn.number), batchId: null }]);
    await registerCheck(tx, drawn, id);
    return id;
  });

type Attack = { does: string; with: (s: Scene) => readonly QuerySqlToken[]; refused: RegExp };

const spoil = ({ accountId, company }: Scene, number: number) => sql.unsafe`
  insert into check_register(check_account_id, number, spoiled_because, recorded_by)
  values (${accountId}, ${number}, 'torn', ${company.preparer})`;

const comesBack = (attemptId: string, evidence: string) => sql.unsafe`
  update payout_attempt set state = 'returned', word = 'bounced', answered_at = clock_timestamp(), debited_minor = 1000,
    debit_fee_minor = 0, returned_minor = 1000, evidence = ${evidence} where id = ${attemptId}`;

const ATTACKS: readonly Attack[] = [
  {
    does: 'writes a second check with the same number',
    with: (s) => [spoil(s, 1001)],
    refused: /check_register_pkey/,
  },
  {
    does: 'spoils a number that does not belong to the account',
    with: (s) => [spoil(s, 1000)],
    refused: /less than the first number of its account/,
  },
  {
    does: 'spoils a number without a person',
    with: ({ accountId }) => [
      sql.unsafe`insert into check_register(check_account_id, number, spoiled_because) values (${accountId}, 1050, 'torn')`,
    ],
    refused: /spoiled_by_a_person/,
  },
  {
    does: 'uses a number without an explanation',
    with: ({ accountId }) => [
      sql.unsafe`insert into check_register(check_account_id, number) values (${accountId}, 1050)`,
    ],
    refused: /explained_once/,
  },
  {
    does: "explains a number with somebody else's check",
    with: ({ accountId, attemptId }) => [
      sql.unsafe`insert into check_register(check_account_id, number, attempt_id) values (${accountId}, 1050, ${attemptId})`,
    ],
    refused: /it is not the check of attempt/,
  },
  {
    does: 'changes the use of a number',
    with: ({ accountId }) => [
      sql.unsafe`update check_register set number = 1051 where check_account_id = ${accountId}`,
    ],
    refused: /its rows are facts/,
  },
  {
    does: 'resets the numbers',
    with: ({ accountId }) => [sql.unsafe`update check_account set number_next = 1001 where id = ${accountId}`],
    refused: /its numbers only rise/,
  },
  {
    does: 'turns an account into another one',
    with: ({ accountId }) => [sql.unsafe`update check_account set fingerprint = 'other' where id = ${accountId}`],
    refused: /it stays the same account/,
  },
  {
    does: 'removes an account',
    with: ({ accountId }) => [sql.unsafe`delete from check_account where id = ${accountId}`],
    refused: /its rows are facts/,
  },
  {
    does: 'fails a check that the bank acknowledged, because it is old',
    with: ({ attemptId }) => [
      sql.unsafe`update payout_attempt set state = 'failed', word = 'too old', answered_at = clock_timestamp(), evidence = '{}' where id = ${attemptId}`,
    ],
    refused: /its check can still be cashed/,
  },
  {
    does: 'returns a check that bounced and can be presented again',
    with: ({ attemptId }) => [comesBack(attemptId, '{"statementLine":"BK1"}')],
    refused: /its check can still be cashed/,
  },
  {
    does: 'writes a check without a number',
    with: ({ otherId }) => [
      sql.unsafe`
        insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash)
        values (${otherId ?? ''}, 1, 'printed-check', 'no-number', 'USD', 1000, '', '')`,
      sql.unsafe`set constraints all immediate`,
    ],
    refused: /its check is not in the register/,
  },
  {
    does: 'writes a check without the register',
    with: ({ otherId }) => [
      sql.unsafe`
        insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, check_number, request_sealed,
          request_hash)
        values (${otherId ?? ''}, 1, 'printed-check', 'no-register', 'USD', 1000, 4000, '', '')`,
      sql.unsafe`set constraints all immediate`,
    ],
    refused: /its check is not in the register/,
  },
  {
    does: 'requests a stop that is already confirmed',
    with: ({ attemptId, company }) => [
      sql.unsafe`
        insert into check_stop(attempt_id, requested_by, reason, outcome, outcome_at)
        values (${attemptId}, ${company.preparer}, 'mine', 'stopped', now())`,
    ],
    refused: /must begin without an outcome/,
  },
  {
    does: 'requests a second stop while one is open',
    with: ({ attemptId, company }) => [
      sql.unsafe`insert into check_stop(attempt_id, requested_by, reason) values (${attemptId}, ${company.preparer}, 'again')`,
    ],
    refused: /one_open_stop/,
  },
  {
    does: 'changes the person of a stop',
    with: ({ stopId, company }) => [
      sql.unsafe`update check_stop set requested_by = ${company.approver} where id = ${stopId}`,
    ],
    refused: /the request and the bank's reply never change/,
  },
  {
    does: "changes the bank's reply to a stop",
    with: ({ stopId }) => [
      sql.unsafe`update check_stop set outcome = 'stopped', outcome_at = now(), is_void = true, expires_on = '2027-01-01' where id = ${stopId}`,
      sql.unsafe`update check_stop set expires_on = '2028-01-01' where id = ${stopId}`,
    ],
    refused: /the bank's reply never change/,
  },
  {
    does: 'decides about a check without a person',
    with: ({ exceptionId }) => [sql.unsafe`update check_exception set decision = 'pay' where id = ${exceptionId}`],
    refused: /check_exception_check/,
  },
  {
    does: 'reverses a decision',
    with: ({ exceptionId, company }) => [
      sql.unsafe`
        update check_exception set decision = 'return', decided_by = ${company.preparer}, decided_because = 'x', decided_at = now()
        where id = ${exceptionId}`,
      sql.unsafe`update check_exception set decision = 'pay' where id = ${exceptionId}`,
    ],
    refused: /the decision never change/,
  },
  {
    does: "changes the bank's question",
    with: ({ exceptionId }) => [sql.unsafe`update check_exception set amount_minor = 1 where id = ${exceptionId}`],
    refused: /the bank's question/,
  },
];

describe('given somebody who attacks the checks', () => {
  describe.each(ATTACKS)('when one $does', ({ with: statements, refused }) => {
    it('then the app is refused', async () => {
      expect(await tryAll(fixture.app, statements(scene))).toMatch(new RegExp(`${refused.source}|permission denied`));
    });
    it('then even the owner of the database is refused', async () => {
      expect(await tryAll(fixture.owner, statements(scene))).toMatch(refused);
    });
  });
});

describe('given checks that draw numbers at the same moment', () => {
  it('when some numbers are spoiled then each check gets its own number, in order and without a gap', async () => {
    const company = await addCompany(fixture.app);
    const accountId = await fixture.app.oneFirst(sql.type(IntId)`
      insert into check_account(payer_id, account_ref, number_first, number_next) values (${company.payerId}, 'busy', 1, 1) returning id`);
    await fixture.app.query(sql.unsafe`
      insert into payer_gateway(payer_id, method, gateway, account_ref, sealed, check_account_id)
      values (${company.payerId}, 'check', 'printed-check', 'busy', '', ${accountId})`);
    for (const number of [2, 3, 5]) await fixture.app.query(spoil({ ...scene, company, accountId }, number));
    const payouts = await payByCheck(fixture.app, company, 4);

    await Promise.all(payouts.map((id) => drawCheck(fixture.app, company, id)));

    const numbers = await fixture.app.anyFirst(sql.type(z.object({ number: z.bigint() }))`
      select number from check_register where check_account_id = ${accountId} and attempt_id is not null order by number`);
    expect(numbers).toEqual([1n, 4n, 6n, 7n]);
  });

  it('when the payment cannot be frozen then its number is free again', async () => {
    const [payoutId] = await payByCheck(fixture.app, scene.company, 1);
    const failing = fixture.app.transaction(async (tx) => {
      await takeCheckNumber(tx, scene.company.payerId);
      throw new Error(`nobody can freeze ${payoutId}`);
    });
    expect(await refusalOf(failing)).toContain('nobody can freeze');
    await drawCheck(fixture.app, scene.company, payoutId);
    const last = await fixture.app.oneFirst(sql.type(z.object({ number: z.bigint() }))`
      select max(number) as number from check_register where check_account_id = ${scene.accountId}`);
    expect(last).toBe(1002n);
  });
});

describe('given a check that the bank stopped or voided', () => {
  it('when its attempt fails for that reason then it is accepted', async () => {
    const dead = sql.unsafe`
      update payout_attempt set state = 'failed', word = 'void', answered_at = clock_timestamp(), evidence = '{"bank":"void"}' where id = ${scene.attemptId}`;
    expect(await tryAll(fixture.app, [dead])).toBe('accepted');
  });

  it.each(['void', 'stopped'])('when it bounced and is %s then it may become returned', async (word) => {
    const { attemptId } = await setScene(fixture.app);
    expect(await tryAll(fixture.app, [comesBack(attemptId, JSON.stringify({ bank: word }))])).toBe('accepted');
  });
});

describe('given people who are asked what happened to a check', () => {
  const open = async () => {
    const { app } = fixture;
    const { company, otherId } = await setScene(app);
    const payoutId = otherId ?? '';
    const attemptId = await drawCheck(app, company, payoutId);
    const task = { kind: 'outcome_unknown', subject: `payout/${payoutId}`, payoutId, detail: 'nobody knows' } as const;
    await insertTask(app, task);
    const asked = sql.fragment`submitted_at = now(), owed_minor = amount_minor, submit_deadline_at = now()`;
    await app.query(sql.unsafe`update payout_attempt set state = 'submitted', ${asked} where id = ${attemptId}`);
    const evidence = 'seen at the bank';
    return {
      payoutId,
      bankAcknowledges: () =>
        app.query(sql.unsafe`update payout_attempt set step = ${ACKNOWLEDGED} where id = ${attemptId}`),
      bankTakes: () =>
        app.query(
          sql.unsafe`update payout_attempt set debited_minor = amount_minor, debit_fee_minor = 0 where id = ${attemptId}`,
        ),
      propose: (outcome: 'paid' | 'not_paid' | 'returned') =>
        proposeResolution(app, { payoutId, actorId: company.preparer, outcome, evidence, reference: null }),
      decide: (decision: 'confirm' | 'refuse') =>
        decideResolution(app, { payoutId, actorId: company.approver, decision, note: null }),
      apply: () => applyResolution({ db: app, returnWindows: RETURN_WINDOWS_DEFAULT }, payoutId),
    };
  };
  const stopInstead = { code: 'resolution_not_asked', message: expect.stringContaining('Stop the check') };

  it('when the bank acknowledged the check then nobody may declare it unpaid or returned, and the refusal says to stop it', async () => {
    const { bankAcknowledges, propose } = await open();
    await bankAcknowledges();
    await expect(propose('not_paid')).rejects.toMatchObject(stopInstead);
    await expect(propose('returned')).rejects.toMatchObject(stopInstead);
    expect(await propose('paid')).toMatchObject({ status: 'proposed' });
  });

  it('when the bank has paid the check then two people may say that the money came back', async () => {
    const { payoutId, bankAcknowledges, bankTakes, propose, decide, apply } = await open();
    await bankAcknowledges();
    await bankTakes();
    await propose('returned');
    await decide('confirm');
    expect(await apply()).toBe(true);
    expect(await findLiveAttempt(fixture.app, payoutId)).toMatchObject({ state: 'returned' });
  });

  it('when the bank acknowledges the check after the proposal then the proposal can only be refused', async () => {
    const { bankAcknowledges, propose, decide } = await open();
    await propose('not_paid');
    await bankAcknowledges();
    await expect(decide('confirm')).rejects.toMatchObject(stopInstead);
    expect(await decide('refuse')).toMatchObject({ status: 'refused' });
  });

  it('when the bank acknowledges the check after the decision then the decision is overtaken, an alarm says so, and the task stays open', async () => {
    const { payoutId, bankAcknowledges, propose, decide, apply } = await open();
    await propose('not_paid');
    await decide('confirm');
    await bankAcknowledges();
    expect(await apply()).toBe(false);
    expect(await listResolutions(fixture.app, payoutId)).toMatchObject([{ status: 'overtaken' }]);
    expect(await findLiveAttempt(fixture.app, payoutId)).toMatchObject({ state: 'submitted' });
    expect(await listTasks(fixture.app, { payoutId, isOpen: true }, null, 10)).toHaveLength(1);
  });

  it('when the bank never heard of the check then two people may declare it unpaid', async () => {
    const { payoutId, propose, decide, apply } = await open();
    await propose('not_paid');
    await decide('confirm');
    expect(await apply()).toBe(true);
    expect(await findLiveAttempt(fixture.app, payoutId)).toBeNull();
  });
});
