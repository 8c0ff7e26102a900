import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listInvariants } from '../../db/books/invariants.ts';
import { openFixture, type Fixture } from './fixture.ts';
import { fillLargeTables, pretendLarge, type Scene } from './large-tables.ts';
import { explain, wholeReads } from './plan.ts';
import { listQueries, statementsOf } from './queries.ts';
import { WITH_VALUES } from './with-values.ts';

let fixture: Fixture;
let scene: Scene;

beforeAll(async () => {
  fixture = await openFixture();
  scene = await fillLargeTables(fixture);
  await pretendLarge(fixture);
});
afterAll(() => fixture.close());

/** The functions whose plans nobody reads here, and why. */
const EXCEPTIONS: Record<string, string> = {
  changesRow: 'its callers give it the statement',
  copyRows: 'a copy only adds rows, and has no plan',
  expectManyRows: 'it changes settings, and such a statement has no plan',
  expectLongRead: 'it changes settings, and such a statement has no plan',
  fetchReplay: 'it reads on in the cursor of openReplay',
  listAsked: 'a person compares every payment with the sandbox (`npm run check-invariants`)',
  listStatementAccounts: 'every night and once a gateway, it looks for the currencies in which each payer ever paid',
  listNegativeBalances: 'a person asks for the report, which compares every balance with zero',
  sumPartnerAccounts: 'a person opens the ledger, which adds up every balance',
  hasQuarantined: 'a person decides about an event, and it looks for another one of the source that waits',
  countAgreements: 'a person opens a program, and it counts the partners of each plan',
  askInvariants: 'every night, the rules compare all books (`npm run bench:books`)',
  draftRun: 'once a run, it judges every partner (`npm run bench:run`)',
  redrawOutcomes: 'it judges every partner of a run (`npm run bench:books`)',
};

const functionOf = (key: string): string => key.split(':')[0] ?? key;

describe('given a million payouts', () => {
  it.each([
    { reads: 'a table', statement: sql.unsafe`select from payout_line where released_at is null` },
    {
      reads: 'an index from its beginning to the page',
      statement: sql.unsafe`
        select * from payout left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
        where payout.id > '80000000-0000-0000-0000-000000000000' order by payout.id limit 400000`,
    },
  ])('when a query reads $reads then this test sees it', async ({ statement }) => {
    expect(wholeReads(await explain(fixture.owner, statement))).not.toEqual([]);
  });

  it('when a query runs for a request, a sweep or a run then it reads no large table or index whole', async () => {
    const slow: string[] = [];
    for (const { file, name, ask } of await listQueries()) {
      if (name in EXCEPTIONS || Object.keys(WITH_VALUES).some((key) => functionOf(key) === name)) continue;
      const { statements, problem } = await statementsOf(ask, 'anything');
      if (problem !== undefined || statements.length === 0)
        slow.push(
          `${file}: ${name} cannot be called with any values, so with-values.ts must call it (${String(problem)})`,
        );
      for (const statement of statements)
        for (const read of wholeReads(await explain(fixture.owner, statement, true)))
          slow.push(`${file}: ${name} reads whole: ${read}`);
    }
    expect(slow).toEqual([]);
  });

  it.each(Object.entries(WITH_VALUES))(
    'when somebody asks %s then no large table or index is read whole',
    async (_name, query) => {
      const { statements } = await statementsOf((db) => query(db, scene), 'nothing');
      expect(statements).not.toEqual([]);
      for (const statement of statements)
        expect(wholeReads(await explain(fixture.owner, statement)), statement.sql).toEqual([]);
    },
  );

  it('then every exception and every call with values names a query', async () => {
    const names = new Set((await listQueries()).map(({ name }) => name));
    const named = [...Object.keys(EXCEPTIONS), ...Object.keys(WITH_VALUES).map(functionOf)];
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });

  it('when the books are asked a rule then it is planned for all rows, and not to find the first culprits soon', async () => {
    for (const { name, find } of await listInvariants())
      for (const statement of (await statementsOf(find, 'nothing')).statements) {
        const plan = await explain(fixture.owner, statement);
        const read = plan['Node Type'] === 'Limit' ? plan.Plans?.at(-1)?.['Node Type'] : 'CTE Scan';
        expect(read, name).toBe('CTE Scan');
      }
  });

  it('then the check of each statement trigger looks rows up by key, whatever plan its connection keeps', async () => {
    const unsure = await fixture.owner.anyFirst(sql.type(z.strictObject({ name: z.string() }))`
      select distinct proname::text as name from pg_trigger join pg_proc on pg_proc.oid = tgfoid
      where tgrelid in ('payout'::regclass, 'payout_line'::regclass) and num_nonnulls(tgnewtable, tgoldtable) > 0
        and not coalesce(proconfig @> array['enable_seqscan=off'], false)`);
    expect(unsure).toEqual([]);
  });
});
