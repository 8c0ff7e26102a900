import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { recordReply } from '../../../activities/payouts/record.ts';
import { raiseAlarm } from '../../../commands/tasks/alarms.ts';
import { holdPayout, releasePayout, remindOfHolds } from '../../../commands/runs/holds.ts';
import { openTask } from '../../../commands/open-task.ts';
import { endReview } from '../../../commands/runs/end-review.ts';
import { notifyOfReview } from '../../../commands/runs/prepare.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { closeTask } from '../../../db/tasks/tasks.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { findLiveAttempt } from '../../../db/payouts/attempts.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { money } from '../../../domain/money.ts';
import { reply } from '../../../gateways/replies.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import {
  addActor,
  addCompany,
  addLine,
  addPartner,
  addPayingRun,
  addPayout,
  addRun,
  putInReview,
  sendPayout,
} from '../../fixtures/rows.ts';
import { noticesAreDue, outbox, sendTo } from '../../fixtures/outbox.ts';

let fixture: Fixture;
const box = outbox();

beforeAll(async () => void (fixture = await openFixture()));
afterAll(() => fixture.close());

const send = () => sendTo(box, fixture.app);

/** Lets every notice that waits be due now. */
const timePasses = () => noticesAreDue(fixture.app);

const superseded = (dedupeKey: string) =>
  fixture.app.maybeOneFirst(sql.type(z.object({ why: z.string().nullable() }))`
    select superseded_because as why from notification where dedupe_key = ${dedupeKey}`);

beforeEach(async () => {
  await timePasses();
  await send();
  box.empty();
});

const raise = (subject: string, detail: string, fact?: string) =>
  fixture.app.transaction((tx) => raiseAlarm(tx, 'provider_answer', subject, detail, fact));

describe('given payouts that finance has held for more than a day', () => {
  it('then finance is reminded once a day, and not of a payout that was released since', async () => {
    const { runId, payoutIds } = await addPayingRun(fixture.app, 'bank', 2);
    const by = await addActor(fixture.app);
    for (const id of payoutIds) await holdPayout(fixture.app, id, by, 'the invoice is disputed');
    await fixture.app.transaction(remindOfHolds);
    await send();
    expect(box.texts()).toEqual([]);

    await fixture.app.query(
      sql.unsafe`update payout set held_at = held_at - interval '25 hours' where run_id = ${runId}`,
    );
    await releasePayout(fixture.app, payoutIds[1] ?? '', by);
    await fixture.app.transaction(remindOfHolds);
    await fixture.app.transaction(remindOfHolds);
    await send();
    expect(box.texts()).toHaveLength(1);
    expect(box.texts()[0]).toContain('the invoice is disputed');
    expect(box.texts()[0]).toContain(payoutIds[0]);
    expect(box.texts()[0]).not.toContain(payoutIds[1]);
    await releasePayout(fixture.app, payoutIds[0] ?? '', by);
  });
});

describe('given an alarm that is open', () => {
  it('when something else is found about its subject then the new fact is kept and told, and the old one is not told again', async () => {
    await raise('payout/1', 'Wise has an open question.');
    await send();
    await raise('payout/1', 'Wise took 999999 minor units, not 1000.');
    await timePasses();
    await send();

    expect(box.texts().map((text) => text.split('\n', 1)[0])).toEqual([
      'Wise has an open question.',
      'Wise took 999999 minor units, not 1000.',
    ]);
    const alarms = await listAlarms(fixture.app, 0n, 10);
    expect(alarms.find(({ subject }) => subject === 'payout/1')?.facts.map(({ detail }) => detail)).toEqual([
      'Wise has an open question.',
      'Wise took 999999 minor units, not 1000.',
    ]);
  });

  it('when the same fact is found again, in other words too, then nobody is told twice', async () => {
    await raise('payout/2', 'No reply since 10:00.', 'silent');
    await raise('payout/2', 'No reply since 10:01.', 'silent');
    await timePasses();
    await send();
    expect(box.texts()).toHaveLength(1);
  });

  it('when many facts are found at once then two mails tell all of them: the first one, and all others ten minutes later', async () => {
    await raise('payout/3', 'fact 0');
    await send();
    for (let n = 1; n <= 20; n += 1) await raise('payout/3', `fact ${n}`);
    await send();
    expect(box.texts()).toHaveLength(1);
    await timePasses();
    await send();
    expect(box.texts()).toHaveLength(2);
    expect(box.texts()[1]).toContain('fact 1\n\nfact 2\n');
    expect(box.texts()[1]).toContain('fact 20\n');
  });

  it('when the mail that tells a fact fails then its next try tells the same fact', async () => {
    await raise('payout/4', 'fact');
    box.failNext(Object.assign(new Error('421 try later'), { responseCode: 421 }));
    await send();
    expect(box.texts()).toEqual([]);
    await timePasses();
    await send();
    expect(box.texts()).toHaveLength(1);
    expect(box.texts()[0]).toContain('fact');
  });
});

describe('given a notice whose time comes after its news', () => {
  it('when its run was decided meanwhile then nobody is asked to decide it, and the notice stays as superseded', async () => {
    const company = await addCompany(fixture.app);
    const runId = await addRun(fixture.app, company);
    const partner = await addPartner(fixture.app, company);
    await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
    await putInReview(fixture.app, runId);
    await notifyOfReview(fixture.app, await getRun(fixture.app, runId), 0);
    await fixture.app.transaction(async (tx) => endReview(tx, await getRun(tx, runId), 'rejected', null));
    await send();
    expect(box.subjects()).toEqual([expect.stringContaining('is rejected')]);
    expect(await superseded(`run_in_review/${runId}/0`)).toBe('The run is rejected.');
  });

  it('when its run still waits then the mail says what it would pay, by when to decide, and where to read it', async () => {
    const company = await addCompany(fixture.app);
    const runId = await addRun(fixture.app, company);
    const partner = await addPartner(fixture.app, company);
    await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
    await putInReview(fixture.app, runId);
    await notifyOfReview(fixture.app, await getRun(fixture.app, runId), 0);
    await send();
    expect(box.texts()[0]).toContain('  10.00 USD by bank transfer (1 payout)\n\nLook at these');
    expect(box.texts()[0]).toContain('  1 payout to a partner who was never paid before\n\nNothing is paid before');
    expect(box.texts()[0]).toMatch(/by \d{4}-\d\d-\d\d\./);
    expect(box.texts()[0]).toContain(`https://bursar.example.test/runs/${runId}`);
  });

  it('when its task was decided meanwhile then nobody is asked', async () => {
    const task = { kind: 'check_stale', subject: 'payout/9' } as const;
    await openTask(fixture.app, { ...task, payoutId: null, detail: 'Stop it.' });
    await closeTask(fixture.app, task, { actorId: null, resolution: 'stopped' });
    await send();
    expect(box.subjects()).toEqual([]);
  });

  it('when a payout was sent and came back within moments then its partner is told only that it came back', async () => {
    const {
      payoutIds: [payoutId = ''],
    } = await addPayingRun(fixture.app, 'bank', 1);
    await fixture.app.query(sql.unsafe`update partner set email = 'pat@example.test'`);
    await sendPayout(fixture.app, payoutId);
    const say = async (state: 'sent' | 'returned') => {
      const attempt = await findLiveAttempt(fixture.app, payoutId);
      if (!attempt) throw new Error('there is no attempt');
      const amount = { amount: money(attempt.minor, 'USD'), fee: money(0n, 'USD') };
      const moved = state === 'sent' ? { debited: amount } : { debited: amount, returned: amount };
      await recordReply(
        { db: fixture.app, returnWindows: RETURN_WINDOWS_DEFAULT },
        attempt,
        reply(state, state, moved),
      );
    };
    await say('sent');
    await send();
    await say('returned');
    await send();
    await timePasses();
    await send();

    expect(
      box
        .sent()
        .filter(({ subject }) => subject.startsWith('Your payout'))
        .map(({ subject }) => subject),
    ).toEqual(['Your payout of 10.00 USD was returned to us']);
    expect(await superseded(`payout_sent/${payoutId}`)).toBe('The payout is returned, its attempt returned.');
  });
});

describe('given a mail server that answers nobody', () => {
  const away = () => Object.assign(new Error('Connection timeout'), { code: 'ETIMEDOUT' });

  it('when one mail fails then no other mail of this minute is tried, and none is lost', async () => {
    for (let n = 0; n < 30; n += 1) await raise(`payout/away-${n}`, 'fact');
    box.failAll(away());
    await send();
    expect(box.tried()).toBeLessThanOrEqual(box.mailer.connections);
    box.work();
    await timePasses();
    await send();
    expect(box.subjects().filter((subject) => subject.includes('away-'))).toHaveLength(30);
  });

  it('when it stays away then an alarm says so without mail, and ends with the first mail that is accepted', async () => {
    const open = async () =>
      (await listAlarms(fixture.app, 0n, 1000)).filter(({ kind }) => kind === 'mail_not_sent').length;
    await raise('payout/late', 'fact');
    box.failAll(away());
    for (let n = 0; n < 4; n += 1) {
      await timePasses();
      await send();
    }
    expect(await open()).toBe(1);
    box.work();
    await timePasses();
    await send();
    expect(await open()).toBe(0);
    expect(box.subjects()).toContain('Alarm: provider_answer (payout/late)');
  });
});

describe('given two workers that send at the same time', () => {
  it('when 250 notices are due then each is sent once', async () => {
    for (let n = 0; n < 250; n += 1) await raise(`payout/many-${n}`, 'fact');
    await Promise.all([send(), send()]);
    const sent = box.subjects().filter((subject) => subject.includes('many-'));
    expect(sent).toHaveLength(250);
    expect(new Set(sent).size).toBe(250);
  });
});
