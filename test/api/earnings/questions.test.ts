import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeSilentQuestions } from '../../../commands/earnings/questions.ts';
import { remindOfTasks } from '../../../commands/tasks/tasks.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { giveRole } from '../../fixtures/people.ts';
import { refusalOf } from '../../fixtures/rows.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [ann, bob, preparer, approver]: [Key, Key, Key, Key] = [] as never;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  ann = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
  bob = await api.newKey('partner', (await getPartner(api.db, 'bob')).id);
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
});
afterAll(() => api.stop());

const MISSING = { about: 'missing', line: 'order-1001', day: '2026-03-03', text: 'I do not see\r\nthis sale.' };
const idOf = ({ body }: Answer) => String(body['id']);
const ask = async (body: object = {}, key = ann.key) =>
  api.ask('POST', '/v1/me/questions', { body: { ...MISSING, ...body }, key });
const say = (id: string, how: string, text = 'Some words.', key = preparer.key) =>
  api.ask('POST', `/v1/questions/${id}/${how}`, { body: { text }, key });
const mine = (id: string, how: string, text = 'Some words.', key = ann.key) =>
  api.ask('POST', `/v1/me/questions/${id}/${how}`, { body: { text }, key });
const get = (id: string) => api.ask('GET', `/v1/me/questions/${id}`, { key: ann.key });
const adjust = (id: string, amount = '15.00') => {
  const wish = { program: 'shop', currency: 'USD', amount, reason: 'It was missing', text: 'You are right.' };
  return api.ask('POST', `/v1/questions/${id}/adjustment`, { body: wish, key: preparer.key });
};
const decide = (correction: unknown, decision: string) =>
  api.ask('POST', `/v1/corrections/${correction}/decision`, { body: { decision, note: 'Read' }, key: approver.key });
const newsOf = (id: string) =>
  api.db.anyFirst(sql.type(z.object({ what: z.string() }))`
    select body ->> 'what' as what from notification where kind = 'question_changed' and body ->> 'question' = ${id} order by id`);
const openTasksOf = (id: string) =>
  api.db.oneFirst(sql.type(z.object({ count: z.number() }))`
    select count(*)::int as count from task
    where kind = 'partner_question' and subject = ${`question/${id}`} and closed_at is null`);
async function makeLate(id: string, days: number): Promise<void> {
  const owner = await openOwner(api.url);
  await tamper(
    owner,
    sql.unsafe`
    update question set status_at = now() - ${days} * interval '1 day',
      due_at = case when due_at is not null then now() - interval '1 hour' end where id = ${id}`,
  );
  await tamper(
    owner,
    sql.unsafe`
    update task set deadline_at = now() - interval '1 hour' where subject = ${`question/${id}`} and closed_at is null`,
  );
  await owner.end();
}

describe('given a partner who misses a sale', () => {
  it('when they ask then finance gets a task with a day, and both sides read the words', async () => {
    const asked = await ask();
    expect(asked.status, asked.text).toBe(201);
    expect(asked.body).toMatchObject({ status: 'open', line: 'order-1001', canReopen: false });
    const id = idOf(asked);
    expect(await openTasksOf(id)).toBe(1);
    expect(await newsOf(id)).toEqual(['received']);
    const seen = await api.ask('GET', `/v1/questions/${id}`, { key: preparer.key });
    expect(seen.body['messages']).toMatchObject([
      { kind: 'question', side: 'partner', text: 'I do not see\nthis sale.' },
    ]);
  });

  it('when it is past its day then finance is reminded, once a day', async () => {
    const id = idOf(await ask());
    await makeLate(id, 6);
    for (let round = 0; round < 2; round += 1) await api.db.transaction(remindOfTasks);
    const reminders = await api.db.oneFirst(sql.type(z.object({ count: z.number() }))`
      select count(*)::int as count from notification where kind = 'task_due' and body ->> 'subject' = ${`question/${id}`}`);
    expect(reminders).toBe(1);
  });

  it.each([
    { body: { about: 'payout', payout: randomUUID() }, field: 'payout' },
    { body: { about: 'earning', source: 'shop', event: 'foreign' }, field: 'event' },
    { body: { about: 'statement', line: undefined }, field: 'line' },
    { body: { currency: 'USD' }, field: 'amount' },
    { body: { text: '  ' }, field: 'text' },
  ])('when the question names $field wrongly then it is refused at that field', async ({ body, field }) => {
    const { status, body: problem } = await ask(body);
    expect(status).toBe(400);
    expect(problem['errors']).toMatchObject([{ field }]);
  });

  it('when it is answered then the partner is told, and may reopen it once', async () => {
    const id = idOf(await ask());
    await say(id, 'answer', 'It counts in April.');
    const { body } = await get(id);
    expect(body).toMatchObject({ status: 'answered', canReopen: true, dueAt: null });
    expect(JSON.stringify(body['messages'])).not.toContain(preparer.actor.code);
    expect(await openTasksOf(id)).toBe(0);
    expect((await mine(id, 'reopen', 'No, in March.')).body['status']).toBe('open');
    expect(await openTasksOf(id)).toBe(1);
    await say(id, 'close', 'It is April by the contract.');
    expect((await mine(id, 'reopen')).status).toBe(409);
    expect(await newsOf(id)).toEqual(['received', 'answer', 'reopen', 'close']);
  });

  it('when the time to reopen is over then it stays closed', async () => {
    const id = idOf(await ask());
    await say(id, 'answer');
    await makeLate(id, 15);
    expect((await mine(id, 'reopen')).status).toBe(409);
    expect((await get(id)).body['canReopen']).toBe(false);
  });

  it('when we ask back then it waits for the partner, and their silence closes it', async () => {
    const [one, other] = [idOf(await ask()), idOf(await ask())];
    for (const id of [one, other]) expect((await say(id, 'ask-back', 'Which shop?')).body['status']).toBe('asked_back');
    expect((await say(one, 'answer')).status).toBe(409);
    expect((await mine(one, 'reply', 'The one in Reno.')).body['status']).toBe('open');
    await makeLate(other, 15);
    await api.db.transaction(closeSilentQuestions);
    expect((await get(other)).body['status']).toBe('closed');
    expect((await get(one)).body['status']).toBe('open');
    expect(await newsOf(other)).toEqual(['received', 'ask_back', 'silence']);
  });
});

describe('given a question that is right', () => {
  it('when a correction is proposed then a second person decides it, and the question follows', async () => {
    const id = idOf(await ask());
    const { body, text } = await adjust(id);
    expect(body['status'], text).toBe('adjusting');
    expect((await say(id, 'answer')).status).toBe(409);
    expect((await decide(body['correction'], 'refuse')).status).toBe(200);
    expect((await get(id)).body['status']).toBe('open');
    expect(await openTasksOf(id)).toBe(1);
    const again = await adjust(id);
    await decide(again.body['correction'], 'confirm');
    expect((await get(id)).body).toMatchObject({ status: 'adjusted', correction: again.body['correction'] });
    expect(await newsOf(id)).toEqual(['received', 'adjustment', 'refused', 'adjustment', 'confirmed']);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when the person who would answer is paid through the partner then somebody else must', async () => {
    const id = idOf(await ask());
    await giveRole(api.db, preparer.actor.id, 'partner', { partnerId: (await getPartner(api.db, 'bob')).id });
    const theirs = idOf(await ask({}, bob.key));
    expect((await say(theirs, 'answer')).body['code']).toBe('approver_is_payee');
    expect((await say(id, 'answer')).status).toBe(200);
  });
});

describe('given the question of another partner', () => {
  it('when a partner asks for it then it is not there', async () => {
    const id = idOf(await ask());
    expect((await api.ask('GET', `/v1/me/questions/${id}`, { key: bob.key })).status).toBe(404);
    for (const how of ['reply', 'reopen']) expect((await mine(id, how, 'Mine', bob.key)).status).toBe(404);
    expect((await api.ask('GET', '/v1/me/questions', { key: bob.key })).text).not.toContain(id);
    expect((await api.ask('GET', `/v1/questions/${id}`, { key: ann.key })).status).toBe(403);
  });

  it('when somebody changes a question past its rules then the database refuses', async () => {
    const id = idOf(await ask());
    await say(id, 'answer');
    expect(await refusalOf(api.db.query(sql.unsafe`update question set status = 'adjusted' where id = ${id}`))).toMatch(
      /refused/,
    );
    expect(
      await refusalOf(api.db.query(sql.unsafe`update question_message set text = 'other' where question_id = ${id}`)),
    ).toMatch(/permission denied/);
  });
});

describe('given words that a person wrote', () => {
  it('then no notice, task or audit entry holds them', async () => {
    const secret = `secret-${randomUUID()}`;
    const id = idOf(await ask({ text: secret }));
    await say(id, 'ask-back', secret);
    await mine(id, 'reply', secret);
    await say(id, 'answer', secret);
    const places = await api.db.any(sql.type(z.object({ place: z.string() }))`
      select 'notification' as place from notification where body::text like ${`%${secret}%`}
      union all select 'task' from task where detail like ${`%${secret}%`} or evidence::text like ${`%${secret}%`}
      union all select 'audit' from audit_log where detail::text like ${`%${secret}%`}`);
    expect(places).toEqual([]);
  });
});
