import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listPartnerPayability } from '../../../db/payouts/payability.ts';
import { clearInstrumentFailures, insertInstrumentFailure } from '../../../db/payouts/instrument-failures.ts';
import { updatePayout } from '../../../db/payouts/payouts.ts';
import { OUTCOMES } from '../../../domain/payouts/outcome.ts';
import {
  addCompany,
  addInstrument,
  addLine,
  addPartner,
  addPayout,
  addRun,
  type CompanyRows,
  disburse,
  type PartnerRows,
  settlePayout,
} from '../../fixtures/rows.ts';
import { tamper } from '../../fixtures/database.ts';
import { openFixture, type Fixture } from '../fixture.ts';

const CUTOFF = '2026-02-01';
const MINIMUM = 500n;

let fixture: Fixture;
let company: CompanyRows;

beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app, { minimumMinor: MINIMUM });
});
afterAll(() => fixture.close());

const judge = async ({ id }: PartnerRows) => {
  const [row] = await listPartnerPayability(fixture.app, company.scheduleId, { start: '2026-01-01', end: CUTOFF }, id);
  if (!row) throw new Error('a partner of the schedule has a row');
  return row;
};
const hold = ({ id }: PartnerRows) =>
  fixture.app.query(sql.unsafe`update partner set on_hold_reason = 'in dispute' where id = ${id}`);
const earn = (partner: PartnerRows, minor: bigint, availableOn = '2026-01-15') =>
  addLine(fixture.app, company, partner, { minor, availableOn });

const agreeMinimum = ({ id }: PartnerRows, minor: bigint | null) =>
  fixture.app.query(sql.unsafe`
    with person as (insert into actor(code, name) values (${randomUUID()}, 'Olga') returning id)
    insert into partner_minimum(partner_id, currency, minimum_minor, reason, recorded_by)
    select ${id}, 'USD', ${minor}, 'Agreed', id from person`);

/** Records that the partner is in the program no longer from a day on. */
const leave = ({ id }: PartnerRows, from: string) =>
  fixture.app.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on) values (${id}, ${company.programId}, null, ${from})`);
const join = ({ id }: PartnerRows, from: string, until: string | null = null) =>
  fixture.app.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on, ends_on)
    values (${id}, ${company.programId}, ${company.planId}, ${from}, ${until})`);
const joinAnother = ({ id }: PartnerRows) =>
  fixture.app.query(sql.unsafe`
    with other as (
      insert into program(code, schedule_id, name) values (${`other-${id}`}, ${company.scheduleId}, 'Other') returning id
    ), terms as (insert into plan(program_id, code) select id, 'standard' from other returning id, program_id)
    insert into agreement_term(partner_id, program_id, plan_id, starts_on) select ${id}, program_id, id, '2020-01-01' from terms`);

/** A payout to the partner's first instrument fails because of its details. Returns the id of that instrument. */
async function failInstrument(partner: PartnerRows): Promise<string> {
  const runId = await addRun(fixture.app, await addCompany(fixture.app));
  const payoutId = await addPayout(fixture.app, runId, partner, [await earn(partner, 700n)]);
  const instrumentId = partner.instrumentId ?? '';
  const advice = 'The account is closed.';
  await insertInstrumentFailure(fixture.app, { payoutId, instrumentId, reason: 'ACCOUNT_CLOSED', advice });
  await fixture.app.transaction((tx) => updatePayout(tx, payoutId, 'cancelled', 'over'));
  return instrumentId;
}

type Case = { outcome: string; given: string; partner: () => Promise<PartnerRows>; reasons: readonly string[] };

const CASES: readonly Case[] = [
  {
    outcome: 'paid',
    given: 'the minimum, to the cent',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, MINIMUM);
      return partner;
    },
    reasons: [],
  },
  {
    outcome: 'paid',
    given: 'less than the minimum, after the last term ended on the day of the cut-off',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await leave(partner, CUTOFF);
      return partner;
    },
    reasons: [],
  },
  {
    outcome: 'paid',
    given: 'less than the minimum of the schedule, and a smaller one that was agreed with the partner',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await agreeMinimum(partner, 62n);
      return partner;
    },
    reasons: [],
  },
  {
    outcome: 'below_minimum',
    given: 'more than the minimum of the schedule, and a larger one that was agreed with the partner',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 700n);
      await agreeMinimum(partner, 701n);
      return partner;
    },
    reasons: ['below_minimum'],
  },
  {
    outcome: 'below_minimum',
    given: 'less than the minimum of the schedule, which counts again after an agreed one ended',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await agreeMinimum(partner, 0n);
      await agreeMinimum(partner, null);
      return partner;
    },
    reasons: ['below_minimum'],
  },
  {
    outcome: 'below_minimum',
    given: 'less than the minimum, and the last term ends a day after the cut-off',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await leave(partner, '2026-02-02');
      return partner;
    },
    reasons: ['below_minimum'],
  },
  {
    outcome: 'below_minimum',
    given: 'less than the minimum, and a term that begins again after the cut-off',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await leave(partner, '2026-01-20');
      await join(partner, '2026-06-01');
      return partner;
    },
    reasons: ['below_minimum'],
  },
  {
    outcome: 'below_minimum',
    given: 'less than the minimum, and a later row that is only about the past',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await join(partner, '2019-01-01', '2019-06-01');
      return partner;
    },
    reasons: ['below_minimum'],
  },
  {
    outcome: 'below_minimum',
    given: 'less than the minimum, and another program of the schedule',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 62n);
      await leave(partner, '2026-01-20');
      await joinAnother(partner);
      return partner;
    },
    reasons: ['below_minimum'],
  },
  {
    outcome: 'partner_merged',
    given: 'money that came after a merge, and does not follow before the next minute',
    async partner() {
      const [partner, survivor] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
      await earn(partner, 9000n);
      await tamper(fixture.owner, sql.unsafe`update partner set merged_into = ${survivor.id} where id = ${partner.id}`);
      return partner;
    },
    reasons: ['partner_merged'],
  },
  {
    outcome: 'nothing_due',
    given: 'nothing earned',
    partner: () => addPartner(fixture.app, company),
    reasons: ['nothing_due'],
  },
  {
    outcome: 'nothing_due',
    given: 'only what is held on the day of the cut-off',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 9000n, CUTOFF);
      return partner;
    },
    reasons: ['nothing_due'],
  },
  {
    outcome: 'negative_balance',
    given: 'more taken back than earned, while on hold and without an instrument',
    async partner() {
      const partner = await addPartner(fixture.app, company, null);
      await earn(partner, -1n);
      await hold(partner);
      return partner;
    },
    reasons: ['negative_balance', 'partner_on_hold', 'no_instrument'],
  },
  {
    outcome: 'partner_on_hold',
    given: 'a hold, no instrument and less than the minimum',
    async partner() {
      const partner = await addPartner(fixture.app, company, null);
      await earn(partner, MINIMUM - 1n);
      await hold(partner);
      return partner;
    },
    reasons: ['partner_on_hold', 'no_instrument', 'below_minimum'],
  },
  {
    outcome: 'no_instrument',
    given: 'no instrument',
    async partner() {
      const partner = await addPartner(fixture.app, company, null);
      await earn(partner, 9000n);
      return partner;
    },
    reasons: ['no_instrument'],
  },
  {
    outcome: 'instrument_failed',
    given: 'an instrument to which the last payment failed',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, 9000n);
      await failInstrument(partner);
      return partner;
    },
    reasons: ['instrument_failed'],
  },
  {
    outcome: 'instrument_cooling_off',
    given: 'only a new instrument',
    async partner() {
      const partner = await addPartner(fixture.app, company, null);
      await addInstrument(fixture.app, partner.id, { usableInDays: 7 });
      await earn(partner, 9000n);
      return partner;
    },
    reasons: ['instrument_cooling_off'],
  },
  {
    outcome: 'instrument_cooling_off',
    given: 'only a new instrument of a method that is not offered',
    async partner() {
      const partner = await addPartner(fixture.app, company, null);
      await addInstrument(fixture.app, partner.id, { method: 'check', usableInDays: 7 });
      await earn(partner, 9000n);
      return partner;
    },
    reasons: ['instrument_cooling_off', 'method_not_offered'],
  },
  {
    outcome: 'instrument_not_confirmed',
    given: 'only an instrument about which nobody called back',
    async partner() {
      const partner = await addPartner(fixture.app, company, null);
      await addInstrument(fixture.app, partner.id, { needsCall: true });
      await earn(partner, 9000n);
      return partner;
    },
    reasons: ['instrument_not_confirmed'],
  },
  {
    outcome: 'method_not_offered',
    given: 'an instrument for checks, which this payer does not write, and less than the minimum',
    async partner() {
      const partner = await addPartner(fixture.app, company, 'check');
      await earn(partner, 1n);
      return partner;
    },
    reasons: ['method_not_offered', 'below_minimum'],
  },
  {
    outcome: 'below_minimum',
    given: 'a cent less than the minimum',
    async partner() {
      const partner = await addPartner(fixture.app, company);
      await earn(partner, MINIMUM - 1n);
      return partner;
    },
    reasons: ['below_minimum'],
  },
];

describe('given a partner at a cut-off', () => {
  it.each(CASES)(
    'with $given then the outcome is $outcome, and all reasons are named in order',
    async ({ outcome, partner, reasons }) => {
      const row = await judge(await partner());
      expect(row.outcome).toBe(outcome);
      expect(row.reasons.map(({ reason }) => reason)).toEqual(reasons);
    },
  );

  it('then every outcome was tried, except those of a payout that was taken out of its run', () => {
    const asked = new Set(CASES.map(({ outcome }) => outcome));
    expect(OUTCOMES.filter((outcome) => !asked.has(outcome))).toEqual([
      'excluded',
      'changed_after_approval',
      'held_after_approval',
      'cut_after_approval',
    ]);
  });
});

describe('given a partner with earnings in every fixture', () => {
  it('then each amount is counted once, in its own place', async () => {
    const partner = await addPartner(fixture.app, company);
    const lines = [await earn(partner, 1000n), await earn(partner, -200n)];
    await earn(partner, 4000n, '2026-02-15');
    expect(await judge(partner)).toMatchObject({ payableMinor: 800n, heldMinor: 4000n, nextAvailableOn: '2026-02-15' });

    const runId = await addRun(fixture.app, company);
    const payoutId = await addPayout(fixture.app, runId, partner, lines);
    expect(await judge(partner)).toMatchObject({ payableMinor: 0n, reservedMinor: 800n, outcome: 'nothing_due' });

    await disburse(fixture.app, runId, company.approver);
    await settlePayout(fixture.app, payoutId);
    expect(await judge(partner)).toMatchObject({ payableMinor: 0n, reservedMinor: 0n, heldMinor: 4000n });
  });

  it('when a draft is cancelled then its lines are payable again', async () => {
    const partner = await addPartner(fixture.app, company);
    const payoutId = await addPayout(fixture.app, await addRun(fixture.app, company), partner, [
      await earn(partner, 700n),
    ]);
    await fixture.app.transaction((tx) => updatePayout(tx, payoutId, 'cancelled', 'excluded'));
    expect(await judge(partner)).toMatchObject({ payableMinor: 700n, reservedMinor: 0n, outcome: 'paid' });
  });

  it('when a line is split then its parts count, and the whole does not', async () => {
    const partner = await addPartner(fixture.app, company);
    const whole = await earn(partner, 1000n);
    await fixture.app.query(sql.unsafe`
      insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on, split_from)
      select partner_id, program_id, kind, batch_id, currency, part, 1, available_on, id
      from earning_line, unnest(array[300, 700]) part where id = ${whole}`);
    expect(await judge(partner)).toMatchObject({ payableMinor: 1000n });
  });
});

describe('given a partner with several instruments', () => {
  type Wish = { method?: string; usableInDays?: number; place?: number; isWithdrawn?: boolean };
  const NEW = { method: 'paypal', usableInDays: 7 };

  /** A partner whose first instrument is a bank account, which failed or not, with more instruments, the newest last. */
  async function withInstruments(more: readonly Wish[], isFailed: boolean) {
    const partner = await addPartner(fixture.app, company);
    await earn(partner, 9000n);
    if (isFailed) await failInstrument(partner);
    const ids = [partner.instrumentId];
    for (const { isWithdrawn = false, ...wish } of more) {
      const id = await addInstrument(fixture.app, partner.id, wish);
      if (isWithdrawn) await withdraw(id);
      ids.push(id);
    }
    const { instrumentVersionId, reasons } = await judge(partner);
    return { used: ids.indexOf(instrumentVersionId), reasons: reasons.map(({ reason }) => reason) };
  }
  const withdraw = (id: string) =>
    fixture.app.query(sql.unsafe`
      insert into instrument_withdrawal(instrument_id, reason, withdrawn_by) values (${id}, 'wrong', ${company.approver})`);

  it.each<{ more: readonly Wish[]; isFailed?: boolean; used: number; reasons?: string[]; because: string }>([
    { more: [{}], used: 1, because: 'the newest comes first, unless the partner says otherwise' },
    { more: [{ place: 1 }], used: 0, because: 'it was placed after the first' },
    { more: [NEW], used: 0, because: 'the earlier one stays in use while a new one cools off' },
    { more: [{ method: 'check' }], used: 0, because: 'the payer does not pay by check' },
    { more: [{ isWithdrawn: true }], used: 0, because: 'the newest was withdrawn' },
    {
      more: [{ place: 1 }],
      isFailed: true,
      used: 0,
      reasons: ['instrument_failed'],
      because: 'a failure sends the money nowhere else, since the partner may have left the other account',
    },
    {
      more: [{ place: 1 }, NEW],
      isFailed: true,
      used: 2,
      reasons: ['instrument_cooling_off'],
      because: 'the newer details will be used as soon as they have cooled off',
    },
    { more: [{}], isFailed: true, used: 1, because: 'the newer details are not the ones that failed' },
  ])('then number $used is used of $more: $because', async ({ more, isFailed = false, used, reasons = [] }) => {
    expect(await withInstruments(more, isFailed)).toEqual({ used, reasons });
  });

  it('when an operator clears the failure then the instrument is paid to again', async () => {
    const partner = await addPartner(fixture.app, company);
    await earn(partner, 9000n);
    const failed = await failInstrument(partner);
    expect(await judge(partner)).toMatchObject({
      reasons: [{ reason: 'instrument_failed', until: null, detail: 'The account is closed.' }],
    });
    await clearInstrumentFailures(fixture.app, failed, { by: company.approver, reason: 'the bank reopened it' });
    expect(await judge(partner)).toMatchObject({ instrumentVersionId: failed, outcome: 'paid' });
  });
});
