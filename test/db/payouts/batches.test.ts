import { type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recordReply } from '../../../activities/payouts/record.ts';
import { recordBatchReply } from '../../../activities/payouts/record-batch.ts';
import { findLiveAttempt, saveStep } from '../../../db/payouts/attempts.ts';
import { listOverdueBatches, setBatchDue, updateBatch, waitForBatchResume } from '../../../db/payouts/batches.ts';
import { noticeBatches } from '../../../commands/payouts/inbox.ts';
import { insertInboxMessage, listMatchedInbox } from '../../../db/payouts/inbox.ts';
import { listTasks } from '../../../db/tasks/tasks.ts';
import { HOUR_MS } from '../../../domain/durations.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { BATCH_NEXT, BATCH_STATES } from '../../../domain/payouts/batch.ts';
import { batchReply, undecidable } from '../../../gateways/replies.ts';
import {
  addAttempt,
  addBatch,
  addCompany,
  addLine,
  addPartner,
  addPayout,
  addRun,
  disburse,
  refusalOf,
  sendBatch,
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

/** A run of six payouts. Two are in a batch that no provider was asked for yet, and the others are in no batch. */
async function setScene(db: Fixture['app']) {
  const company = await addCompany(db);
  const runId = await addRun(db, company);
  const payoutIds: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    const partner = await addPartner(db, company, index < 4 ? 'paypal' : 'bank');
    payoutIds.push(await addPayout(db, runId, partner, [await addLine(db, company, partner)]));
  }
  await disburse(db, runId, company.approver);
  const batched = payoutIds.slice(0, 2);
  const prepared = { ...(await addBatch(db, runId, batched)), payoutIds: batched };
  const [third = '', fourth = '', ...free] = payoutIds.slice(2);
  return { runId, prepared, third, fourth, free };
}

type Attack = { does: string; with: (s: Scene) => readonly QuerySqlToken[]; refused: RegExp };

const setBatch = ({ prepared }: Scene, change: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update provider_batch set ${change} where id = ${prepared.id}`;
const setAttempt = (id: string | undefined, change: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update payout_attempt set ${change} where id = ${id ?? ''}`;
const join = (s: Scene, payoutId: string, gateway: string) => sql.unsafe`
  insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash, batch_id)
  values (${payoutId}, 1, ${gateway}, 'late', 'USD', 1000, '', '', ${s.prepared.id})`;

/** The attacks that somebody malicious would try. Each is one transaction, tried by the app and by the owner of the database. */
const ATTACKS: readonly Attack[] = [
  {
    does: 'adds a payment to an existing batch',
    with: (s) => [join(s, s.third, 'paypal')],
    refused: /its batch is closed/,
  },
  {
    does: 'changes the request of a batch',
    with: (s) => [setBatch(s, sql.fragment`request_sealed = 'other'`)],
    refused: /frozen|permission denied/,
  },
  {
    does: 'changes the key of a batch',
    with: (s) => [setBatch(s, sql.fragment`provider_key = 'other'`)],
    refused: /frozen|permission denied/,
  },
  {
    does: 'submits a batch without its payments',
    with: (s) => [setBatch(s, sql.fragment`state = 'submitted', submitted_at = now()`)],
    refused: /of its attempts are still prepared/,
  },
  {
    does: 'submits one payment of a batch on its own',
    with: (s) => [
      setAttempt(
        s.prepared.attemptIds[0],
        sql.fragment`state = 'submitted', submitted_at = now(), owed_minor = amount_minor`,
      ),
    ],
    refused: /ask for it before its batch/,
  },
  {
    does: 'takes a payment out of its batch',
    with: (s) => [setAttempt(s.prepared.attemptIds[0], sql.fragment`batch_id = null`)],
    refused: /only ever added/,
  },
  {
    does: 'accepts a batch that no provider was asked for',
    with: (s) => [setBatch(s, sql.fragment`state = 'accepted', submitted_at = now()`)],
    refused: /prepared cannot become accepted/,
  },
  {
    does: 'begins with an accepted batch',
    with: (s) => [
      sql.unsafe`
        insert into provider_batch(id, run_id, gateway, currency, number, item_count, total_minor, provider_key, request_sealed,
          request_hash, state, submitted_at)
        values (uuidv7(), ${s.runId}, 'paypal', 'USD', 9, 2, 2000, 'born', '', '', 'accepted', now())`,
    ],
    refused: /must begin as prepared/,
  },
  {
    does: 'deletes a batch',
    with: (s) => [sql.unsafe`delete from provider_batch where id = ${s.prepared.id}`],
    refused: /only ever added|permission denied/,
  },
  {
    does: 'empties the table',
    with: () => [sql.unsafe`truncate provider_batch cascade`],
    refused: /only ever added|permission denied/,
  },
  {
    does: 'adds a step between states',
    with: () => [sql.unsafe`delete from batch_edge`],
    refused: /only ever added|permission denied/,
  },
];

describe('given a batch', () => {
  it.each(ATTACKS)('when somebody $does then the database refuses it', async ({ with: attack, refused }) => {
    expect(await tryAll(fixture.app, attack(scene))).toMatch(refused);
    expect(await tryAll(fixture.owner, attack(scene))).toMatch(refused);
  });

  it.each([
    { wrong: 'sum', wish: { totalMinor: 1999n } },
    { wrong: 'number of payments', wish: { itemCount: 3 } },
  ])('when its $wrong is not that of its payments then it is not written', async ({ wish }) => {
    const { runId, third, fourth } = scene;
    const written = addBatch(fixture.app, runId, [third, fourth], { ...wish, number: 5 });
    expect(await refusalOf(written)).toMatch(/its 2 attempts add up to 2000/);
  });

  it('when its payments have another gateway then it is refused', async () => {
    const written = addBatch(fixture.app, scene.runId, scene.free, { gateway: 'paypal', number: 6 });
    expect(await refusalOf(written)).toMatch(/has another gateway, currency or run/);
  });

  it('when it is submitted then all its payments are, and its number is not used again', async () => {
    const { runId, third, fourth, prepared, free } = scene;
    await sendBatch(fixture.app, prepared.id);
    const states = await fixture.app.anyFirst(sql.unsafe`
      select distinct state from payout_attempt where batch_id = ${prepared.id}`);
    expect(states).toEqual(['submitted']);
    expect(await refusalOf(addBatch(fixture.app, runId, [third, fourth]))).toMatch(/unique|duplicate/i);
    expect(await refusalOf(addAttempt(fixture.app, free[0] ?? ''))).toBe('accepted');
  });

  it('then the database and the code allow the same steps between its states', async () => {
    const edges = await fixture.app.anyFirst(sql.unsafe`select from_state || ' ' || to_state as edge from batch_edge`);
    const known = BATCH_STATES.flatMap((from) => BATCH_NEXT[from].map((to) => `${from} ${to}`));
    expect(edges.map(String).toSorted()).toEqual(known.toSorted());
  });
});

describe('given an unknown batch with a payment that the provider perhaps never made', () => {
  it('when the provider says that the batch was funded then people are still asked about that payment, and about no other', async () => {
    const { app } = fixture;
    const { prepared } = await setScene(app);
    const [lost = '', other = ''] = prepared.payoutIds;
    const openTasks = async (payoutId: string) =>
      (await listTasks(app, { isOpen: true, payoutId }, null, 10)).map(({ kind }) => kind);
    await sendBatch(app, prepared.id);
    const attempt = await findLiveAttempt(app, lost);
    if (!attempt) throw new Error('it has no attempt');
    const told = {
      ...undecidable('transfer not found', 'Ask Wise whether it exists.'),
      state: 'needs_person' as const,
    };
    await recordReply({ db: app, returnWindows: RETURN_WINDOWS_DEFAULT }, attempt, told);
    await recordBatchReply({ db: app }, { id: prepared.id, callNo: 0 }, batchReply('unknown', 'no clear answer'));

    await recordBatchReply({ db: app }, { id: prepared.id, callNo: 0 }, batchReply('accepted', 'FUNDED'));

    expect(await openTasks(lost)).toEqual(['outcome_unknown']);
    expect(await openTasks(other)).toEqual([]);
  });
});

describe('given a batch that contains a payment which is not ours', () => {
  it('then people are asked about the batch, and about each of its payments', async () => {
    const { app } = fixture;
    const { prepared } = await setScene(app);
    await sendBatch(app, prepared.id);
    const detail = 'It holds a transfer that is not ours.';

    await recordBatchReply(
      { db: app },
      { id: prepared.id, callNo: 0 },
      batchReply('needs_person', 'NEW', { task: { kind: 'outcome_unknown', detail } }),
    );

    const tasks = await listTasks(app, { isOpen: true }, null, 100);
    for (const subject of [`batch/${prepared.id}`, ...prepared.payoutIds.map((id) => `payout/${id}`)])
      expect(tasks.filter((task) => task.subject === subject)).toMatchObject([{ kind: 'outcome_unknown', detail }]);
  });
});

describe('given a batch that waits for a person', () => {
  it('when nobody acted on a webhook about one of its payments then the batch is due, and the webhook stays for the payout', async () => {
    const { app } = fixture;
    const { prepared } = await setScene(app);
    const [attemptId = ''] = prepared.attemptIds;
    await sendBatch(app, prepared.id);
    const asked = { state: 'needs_person' as const, word: 'SCA', reason: null, reference: null, evidence: {} };
    await updateBatch(app, prepared.id, asked);
    await saveStep(app, { id: attemptId, callNo: 0 }, 'item', 'transfer-1');
    await setBatchDue(app, prepared.id, HOUR_MS);
    const news = { gateway: 'paypal' as const, eventId: 'news-1', reference: 'transfer-1', key: null };
    await insertInboxMessage(app, { ...news, word: 'processing', state: null, isProgress: false, reason: null });

    await noticeBatches(app);

    expect((await listOverdueBatches(app, 100)).map(({ id }) => id)).toContain(prepared.id);
    expect((await listMatchedInbox(app, 100)).map(({ eventId }) => eventId)).toContain('news-1');
  });
});

describe('given a batch that is about to wait for a resume', () => {
  it('when its gateway was resumed a moment before then it is due at once, and otherwise later', async () => {
    const { app } = fixture;
    const { prepared } = await setScene(app);
    const isDue = async () => (await listOverdueBatches(app, 100)).some(({ id }) => id === prepared.id);

    await app.query(sql.unsafe`insert into gateway_pause(gateway, reason) values ('paypal', 'a test')`);
    await waitForBatchResume(app, prepared.id, HOUR_MS);
    expect(await isDue()).toBe(false);

    await app.query(sql.unsafe`delete from gateway_pause`);
    await waitForBatchResume(app, prepared.id, HOUR_MS);
    expect(await isDue()).toBe(true);
  });
});
