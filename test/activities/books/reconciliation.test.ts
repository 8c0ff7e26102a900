import { sql } from 'slonik';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createReconciliationActivities } from '../../../activities/books/reconciliation.ts';
import { DAY_MS } from '../../../domain/durations.ts';
import { money } from '../../../domain/money.ts';
import type { Gateway } from '../../../gateways/gateway.ts';
import { createPrintedCheckGateway } from '../../../gateways/printed-check/gateway.ts';
import { withClient } from '../../../scripts/stack/postgres.ts';
import { TASK_QUEUES } from '../../../temporal/messages.ts';
import { type Company, openCompany } from '../../fixtures/company.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type PayoutSeen, reconcileToday, type RunSeen } from '../../fixtures/runs.ts';
import { openWorld, VAULT, type World } from '../../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  allBecome,
  attemptBecomes,
  type Business,
  calm,
  mailChecks,
  openBusiness,
  payoutBecomes,
  payoutOf,
  startPaying,
  tell,
} from '../../workflows/fixture.ts';

let world: World;
let company: Company;
let business: Business;
let run: RunSeen;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
  business = await openBusiness(company, { code: 'books' });
  await addPayees(business, [
    { name: 'bank', method: 'bank', amount: '100.00' },
    { name: 'paypal', method: 'paypal', amount: '200.00' },
    { name: 'bounced', method: 'bank', holder: 'Holder Bounce', amount: '300.00' },
    { name: 'check', method: 'check', holder: 'Holder Late', amount: '400.00' },
  ]);
  await tell(world, 'bank', 'outcomes', { match: 'Holder Late', outcome: 'never-cleared' });
  run = await startPaying(business);
  await mailChecks(business, run, 'check');
  await allBecome(business, run, 'settled', 'returned', 'sent');
  await payoutBecomes(business, run, 'bank', 'settled');
  await payoutBecomes(business, run, 'bounced', 'returned');
  await payoutBecomes(business, run, 'check', 'sent');
});
afterEach(() => calm(world));
afterAll(() => world.close());

const attemptIdOf = async ({ id }: PayoutSeen): Promise<string> =>
  String(await world.db.oneFirst(sql.unsafe`select id from payout_attempt where payout_id = ${id}`));

/** Changes what the database lets nobody change, as its owner with the guards switched off. */
const tamper = (attemptId: string, change: string): Promise<void> =>
  withClient(world.databaseUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(`update payout_attempt set ${change} where id = $1`, [attemptId]);
  });

describe('given books that agree with the providers to the cent', () => {
  it('when the day is reconciled then there is no break', async () => {
    expect(await reconcileToday(world, company)).toEqual([]);
  });

  it.each([
    {
      kind: 'amount_differs',
      name: 'bank',
      plant: 'debited_minor = debited_minor + 1',
      fix: 'debited_minor = debited_minor - 1',
    },
    {
      kind: 'fee_differs',
      name: 'paypal',
      plant: 'debit_fee_minor = debit_fee_minor - 1',
      fix: 'debit_fee_minor = debit_fee_minor + 1',
    },
    {
      kind: 'return_not_booked',
      name: 'bounced',
      plant: 'returned_minor = null',
      fix: 'returned_minor = amount_minor',
    },
    { kind: 'missing_at_provider', name: 'check', plant: 'debited_minor = amount_minor', fix: 'debited_minor = null' },
    { kind: 'missing_in_ledger', name: 'paypal', plant: 'debited_minor = null', fix: 'debited_minor = amount_minor' },
  ])(
    'when an error is planted then the break $kind is found, and closed when the error is fixed',
    async ({ kind, name, plant, fix }) => {
      const attempt = await attemptIdOf(await payoutOf(business, run, name));

      await tamper(attempt, plant);
      expect(await reconcileToday(world, company)).toMatchObject([{ kind, subject: `attempt/${attempt}` }]);
      expect(await reconcileToday(world, company)).toHaveLength(1);

      await tamper(attempt, fix);
      expect(await reconcileToday(world, company)).toEqual([]);
    },
  );

  it('when a wrong line of a statement is corrected later then the break is closed, and every version is kept', async () => {
    await tell(world, 'paypal', 'faults', { method: 'GET', path: '/v1/reporting', fault: 'wrong-amount' });
    expect(await reconcileToday(world, company)).toHaveLength(1);

    expect(await reconcileToday(world, company)).toEqual([]);
    expect(await reconcileToday(world, company)).toEqual([]);

    const versions = sql.unsafe`
      select version from recon_line where line_id in (select line_id from recon_line where version > 1) order by version`;
    expect(await world.db.anyFirst(versions)).toEqual([1, 2, 3]);
  });

  it('when it is not known yet whether a payment was made then that is a break until it is known', async () => {
    const other = await openBusiness(company, { code: 'unknown' });
    await addPayees(other, [{ name: 'ann', method: 'paypal', amount: '50.00' }]);
    await tell(world, 'paypal', 'faults', {
      fault: '500-before-commit',
      method: 'POST',
      path: '/v1/payments/payouts$',
      times: 10_000,
    });
    const next = await startPaying(other);
    const { id } = await payoutOf(other, next, 'ann');
    await attemptBecomes(other, id, 'unknown');
    expect(await reconcileToday(world, company)).toMatchObject([{ kind: 'unknown_outcome' }]);

    await calm(world);
    await payoutBecomes(other, next, 'ann', 'settled');

    expect(await reconcileToday(world, company)).toEqual([]);
  });

  it('when one gateway refuses its statement then the others are reconciled, and an alarm is raised', async () => {
    await tell(world, 'wise', 'faults', { fault: '401', method: 'GET', times: 10_000 });
    await world.db.query(sql.unsafe`update recon_report set read_at = '2020-01-01'`);

    const night = { workflowId: 'nightly', taskQueue: TASK_QUEUES.main };
    await expect(world.temporal.workflow.execute('nightlyReconciliation', night)).rejects.toThrow(
      'Workflow execution failed',
    );

    const read = sql.unsafe`select distinct gateway from recon_report where read_at > '2020-01-01' order by gateway`;
    expect(await world.db.anyFirst(read)).toEqual(['paypal', 'printed-check']);
    expect(await alarmsOf(business)).toContainEqual(
      expect.objectContaining({ kind: 'statement_not_read', subject: 'gateway/wise' }),
    );
  });

  it('when no statement of a day can be read then an alarm is raised once the day is long over and was never read', async () => {
    const dayAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
    const detail = async () =>
      (await alarmsOf(business)).find(({ subject }) => subject === 'gateway/paypal')?.detail ?? 'no alarm';
    await tell(world, 'paypal', 'faults', { fault: '500-before-commit', method: 'GET', times: 10_000 });

    await expect(world.activities.reconcileDay('paypal', dayAgo(0))).rejects.toThrow('did not answer a look-up');
    expect(await detail()).toBe('no alarm');

    await expect(world.activities.reconcileDay('paypal', dayAgo(30))).rejects.toThrow('did not answer a look-up');
    expect(await detail()).toContain(
      `The statement of ${dayAgo(30)} in USD of the account PayPal of payer acme could not be read`,
    );
  });

  it('when a payment was booked after the last day that was read then no statement need show it yet', async () => {
    const late = await openBusiness(company, { code: 'late' });
    await addPayees(late, [{ name: 'zoe', method: 'bank', amount: '70.00' }]);
    const next = await startPaying(late);
    await payoutBecomes(late, next, 'zoe', 'settled');
    const attempt = await attemptIdOf(await payoutOf(late, next, 'zoe'));
    const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
    await world.db.query(sql.unsafe`update recon_report set read_at = null where gateway = 'wise'`); // today was not read yet
    await tamper(attempt, `submitted_at = '${yesterday}T23:59:00Z'`);

    await world.activities.reconcileDay('wise', yesterday);
    expect(await company.auditor.api.all('/v1/breaks')).toEqual([]);

    await tamper(attempt, `booked_at = '${yesterday}T23:59:30Z'`);
    await world.activities.reconcileDay('wise', yesterday);
    expect(await company.auditor.api.all('/v1/breaks')).toMatchObject([
      { kind: 'missing_at_provider' },
      { kind: 'fee_differs' },
    ]);
    expect(await reconcileToday(world, company)).toEqual([]);
  });

  it('when the day of its booking was never read then an earlier day opens no break for it, though a later day was read', async () => {
    const gap = await openBusiness(company, { code: 'gap' });
    await addPayees(gap, [{ name: 'yan', method: 'bank', amount: '80.00' }]);
    await reconcileToday(world, company);
    const next = await startPaying(gap);
    await payoutBecomes(gap, next, 'yan', 'settled');
    const attempt = await attemptIdOf(await payoutOf(gap, next, 'yan'));
    const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
    await world.db.query(
      sql.unsafe`update recon_report set read_at = null where gateway = 'wise' and day = ${daysAgo(1)}`,
    );
    await tamper(attempt, `submitted_at = '${daysAgo(1)}T12:00:00Z', booked_at = '${daysAgo(1)}T12:01:00Z'`);

    await world.activities.reconcileDay('wise', daysAgo(2));
    expect(await company.auditor.api.all('/v1/breaks')).toEqual([]);
  });

  it('when a person asks for a day then it is read, and the list of statements says so', async () => {
    const { preparer, auditor } = company;
    const dayAfter = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
    const ask = (day: string) => preparer.api.post(`/v1/gateways/paypal/statements/${day}/read`, {});

    const statementOf = async (wanted: string) =>
      (await auditor.api.all('/v1/gateways/paypal/statements')).find(({ day }) => day === wanted);

    await expect(ask(dayAfter(0))).rejects.toThrow('ends in UTC');
    expect(await ask(dayAfter(-5))).toMatchObject({ gateway: 'paypal', day: dayAfter(-5), state: 'reading' });
    const statement = await eventually('the day is read', () => statementOf(dayAfter(-5)));
    expect(statement).toMatchObject({ payer: 'acme', currency: 'USD', state: 'read', lines: 0, breaks: 0 });

    await tell(world, 'paypal', 'faults', { fault: '500-before-commit', method: 'GET', times: 10_000 });
    await expect(world.activities.reconcileDay('paypal', dayAfter(-5))).rejects.toThrow('did not answer');
    expect(await statementOf(dayAfter(-5))).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('PayPal'),
    });
  });

  it('when a day is not over then the reading of the last days leaves it out', async () => {
    const today = new Date().toISOString();
    const readAt = () =>
      world.db.anyFirst(sql.unsafe`select read_at from recon_report where gateway = 'wise' order by id`);
    const before = await readAt();
    expect(await world.activities.reconcileDay('wise', today.slice(0, 10), today)).toEqual({ lines: 0, breaks: 0 });
    expect(await readAt()).toEqual(before);
  });

  it('when our account made a payment that is not in the ledger then the break missing_in_ledger names the line', async () => {
    const { wise } = world.gateways;
    const key = '3f0c2f5e-6f0a-4c36-9d3f-0a5b6f1f2a77';
    const amount = money(7700n, 'USD');
    const request = wise.freeze({
      key,
      payoutId: key,
      amount,
      destination: {
        method: 'bank',
        holder: 'Stranger',
        currency: 'USD',
        country: 'US',
        details: {
          type: 'aba',
          abartn: '021000021',
          accountNumber: '87654321',
          accountType: 'CHECKING',
          'address.city': 'Reno',
        },
      },
      account: { profileId: '1001' },
      reference: 'stranger',
      checkNumber: null,
      payerName: 'Acme Inc',
      payerAddress: null,
      paidOn: '2026-03-01',
    });
    const submission = { key, payoutId: key, amount, request, reference: null, step: null, submittedAt: null };
    await wise.submit(submission, async () => undefined, AbortSignal.timeout(10_000));

    const breaks = await reconcileToday(world, company);

    expect(breaks.every(({ kind, subject }) => kind === 'missing_in_ledger' && subject.startsWith('line/'))).toBe(true);
    expect(breaks).toContainEqual(expect.objectContaining({ expected: '0.00', found: '-77.00' }));
  });
});

describe('given a bank that repeats its references', () => {
  const [first, second] = ['2025-03-03', '2025-03-04'];
  let attempt: string;
  let check: { number: string; minor: string };
  /** The entries of the bank's statement by day, each signed: a debit is negative. */
  let days: Record<string, readonly string[]> = {};
  beforeAll(async () => {
    attempt = await attemptIdOf(await payoutOf(business, run, 'check'));
    const facts = sql.unsafe`select check_number::text as number, amount_minor::text as minor from payout_attempt where id = ${attempt}`;
    check = (await world.db.one(facts)) as typeof check;
  });

  const entry = (day: string, amount: string, more: string) => {
    const ind = amount.startsWith('-') ? 'DBIT' : 'CRDT';
    return `<Ntry><Amt Ccy="USD">${amount.replace('-', '')}</Amt><CdtDbtInd>${ind}</CdtDbtInd><Sts>BOOK</Sts>\
<BookgDt><Dt>${day}</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>${more}</Ntry>`;
  };
  const amount = () => `${Number(check.minor) / 100}.00`;
  const ofCheck = () => `<NtryDtls><TxDtls><Refs><ChqNb>${check.number}</ChqNb></Refs></TxDtls></NtryDtls>`;

  async function read(day: string) {
    const body = () =>
      `<Document><BkToCstmrStmt><Stmt><Id>1</Id>${(days[day] ?? []).join('')}</Stmt></BkToCstmrStmt></Document>`;
    const settings = { bankBaseUrl: 'http://bank.test', bankKey: 'k', printDir: world.dir };
    const bank = createPrintedCheckGateway(settings, {
      now: () => new Date(),
      fetch: async () => new Response(body()),
    });
    const gateways = { ...world.gateways, 'printed-check': bank };
    return createReconciliationActivities({ db: world.db, gateways, vault: VAULT }).reconcileDay('printed-check', day);
  }
  const breaks = async () =>
    (await company.auditor.api.all('/v1/breaks')).filter(({ gateway }) => gateway === 'printed-check');

  it('when a check and its fee have one reference on one day then both lines are read', async () => {
    await tamper(attempt, 'debited_minor = amount_minor, debit_fee_minor = 0');
    days = { [first]: [entry(first, `-${amount()}`, ofCheck()), entry(first, '-0.50', '')] };
    expect(await read(first)).toMatchObject({ lines: 2 });
    expect(await breaks()).toMatchObject([{ kind: 'missing_in_ledger', found: '-0.50' }]);
    days = { [first]: [entry(first, `-${amount()}`, ofCheck()), entry(first, '0.50', '')] };
    await read(first); // the bank corrects itself: it was an interest
    expect(await breaks()).toEqual([]);
  });

  it('when one line cannot be read then an alarm names it, and the others are compared', async () => {
    const broken = entry(second, '1.00', '').replace('<Amt Ccy="USD">1.00</Amt>', '');
    days = { [second]: [broken, entry(second, '-2.00', '')] };
    expect(await read(second)).toMatchObject({ lines: 1, breaks: 1 });
    const [alarm] = (await alarmsOf(business)).filter(({ kind }) => kind === 'rows_not_read');
    expect(alarm).toMatchObject({ detail: expect.stringContaining(`${second}/B1 (Amt`) });
    days = { [second]: [entry(second, '1.00', '')] };
    expect(await read(second)).toMatchObject({ lines: 1, breaks: 0 });
  });

  it('when the check is paid on another day under the same reference then it is found to be paid twice', async () => {
    days = { [second]: [entry(second, '1.00', ''), entry(second, `-${amount()}`, ofCheck())] };
    await read(second);
    expect(await breaks()).toMatchObject([{ kind: 'paid_twice', subject: `attempt/${attempt}` }]);
  });
});

describe('given a fee that PayPal took from a balance in another currency', () => {
  beforeEach(async () => {
    await withClient(world.databaseUrl, async (client) => {
      await client.query('set session_replication_role = replica');
      for (const table of ['recon_break', 'recon_line', 'recon_report']) await client.query(`delete from ${table}`);
    });
  });

  /** The breaks of today when PayPal's statement in USD shows this fee in EUR. */
  async function breaksWith(fee: (booked: bigint) => bigint) {
    const attempt = await attemptIdOf(await payoutOf(business, run, 'paypal'));
    await tamper(attempt, "debit_fee_currency = 'EUR'");
    const booked = sql.type(z.object({ key: z.string(), minor: z.bigint(), fee: z.bigint() }))`
      select provider_key as key, debited_minor as minor, debit_fee_minor as fee from payout_attempt where id = ${attempt}`;
    const { key, minor, fee: charged } = await world.db.one(booked);
    const common = { occurredAt: new Date(), reference: null, key };
    const statement: Gateway['statement'] = async (_account, currency) =>
      currency === 'USD'
        ? [
            { ...common, id: 'P1', kind: 'payout', amount: money(-minor, 'USD') },
            { ...common, id: 'P1:fee', kind: 'fee', amount: money(-fee(charged), 'EUR') },
          ]
        : [];
    const books = createReconciliationActivities({
      db: world.db,
      gateways: { ...world.gateways, paypal: { ...world.gateways.paypal, statement } },
      vault: VAULT,
    });
    await books.reconcileDay('paypal', new Date().toISOString().slice(0, 10));
    return world.db.any(sql.type(z.object({ kind: z.string(), currency: z.string() }))`
      select kind, currency from recon_break where resolved_at is null and subject = ${`attempt/${attempt}`}`);
  }

  it('when the statement shows it in that currency then there is no break', async () => {
    expect(await breaksWith((charged) => charged)).toEqual([]);
  });

  it('when the statement shows another fee then it differs in that currency', async () => {
    expect(await breaksWith((charged) => charged + 1n)).toEqual([{ kind: 'fee_differs', currency: 'EUR' }]);
  });
});
