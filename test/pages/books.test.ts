import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { type Api, addPayout, setUpShop, startApi } from '../api/api.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { postJournals } from '../../db/books/ledger.ts';
import { accrualPosting } from '../../domain/books/postings.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const Row = z.object({ id: z.string() });

let api: Api;
let owner: Awaited<ReturnType<typeof openOwner>>;
let preparer: SignedInPerson;
let payoutId: string;

beforeAll(async () => {
  api = await startApi();
  owner = await openOwner(api.url);
  await setUpShop(api, ['ann']);
  preparer = await openVisitor(api, 'page-preparer', ['preparer']);
  payoutId = await addPayout(api.db, 'ann');
});
afterAll(async () => {
  await owner.end();
  await api.stop();
});

describe('given a statement of yesterday, none of the day before, and two breaks', () => {
  let reportId: string;
  beforeAll(async () => {
    const attemptId = randomUUID();
    await tamper(
      owner,
      sql.unsafe`
        insert into payout_attempt(id, payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash,
          state, submitted_at, owed_minor, debited_minor)
        values (${attemptId}, ${payoutId}, 1, 'paypal', ${randomUUID()}, 'USD', 500, '', '', 'settled', now(), 500, 500)`,
      sql.unsafe`
        insert into payer_gateway(payer_id, method, gateway, account_ref, sealed) select id, 'paypal', 'paypal', 'PayPal', '' from payer`,
      sql.unsafe`
        insert into recon_report(gateway, payer_id, currency, day, line_count, read_at)
        select 'paypal', id, 'USD', current_date - days, 2, now() from payer, unnest(array[1, 3]) days`,
      sql.unsafe`
        insert into recon_break(gateway, kind, subject, currency, expected_minor, found_minor, opened_at)
        values ('paypal', 'missing_in_ledger', 'line/odd', 'USD', 0, -1234, now() - interval '9 days'),
          ('wise', 'fee_differs', 'line/fee', 'EUR', 10, 12, now())`,
    );
    reportId = await owner.oneFirst(sql.type(Row)`select id from recon_report order by day desc limit 1`);
    await tamper(
      owner,
      sql.unsafe`
        insert into recon_line(report_id, line_id, gateway, kind, currency, amount_minor, occurred_at, matched_attempt_id)
        values (${reportId}, 'even', 'paypal', 'payout', 'USD', -500, now(), ${attemptId}),
          (${reportId}, 'odd', 'paypal', 'payout', 'USD', -1234, now(), null)`,
    );
  });

  it('when reconciliation is opened then the missing day, the breaks with their owner and their fix are there', async () => {
    const { text } = await preparer.open('/reconciliation');
    expect(text).toContain('2 breaks between our books and the statements.');
    expect(text).toContain('1 day<');
    expect(text).toContain('missing in our books');
    expect(text).toContain('find out who moved the money');
    expect(text).toContain('Preparer');
  });

  it.each([
    { query: 'gateway=wise', shown: 1 },
    { query: 'kind=missing_in_ledger', shown: 1 },
    { query: 'age=7', shown: 1 },
    { query: 'state=over', shown: 0 },
    { query: 'kind=no_such', shown: 2 },
  ])('when the breaks are filtered by $query then the file has $shown', async ({ query, shown }) => {
    const { text } = await preparer.open(`/breaks.csv?${query}`);
    expect(text.trim().split('\n')).toHaveLength(shown + 1);
    expect((await preparer.open(`/reconciliation?${query}`)).status).toBe(200);
  });

  it('when the statement is opened then each line says whether what was earned, paid, told and stated agree', async () => {
    const { text } = await preparer.open(`/statements/${reportId}`);
    expect(text.split('>matched<')).toHaveLength(2);
    expect(text.split('>missing in our books<')).toHaveLength(2);
    expect(text).toContain(`href="/payouts/${payoutId}"`);
    const csv = (await preparer.open(`/statements/${reportId}/lines.csv`)).text;
    expect(csv.trim().split('\n')).toHaveLength(3);
  });

  it('when a day is asked for that is not over, or is not a day, then nothing is read and the form says why', async () => {
    const read = (day: string) => preparer.post('/reconciliation/paypal/read', { day });
    const tomorrow = new Date(Date.now() + 24 * 3600_000).toISOString().slice(0, 10);
    expect(await read(tomorrow)).toMatchObject({ status: 400, text: expect.stringContaining('ask again after that') });
    expect(await read('soon')).toMatchObject({ status: 400, text: expect.stringContaining('is not a day') });
    expect((await preparer.post('/reconciliation/nobody/read', { day: tomorrow })).status).toBe(404);
    expect((await preparer.open(`/statements/${randomUUID()}`)).status).toBe(404);
  });
});

describe('given earnings in the ledger', () => {
  beforeAll(async () => {
    const batchId = await owner.oneFirst(
      sql.type(z.object({ id: z.bigint() }))`select max(id) as id from accrual_batch`,
    );
    const lines = [{ partnerId: 1n, minor: 500n }];
    await api.db.transaction((tx) =>
      postJournals(tx, [accrualPosting({ batchId, programId: 1, currency: 'USD', bookedAt: new Date(), lines })]),
    );
  });

  it('when the ledger is opened then all accounts of a currency add up to zero', async () => {
    const { text } = await preparer.open('/ledger?partner=ann');
    expect(text).toContain('All accounts add up to 0.00');
    expect(text).toContain('>agrees<');
    expect(text).toContain('/ledger/accounts/partner%3Apayable%3A1%3AUSD');
  });

  it('when an account is opened then each entry leads to its journal, and the journal to its cause and its account', async () => {
    const { text } = await preparer.open('/ledger/accounts/partner%3Apayable%3A1%3AUSD');
    expect(text).toContain('earnings booked');
    const journal = /\/ledger\/journals\/[0-9a-f-]{36}/.exec(text)?.[0] ?? '';
    const opened = await preparer.open(journal);
    expect(opened.text).toContain('>balanced<');
    expect(opened.text).toContain('Earnings of a program');
    const csv = (await preparer.open('/ledger/accounts/partner%3Apayable%3A1%3AUSD/entries.csv')).text;
    expect(csv).toContain(',-5.00,');
  });

  it.each(['/ledger/accounts/none', `/ledger/journals/${randomUUID()}`, '/ledger/journals/none'])(
    'when %s is asked for then it is not found',
    async (path) => expect((await preparer.open(path)).status).toBe(404),
  );
});
