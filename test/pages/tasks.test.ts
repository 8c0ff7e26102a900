import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { insertTask } from '../../db/tasks/tasks.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { listAlarms } from '../../db/tasks/alarms.ts';
import { type Api, addPayout, setUpShop, startApi } from '../api/api.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const DAY_MS = 24 * 3600_000;

let api: Api;
let owner: Awaited<ReturnType<typeof openOwner>>;
let operator: SignedInPerson;
let approver: SignedInPerson;
let payoutId: string;
let taskId: string;

beforeAll(async () => {
  api = await startApi();
  owner = await openOwner(api.url);
  await setUpShop(api, ['ann', 'bob']);
  operator = await openVisitor(api, 'page-operator', ['operator']);
  approver = await openVisitor(api, 'page-approver', ['approver']);
  payoutId = await addPayout(api.db, 'ann');
  await tamper(
    owner,
    sql.unsafe`update payout set status = 'executing' where id = ${payoutId}`,
    sql.unsafe`
      insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash, state,
        submitted_at, owed_minor)
      values (${payoutId}, 1, 'paypal', ${randomUUID()}, 'USD', 500, '', '', 'unknown', now(), 500)`,
  );
  const about = { payoutId, subject: `payout/${payoutId}` };
  taskId = (await insertTask(api.db, { kind: 'outcome_unknown', ...about, detail: 'Nobody knows.' })) ?? '';
  await insertTask(api.db, {
    kind: 'provider_approval',
    ...about,
    detail: 'Fund it there.',
    deadlineAt: new Date(Date.now() - DAY_MS),
  });
  await insertTask(api.db, {
    kind: 'correction_proposed',
    subject: 'correction/1',
    payoutId: null,
    detail: 'Somebody proposed it.',
    deadlineAt: new Date(Date.now() + DAY_MS),
  });
});
afterAll(async () => {
  await owner.end();
  await api.stop();
});

/** The order in which a page shows some texts. */
const order = (text: string, ...words: string[]): string[] =>
  words.filter((word) => text.includes(word)).toSorted((a, b) => text.indexOf(a) - text.indexOf(b));

const DETAILS = ['Nobody knows.', 'Fund it there.', 'Somebody proposed it.'];

describe('given open tasks', () => {
  it('when the queue is read then the oldest deadline stands first, and tasks without one last', async () => {
    const { text } = await operator.open('/tasks');
    expect(order(text, ...DETAILS)).toEqual(['Fund it there.', 'Somebody proposed it.', 'Nobody knows.']);
    expect(order((await operator.open('/')).text, ...DETAILS)).toHaveLength(3);
  });

  it.each([
    { query: 'kind=outcome_unknown', shown: ['Nobody knows.'], because: 'only this kind is wanted' },
    { query: 'owner=preparer', shown: [], because: 'a preparer can do none of them' },
    {
      query: 'owner=operator',
      shown: ['Fund it there.', 'Nobody knows.'],
      because: 'an approver confirms corrections',
    },
    { query: 'age=1', shown: [], because: 'all of them were opened today' },
    {
      query: 'kind=no_such',
      shown: ['Fund it there.', 'Somebody proposed it.', 'Nobody knows.'],
      because: 'no such filter',
    },
  ])('when the address says $query then $because, and the file has the same rows', async ({ query, shown }) => {
    const { text } = await operator.open(`/tasks?${query}`);
    expect(order(text, ...DETAILS)).toEqual(shown);
    const csv = (await operator.open(`/tasks.csv?${query}`)).text;
    expect(csv.trim().split('\n')).toHaveLength(shown.length + 1);
  });

  it.each([
    '/tasks/nothing',
    `/tasks/${randomUUID()}`,
    `/tasks/${randomUUID()}/checks.pdf`,
    '/alarms/x/clear',
    '/gateways/x/pause',
  ])('when %s is asked for then it is not found', async (path) => {
    const response = path.startsWith('/tasks')
      ? await operator.open(path)
      : await operator.post(path, { reason: 'so' });
    expect(response.status).toBe(404);
  });
});

describe('given a payment whose outcome nobody knows', () => {
  const path = (what: string) => `/tasks/${taskId}/${what}`;

  it('when an operator proposes without evidence then the form comes back with what was typed', async () => {
    const typed = { outcome: 'not_paid', evidence: ' ', reference: 'PAY-1' };
    const { status, text } = await operator.post(path('resolution'), typed);
    expect(status).toBe(400);
    expect(text).toContain('Evidence is missing.');
    expect(text).toContain('value="PAY-1"');
  });

  it('when nobody asks for an outcome then its proposal is refused, and what was typed comes back', async () => {
    const { status, text } = await operator.sign(path('resolution'), { outcome: 'keep', evidence: 'Seen there.' });
    expect(status).toBe(409);
    expect(text).toContain('Seen there.');
  });

  it('when it is proposed with a signature then the approver sees who said so, and the proposer only reads it', async () => {
    const typed = { outcome: 'not_paid', evidence: 'Support case 4711.' };
    expect(await operator.sign(path('resolution'), typed)).toMatchObject({ status: 303, location: `/tasks/${taskId}` });
    expect((await operator.open(`/tasks/${taskId}`)).text).toContain('An approver confirms or refuses it.');
    expect((await approver.open(`/tasks/${taskId}`)).text).toContain('It was not paid, says page-operator');
  });

  it('when the approver refuses it then an operator may propose again', async () => {
    await approver.sign(path('refusal'), { note: 'The case is about another payment.' });
    const { text } = await operator.open(`/tasks/${taskId}`);
    expect(text).toContain('The case is about another payment.');
    expect(text).toContain('Propose what happened');
  });

  it('when another person confirms the next one with a signature then it goes into the books with the next look', async () => {
    await operator.sign(path('resolution'), { outcome: 'paid', evidence: 'The provider wrote so.' });
    expect(await approver.sign(path('confirmation'), { note: 'I called them.' })).toMatchObject({ status: 303 });
    expect((await approver.open(`/tasks/${taskId}`)).text).toContain('Two people decided.');
  });

  it('when the payout is opened then it leads to its tasks', async () => {
    expect((await operator.open(`/payouts/${payoutId}`)).text).toContain(`href="/tasks/${taskId}"`);
  });
});

describe('given a payout that failed', () => {
  it('when failures are read then it stands under its provider, reason and fix until somebody is paid', async () => {
    const id = await addPayout(api.db, 'bob');
    await tamper(
      owner,
      sql.unsafe`update payout set status = 'failed', status_reason = 'RECEIVER_ACCOUNT_LOCKED', status_at = now() where id = ${id}`,
    );
    const { text } = await operator.open('/failures');
    expect(text).toContain('Your PayPal account is locked');
    expect(text).toContain('/payouts?status=failed&amp;gateway=paypal&amp;reason=RECEIVER_ACCOUNT_LOCKED');
    expect((await operator.open('/payouts?gateway=wise&reason=RECEIVER_ACCOUNT_LOCKED')).text).toContain(
      'No payout fits',
    );
    expect((await operator.open('/payouts?reason=RECEIVER_ACCOUNT_LOCKED')).text).toContain(`href="/payouts/${id}`);
    await tamper(
      owner,
      sql.unsafe`
        insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, status,
          created_at)
        select uuidv7(), uuidv7(), partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, 'settled',
          now() + interval '1 hour'
        from payout where id = ${id}`,
    );
    expect((await operator.open('/failures')).text).not.toContain('RECEIVER_ACCOUNT_LOCKED');
  });
});

describe('given an alarm about a gateway', () => {
  it('when an operator pauses, resumes and clears then each is done once, and an auditor may only read', async () => {
    await api.db.transaction((tx) => raiseAlarm(tx, 'provider_silent', 'gateway/wise', 'Wise does not answer.'));
    const [alarm] = await listAlarms(api.db, 0n, 10);
    const auditor = await openVisitor(api, 'page-auditor', ['auditor']);
    expect((await auditor.open('/alarms')).text).toContain('Wise does not answer.');
    expect((await auditor.open('/alarms')).text).not.toContain('Clear it');
    expect((await operator.post('/gateways/wise/pause', { reason: '' })).status).toBe(400);
    expect((await operator.post('/gateways/wise/pause', { reason: 'Wise is down' })).location).toBe('/gateways');
    expect((await operator.open('/gateways')).text).toContain('Wise is down');
    await operator.post('/gateways/wise/resume');
    expect((await operator.open('/gateways')).text).not.toContain('Wise is down');
    expect((await operator.post(`/alarms/${alarm?.id}/clear`)).location).toBe('/alarms');
    expect((await operator.post(`/alarms/${alarm?.id}/clear`)).status).toBe(404);
  });
});
