import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { changePartner } from '../../../commands/partners/partners.ts';
import { insertWithdrawal } from '../../../db/partners/instrument-order.ts';
import { countFlags, listFlagged } from '../../../db/runs/flags.ts';
import { type Fixture, openFixture } from '../../db/fixture.ts';
import { noticesAreDue, outbox, sendTo } from '../../fixtures/outbox.ts';
import {
  addActor,
  addCompany,
  addInstrument,
  addLine,
  addPartner,
  addPayout,
  addRun,
  disburse,
  putInReview,
  settlePayout,
} from '../../fixtures/rows.ts';

let fixture: Fixture;
let by: string;
const box = outbox();

beforeAll(async () => {
  fixture = await openFixture();
  by = await addActor(fixture.app, 'olga');
});
afterAll(() => fixture.close());

const send = async () => {
  await noticesAreDue(fixture.app);
  await sendTo(box, fixture.app);
};
beforeEach(async () => {
  await send();
  box.empty();
});

async function addPat(email: string) {
  const partner = await addPartner(fixture.app, await addCompany(fixture.app), null);
  await fixture.owner.query(sql.unsafe`alter table partner disable trigger partner_email_told`);
  await fixture.app.query(sql.unsafe`update partner set email = ${email} where id = ${partner.id}`);
  await fixture.owner.query(sql.unsafe`alter table partner enable trigger partner_email_told`);
  return partner;
}

const readers = () =>
  box
    .sent()
    .map(({ to }) => to)
    .toSorted();

describe('given a partner whose payment details somebody changes', () => {
  it('when details are added then the partner is told how they end, from when we pay to them, and what to do against it', async () => {
    const pat = await addPat('pat@old.example');
    await addInstrument(fixture.app, pat.id, { usableInDays: 7 });
    await send();
    expect(readers()).toEqual(['pat@old.example']);
    const [{ subject, text } = { subject: '', text: '' }] = box.sent();
    expect(subject).toBe('New payment details were added for you');
    const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(
      Date.now() + 7 * 86_400_000,
    );
    expect(text).toContain(`ending in 6789, were added for partner ${pat.code}. We pay to them from ${day} on`);
    expect(text).toContain('If you did not, write to finance@example.test today');
  });

  it('when details are withdrawn then the partner is told which', async () => {
    const pat = await addPat('pat@gone.example');
    const id = await addInstrument(fixture.app, pat.id);
    await send();
    box.empty();
    await insertWithdrawal(fixture.app, id, { by, reason: 'closed account' });
    await send();
    expect(box.subjects()).toEqual(['Payment details of yours were withdrawn']);
    expect(box.texts()[0]).toContain('ending in 6789, were withdrawn');
  });

  it('when the address is changed first, as thieves do, then the old address is told of both', async () => {
    const pat = await addPat('pat@first.example');
    await changePartner(fixture.app, pat.code, { email: 'thief@example.test' }, by);
    await send();
    expect(readers()).toEqual(['pat@first.example', 'thief@example.test']);
    expect(box.sent().find(({ to }) => to === 'pat@first.example')?.text).toContain('We no longer use this address');
    box.empty();

    await addInstrument(fixture.app, pat.id);
    await send();
    expect(readers()).toEqual(['pat@first.example', 'thief@example.test']);
    expect(box.texts().join()).not.toContain('pat@first.example');
  });

  it('when the partner is added together with the details then nobody is told of them', async () => {
    await fixture.app.transaction(async (tx) => {
      const pat = await addPartner(tx, await addCompany(tx));
      await tx.query(sql.unsafe`update partner set name = 'Pat' where id = ${pat.id}`);
    });
    await send();
    expect(box.subjects()).toEqual([]);
  });
});

describe('given a run that an approver reads', () => {
  it('when it pays somebody for the first time, to another account, or to an account of two partners, then it says so', async () => {
    const company = await addCompany(fixture.app);
    const [steady, changed, moved, twin, newcomer] = await Promise.all(
      Array.from({ length: 5 }, () => addPartner(fixture.app, company)),
    );
    if (!steady || !changed || !moved || !twin || !newcomer) throw new Error('there are five partners');
    const pay = async (runId: string, partner: typeof steady) =>
      addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
    const first = await addRun(fixture.app, company);
    const paid = [];
    for (const partner of [steady, changed, moved, twin]) paid.push(await pay(first, partner));
    await disburse(fixture.app, first, company.approver);
    for (const id of paid) await settlePayout(fixture.app, id);

    changed.instrumentId = await addInstrument(fixture.app, changed.id);
    await changePartner(fixture.app, moved.code, { email: 'thief@moved.example' }, by);
    moved.instrumentId = await addInstrument(fixture.app, moved.id);
    await changePartner(fixture.app, steady.code, { email: 'office@steady.example' }, by);
    await fixture.app.query(sql.unsafe`
      insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, usable_from)
      select ${newcomer.id}, method, country, sealed, key_id, fingerprint, last4, now() from instrument_version
      where id = ${twin.instrumentId}`);
    const second = await addRun(fixture.app, company, { periodEnd: '2026-03-01' });
    const payouts = new Map<string, string>();
    for (const partner of [steady, changed, moved, twin, newcomer])
      payouts.set(partner.code, await pay(second, partner));
    await putInReview(fixture.app, second);

    expect(await countFlags(fixture.app, second)).toEqual([
      { flag: 'changed_contact', count: 1 },
      { flag: 'changed_details', count: 2 },
      { flag: 'first_payment', count: 1 },
      { flag: 'shared_account', count: 1 },
    ]);
    const flagged = await listFlagged(fixture.app, second, null, 10);
    expect(
      flagged.map(({ partner, flags, sharedWith }) => ({ partner, flags, sharedWith })).toSorted(byPartner),
    ).toEqual(
      [
        { partner: changed.code, flags: ['changed_details'], sharedWith: [] },
        { partner: moved.code, flags: ['changed_contact', 'changed_details'], sharedWith: [] },
        { partner: newcomer.code, flags: ['first_payment'], sharedWith: [] },
        { partner: twin.code, flags: ['shared_account'], sharedWith: [newcomer.code] },
      ].toSorted(byPartner),
    );
  });
});

const byPartner = (a: { partner: string }, b: { partner: string }): number => (a.partner < b.partner ? -1 : 1);
