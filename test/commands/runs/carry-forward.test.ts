import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { prepareRun } from '../../../commands/runs/prepare.ts';
import { redrawRun } from '../../../commands/runs/redraw.ts';
import { listPayoutEarnings } from '../../../db/payouts/lines.ts';
import { listPartnerPayability } from '../../../db/payouts/payability.ts';
import { cancelRunPayouts } from '../../../db/payouts/payouts.ts';
import { RAIL_UNITS } from '../../../domain/rails.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import {
  addCompany,
  addCorrectedLine,
  addLine,
  addPartner,
  addRun,
  type CompanyRows,
  type PartnerRows,
} from '../../fixtures/rows.ts';

const CUTOFF = '2026-02-01';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** A partner who is paid by PayPal and earned these amounts. */
async function earning(currency: 'HUF' | 'TWD' | 'USD', amounts: readonly bigint[]) {
  const company = await addCompany(fixture.app);
  const partner = await addPartner(fixture.app, company, 'paypal');
  await fixture.app.query(sql.unsafe`
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed)
    values (${company.payerId}, 'paypal', 'paypal', 'PayPal', '') on conflict do nothing`);
  for (const minor of amounts) await addLine(fixture.app, company, partner, { minor, currency: currency as 'USD' });
  return { company, partner };
}

/** Drafts the next run, and returns its payouts. */
async function draft(company: CompanyRows): Promise<{ runId: string; paid: readonly { id: string; minor: bigint }[] }> {
  const runId = await addRun(fixture.app, company);
  await prepareRun(fixture.app, runId);
  const paid = await fixture.app.any(sql.type(z.object({ id: z.string(), minor: z.bigint() }))`
    select id, gross_minor as minor from payout where run_id = ${runId}`);
  return { runId, paid };
}

const standing = async (company: CompanyRows, { id }: PartnerRows, currency: string) => {
  const rows = await listPartnerPayability(fixture.app, company.scheduleId, { start: '2026-01-01', end: CUTOFF }, id);
  const row = rows.find((one) => one.currency === currency);
  return row && { payable: row.payableMinor, held: row.heldMinor, reserved: row.reservedMinor, outcome: row.outcome };
};

describe('given a partner whom PayPal can pay only in whole forints or dollars', () => {
  it.each([
    { currency: 'HUF', amounts: [123_45n], pays: [123_00n], owed: 45n },
    { currency: 'HUF', amounts: [100_00n, 23_45n, 60n], pays: [124_00n], owed: 5n },
    { currency: 'HUF', amounts: [100_00n, 45n], pays: [100_00n], owed: 45n },
    { currency: 'HUF', amounts: [200_00n, -50_01n], pays: [149_00n], owed: 99n },
    { currency: 'HUF', amounts: [99n], pays: [], owed: 99n },
    { currency: 'TWD', amounts: [10_01n], pays: [10_00n], owed: 1n },
    { currency: 'HUF', amounts: [123_00n], pays: [123_00n], owed: 0n },
    { currency: 'USD', amounts: [123_45n], pays: [123_45n], owed: 0n },
  ] as const)('when $amounts was earned in $currency then $pays is paid, and $owed stays owed', async (row) => {
    const { company, partner } = await earning(row.currency, row.amounts);

    const { paid } = await draft(company);

    expect(paid.map(({ minor }) => minor)).toEqual(row.pays);
    const [total = 0n] = row.pays;
    expect(await standing(company, partner, row.currency)).toMatchObject({ payable: row.owed, reserved: total });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when the line that is split is one that two people corrected then both parts keep the correction', async () => {
    const { company, partner } = await earning('HUF', []);
    const proposedBy = company.preparer;
    await addCorrectedLine(fixture.app, company, partner, { minor: 123_45n, currency: 'HUF' as 'USD', proposedBy });

    const { paid } = await draft(company);

    const [payout] = paid;
    expect(payout?.minor).toBe(123_00n);
    expect(await listPayoutEarnings(fixture.app, payout?.id ?? '', { lineId: 0n, key: '' }, 10)).toMatchObject([
      { source: 'correction', kind: 'adjusted', minor: 123_45n, explanation: { kind: 'credit', reason: 'a test' } },
    ]);
    expect(await standing(company, partner, 'HUF')).toMatchObject({ payable: 45n, reserved: 123_00n });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when nothing is drafted yet then only what can be paid is payable, and the rest is held', async () => {
    const { company, partner } = await earning('HUF', [123_45n]);
    expect(await standing(company, partner, 'HUF')).toMatchObject({ payable: 123_00n, held: 45n, outcome: 'paid' });
  });

  it('when less than one forint is owed then it is kept, because it is below the smallest payout', async () => {
    const { company, partner } = await earning('HUF', [99n]);
    expect(await standing(company, partner, 'HUF')).toMatchObject({ payable: 99n, outcome: 'below_minimum' });
  });

  it.each([
    { later: 70n, pays: 124_00n, owed: 15n },
    { later: 1_30n, pays: 124_00n, owed: 75n },
    { later: -50n, pays: 122_00n, owed: 95n },
  ])('when $later follows while the run is in review then $pays is paid, and $owed stays owed', async (row) => {
    const { company, partner } = await earning('HUF', [123_45n]);
    const { runId } = await draft(company);
    await addLine(fixture.app, company, partner, { minor: row.later, currency: 'HUF' as 'USD' });

    await redrawRun(fixture.app, runId);

    const paid = sql.type(z.object({ minor: z.bigint() }))`
      select gross_minor as minor from payout where run_id = ${runId} and status = 'draft'`;
    expect(await fixture.app.anyFirst(paid)).toEqual([row.pays]);
    const { payable = 0n, held = 0n } = (await standing(company, partner, 'HUF')) ?? {};
    expect(payable + held).toBe(row.owed);
  });

  it('when the run is not approved then the next one pays all of it again, with new earnings, and every payout explains itself', async () => {
    const { company, partner } = await earning('HUF', [123_45n]);
    const first = await draft(company);
    await cancelRunPayouts(fixture.app, first.runId, 'rejected');
    await fixture.app.query(sql.unsafe`update payout_run set status = 'rejected' where id = ${first.runId}`);
    await addLine(fixture.app, company, partner, { minor: 70n, currency: 'HUF' as 'USD' });

    const { paid } = await draft(company);

    expect(paid.map(({ minor }) => minor)).toEqual([124_00n]);
    const earnings = await listPayoutEarnings(fixture.app, paid[0]?.id ?? '', { lineId: 0n, key: '' }, 10);
    expect(new Set(earnings.map(({ minor }) => minor))).toEqual(new Set([123_45n, 70n]));
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});

it('the database has the domain’s list of units', async () => {
  const rows = await fixture.app.any(sql.type(
    z.object({ gateway: z.string(), currency: z.string(), unit: z.bigint() }),
  )`
    select gateway, currency, unit_minor as unit from rail_unit order by 1, 2`);
  const ours = Object.entries(RAIL_UNITS).flatMap(([gateway, units]) =>
    Object.entries(units).map(([currency, unit]) => ({ gateway, currency, unit })),
  );
  expect(rows).toEqual(ours);
});
