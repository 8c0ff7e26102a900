import { randomUUID } from 'node:crypto';

import { type QuerySqlToken, sql } from 'slonik';

import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { insertTask } from '../../db/tasks/tasks.ts';
import { addDays } from '../../domain/calendar.ts';
import { addPayout, type Api, TERMS } from '../api/api.ts';
import type { Pair } from '../api/pair.ts';
import { accrueAll } from '../fixtures/accrual.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const TODAY = new Date().toISOString().slice(0, 10);
const SALE = {
  source: 'shop',
  id: 'sale-1',
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  currency: 'USD',
  amount: '120.00',
  occurredAt: `${TODAY}T00:00:00Z`,
};
const CREDIT = { kind: 'credit', partner: 'ann', program: 'shop', currency: 'USD', amount: '15.00', reason: 'Freight' };
const PARTNERS = ['cat', 'dan', 'eve', 'fin', 'gil', 'hal', 'ida'];
const NUMBER = 1001;
type AttemptWish = { state: string; status: string; gateway?: string; number?: number | null };

/** Does one thing after the other. */
async function inTurn<T>(steps: readonly (() => Promise<T>)[]): Promise<T[]> {
  const done: T[] = [];
  for (const step of steps) done.push(await step());
  return done;
}

const PAYS_ALONE = [
  {
    title: 'small ones',
    when: { amount: { atMost: '10' }, currency: ['USD'], hasFund: ['yes'] },
    automatic: 'approve',
  },
  {
    title: 'others',
    stages: [{ role: 'preparer', approvals: 2, within: { days: 3, counted: 'business' }, atEnd: 'expire' }],
  },
];
const WHY = { reason: 'A form is about it' };

/** Adds to a pair of partners one of everything that a form of the console or the portal is about, in the state in which it shows the form. */
export async function addEverything(api: Api, pair: Pair, staff: SignedInPerson): Promise<void> {
  const owner = await openOwner(api.url);
  const change = (...statements: QuerySqlToken[]) => tamper(owner, ...statements);
  const ask = async (method: 'POST' | 'PATCH' | 'PUT', path: string, body: object, key?: string) => {
    const answer = await api.ask(method, path, { body, ...(key && { key }) });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return String(answer.body['id']);
  };
  await addEvents();
  await addQuestions();
  await addPeople();
  await addPayouts();
  await addRuns();
  await ask('POST', '/v1/corrections', CREDIT);
  await ask('POST', '/v1/programs/shop/re-ratings', { from: '2026-03-01', ...WHY });
  await change(sql.unsafe`update re_rating set status = 'proposed'`);
  await ask('POST', '/v1/programs/shop/policies/claim', { policy: { rules: PAYS_ALONE } });
  await addPoints();
  const amounts = { unit: 'USD', amount: '900.00', from: null, until: null };
  await ask('POST', '/v1/programs/shop/budgets', { code: 'spring', title: 'Spring', ...amounts, ...WHY });
  const effectiveFrom = `${addDays(TODAY, 30)}T00:00:00Z`;
  await ask('POST', '/v1/programs/shop/plans/standard/versions', { terms: { ...TERMS, holdDays: 7 }, effectiveFrom });
  await addEndpoints();
  await ask('PUT', '/v1/payers/acme/gateways/paypal', { gateway: 'paypal', accountRef: 'PayPal', settings: {} });
  await staff.post('/partners/bob/hold', WHY);
  await staff.post('/gateways/paypal/pause', WHY);
  await api.db.transaction((tx) => raiseAlarm(tx, 'run_stuck', `run/${pair.things['runs']}`, 'It does not go on.'));
  await stopEvents();
  await owner.end();

  async function addEvents(): Promise<void> {
    const send = (...events: object[]) => ask('POST', '/v1/events', { events });
    await ask('PATCH', '/v1/programs/shop/intake', { unknownPartners: 'park' });
    await send(
      SALE,
      { ...SALE, id: 'sale-2' },
      { ...SALE, id: 'sale-3', partner: 'zoe' },
      { ...SALE, id: 'sale-4', partner: 'zoe' },
    );
    await send({ ...SALE, amount: '130.00' });
    const dismissed = await owner.oneFirst(sql.unsafe`select max(id)::text as id from event_parked`);
    await staff.post(`/earnings/parked/${String(dismissed)}/dismiss`, WHY);
  }

  /** Events that cannot be worked out, and that wait because their partner was not eligible. */
  function stopEvents(): Promise<void> {
    return change(
      sql.unsafe`
        update event_due set set_aside_since = now(), set_aside_reason = 'It cannot be worked out.'
        where event_id = (select id from event where source_id = 'sale-2')`,
      sql.unsafe`
        update event_due set waits_on = 'eligibility', waits_for = 'ann', waits_since = now()
        where event_id = (select max(id) from event where source_id = 'sale-1')`,
      sql.unsafe`update program set bars_events = true where code = 'shop'`,
    );
  }

  async function addPoints(): Promise<void> {
    const pay = { rule: 'flat', amount: '500' };
    const [when, at] = [{ kinds: ['visit'] }, '/v1/programs/care'];
    await ask('POST', '/v1/programs', { code: 'care', name: 'Care', schedule: 'monthly' });
    for (const conversion of ['by-partner', 'by-staff']) {
      const code = `points-${conversion}`;
      await ask('POST', `${at}/units`, { code, name: 'Points', expiryMonths: 24, conversion });
      await ask('POST', `${at}/units/${code}/rates`, { currency: 'USD', from: '2026-01-01', rate: '0.005' });
    }
    const incentives = ['by-partner', 'by-staff'].map((id) => ({ id, when, unit: `points-${id}`, pay }));
    await ask('POST', `${at}/plans`, { code: 'standard', terms: { holdDays: 0, rounding: 'half-even', incentives } });
    await ask('POST', '/v1/partners/ann/agreements', { program: 'care', plan: 'standard', startsOn: '2026-01-01' });
    const occurredAt = `${addDays(TODAY, -3)}T12:00:00Z`;
    const visit = { source: 'shop', id: 'visit', program: 'care', partner: 'ann', kind: 'visit', occurredAt };
    await ask('POST', '/v1/events', { events: [visit] });
    await accrueAll(api.db, 'care');
    await ask('POST', '/v1/partners/ann/conversions', {
      unit: 'points-by-staff',
      amount: '100',
      currency: 'USD',
      ...WHY,
    });
  }

  async function addQuestions(): Promise<void> {
    for (const act of ['back', 'answer']) {
      const id = await ask('POST', '/v1/me/questions', { about: 'missing', text: 'And this one?' }, pair.ann.key);
      await staff.post(`/questions/${id}/answer`, { act, text: 'Which one?' });
    }
    const protectedUntil = addDays(TODAY, 90);
    await change(
      sql.unsafe`insert into deal select (jsonb_populate_record(deal, ${sql.jsonb({ id: randomUUID(), status: 'protected', protected_until: protectedUntil })})).* from deal`,
    );
  }

  async function addPeople(): Promise<void> {
    await ask('POST', '/v1/actors', { code: 'newcomer', name: 'A newcomer', email: 'newcomer@people.test' });
    await ask('POST', '/v1/actors/newcomer/grants', { role: 'auditor' });
    await openVisitor(api, 'loser', ['approver']);
    await (await openVisitor(api, 'reporter', ['operator'])).sign('/settings/people/loser/lost-passkey', WHY);
    const content = { subject: 'A notice', parts: [] };
    await change(sql.unsafe`
      insert into notification(dedupe_key, kind, audience, body, content, told_at)
      values ('to-finance', 'run_decided', 'finance', '{}', ${JSON.stringify(content)}::jsonb, now())`);
  }

  /** Runs that wait for a decision, are being paid, and are paused. */
  async function addRuns(): Promise<void> {
    await change(
      sql.unsafe`update payout_run set status = 'review', content_hash = sha256('review'), review_since = now()`,
    );
    for (const status of ['disbursing', 'paused'])
      await change(sql.unsafe`
        insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, status)
        select uuidv7(), id, 'on_demand', '2026-01-01', '2026-02-01', '2026-02-01', '2026-02-03', ${status} from pay_schedule`);
  }

  /** An attempt of a payout in this state, to which the payout itself follows. Returns the id of the attempt. */
  async function attempt(
    payout: string,
    { state, status, gateway = 'paypal', number = null }: AttemptWish,
  ): Promise<string> {
    const id = randomUUID();
    await change(
      sql.unsafe`
        insert into payout_attempt(id, payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash,
          state, submitted_at, owed_minor, check_number)
        values (${id}, ${payout}, 1, ${gateway}, ${randomUUID()}, 'USD', 500, '', '', ${state}, now(), 500, ${number})`,
      sql.unsafe`
        update payout set status = ${status}, gateway = ${gateway}, method = case when ${gateway} = 'paypal' then 'paypal' else 'check' end
        where id = ${payout}`,
    );
    return id;
  }

  /** Payouts whose outcome nobody knows, without and with a proposal, one that failed, one that a person holds, and checks. */
  async function addPayouts(): Promise<void> {
    const agreements = [{ program: 'shop', plan: 'standard', startsOn: '2026-01-01' }];
    const partners = PARTNERS.map((code) => ({
      code,
      name: `Partner ${code}`,
      kind: 'affiliate',
      country: 'US',
      agreements,
      instrument: { method: 'paypal', receiver: `${code}@example.com` },
    }));
    await ask('POST', '/v1/partners/batch', { partners });
    const [open = '', proposed = '', failed = '', held = '', mailed = '', stopped = '', printed = ''] = await inTurn(
      PARTNERS.map((code) => () => addPayout(api.db, code)),
    );
    for (const payoutId of [open, proposed]) {
      await attempt(payoutId, { state: 'unknown', status: 'executing' });
      await addTask({ kind: 'outcome_unknown', payoutId, subject: `payout/${payoutId}` });
    }
    await ask('POST', `/v1/payouts/${proposed}/resolution`, { outcome: 'not_paid', evidence: 'They said so' });
    await attempt(failed, { state: 'failed', status: 'failed' });
    await change(sql.unsafe`
      insert into instrument_failure(payout_id, instrument_id, reason, advice)
      select id, instrument_version_id, 'RECEIVER_UNREGISTERED', 'Please open one.' from payout where id = ${failed}`);
    await staff.post(`/payouts/${held}/hold`, WHY);
    await addChecks([mailed, stopped, printed]);
  }

  /** A check that was mailed and is shown to the bank, one that is stopped, and one that nobody has mailed. */
  async function addChecks(payouts: readonly string[]): Promise<void> {
    await change(sql.unsafe`
      insert into check_account(payer_id, account_ref, number_first, number_next)
      select id, 'checking', ${NUMBER}, ${NUMBER + payouts.length} from payer`);
    const account = Number(await owner.oneFirst(sql.unsafe`select max(id) from check_account`));
    for (const [index, payout] of payouts.entries()) {
      const number = NUMBER + index;
      const printed = index === 2 ? { state: 'accepted', status: 'executing' } : { state: 'sent', status: 'sent' };
      const id = await attempt(payout, { ...printed, gateway: 'printed-check', number });
      await change(
        sql.unsafe`insert into check_register(check_account_id, number, attempt_id) values (${account}, ${number}, ${id})`,
        index === 1
          ? sql.unsafe`
              insert into check_stop(attempt_id, requested_by, reason, outcome, outcome_at, is_void, expires_on)
              values (${id}, ${staff.id}, 'It is lost', 'stopped', now(), false, ${addDays(TODAY, 90)})`
          : sql.unsafe`
              insert into check_exception(check_account_id, bank_ref, number, currency, amount_minor, reason, presented_at, decide_by)
              values (${account}, ${payout}, ${number}, 'USD', 500, 'payee', now(), now() + interval '1 day')`,
      );
    }
    const asked = await owner.oneFirst(sql.unsafe`select id from check_exception order by number limit 1`);
    await addTask({ kind: 'check_exception', subject: `check-exception/${String(asked)}` });
    await addTask({ kind: 'checks_to_mail', subject: `run/${pair.things['runs']}/account/${account}` });
  }

  /** An endpoint for each thing that a person can do with one, and a notice that one of them did not take. */
  async function addEndpoints(): Promise<void> {
    const wish = { url: 'https://erp.example.com/', events: ['payout.sent'] };
    const [dead, paused, renewed] = await inTurn([1, 2, 3].map(() => () => ask('POST', '/v1/webhook-endpoints', wish)));
    await ask('PATCH', `/v1/webhook-endpoints/${paused}`, { paused: true });
    await ask('POST', `/v1/webhook-endpoints/${renewed}/secrets`, {});
    await change(sql.unsafe`
      with event as (insert into webhook_event(type, data) values ('payout.sent', '{}') returning id)
      insert into webhook_delivery(endpoint_id, event_id, status, ended_at) select ${dead ?? ''}, id, 'dead', now() from event`);
  }

  async function addTask(
    task: Pick<Parameters<typeof insertTask>[1], 'kind' | 'subject'> & { payoutId?: string },
  ): Promise<void> {
    await insertTask(api.db, { payoutId: null, detail: 'Somebody must look.', ...task });
  }
}
