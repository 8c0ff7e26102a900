import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { orderInstruments, withdrawInstrument } from '../../../commands/partners/instrument-order.ts';
import { addInstrument } from '../../../commands/partners/instruments.ts';
import { clearInstrument } from '../../../commands/payouts/instrument-failures.ts';
import type { Database } from '../../../db/database.ts';
import { listInstruments, listInstrumentsInOrder } from '../../../db/partners/instruments.ts';
import { insertInstrumentFailure } from '../../../db/payouts/instrument-failures.ts';
import { readDecider } from '../../../db/runs/approvals.ts';
import { DAY_MS } from '../../../domain/durations.ts';
import type { Giver, Place } from '../../../domain/partners/instrument.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import {
  addActor,
  addCompany,
  addLine,
  addPartner,
  addPayout,
  addRun,
  type CompanyRows,
  disburse,
  sendPayout,
} from '../../fixtures/rows.ts';
import { giveRole } from '../../fixtures/people.ts';
import { VAULT } from '../../fixtures/world.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';

const COOLING_OFF_DAYS = 7;

let fixture: Fixture;
let company: CompanyRows;
let by: string;
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app);
  by = await addActor(fixture.app);
});
afterAll(() => fixture.close());

type Wish = { receiver?: string; givenBy?: Giver; place?: Place };

async function add(db: Database, partnerId: bigint, wish: Wish = {}) {
  const { receiver = 'ann@partner.example', givenBy = 'company', place = 'first' } = wish;
  const destination = { method: 'paypal', receiver } as const;
  const payee = { partner: { id: partnerId, country: 'US' }, destination, place };
  const giver = givenBy === 'partner' ? await ownerOf(db, partnerId) : by;
  return addInstrument(db, VAULT, payee, { coolingOffDays: COOLING_OFF_DAYS, by: giver, givenBy });
}

/** A person who may give details for a partner. */
async function ownerOf(db: Database, partnerId: bigint): Promise<string> {
  const id = await addActor(db);
  await giveRole(db, id, 'partner', { partnerId });
  return id;
}

/** Adds details; returns whether they may be paid to at once. */
async function isUsable(db: Database, partnerId: bigint, wish: Wish = {}): Promise<boolean> {
  const { usableFrom, createdAt } = await add(db, partnerId, wish);
  return usableFrom <= createdAt;
}

const PAYPAL = { method: 'paypal', receiver: 'ann@other.example' } as const;

type Scene = { partner: { id: bigint; code: string }; payoutId: string };
const order = (id: string, other: string, actor: string, { partner }: Scene) =>
  orderInstruments(fixture.app, partner, [id, other], { coolingOffDays: COOLING_OFF_DAYS, by: actor });
const withdrawOther = (_id: string, other: string, actor: string, { partner }: Scene) =>
  withdrawInstrument(fixture.app, partner, { id: other, reason: 'a wrong account', by: actor });
async function clearFailure(id: string, _other: string, actor: string, { partner, payoutId }: Scene) {
  await insertInstrumentFailure(fixture.app, { payoutId, instrumentId: id, reason: 'x', advice: 'x' });
  await clearInstrument(fixture.app, partner, { id, reason: 'it works', by: actor });
}

const inOrder = async (partnerId: bigint) => (await listInstrumentsInOrder(fixture.app, partnerId)).map(({ id }) => id);

describe('given a partner without payment details', () => {
  it('when the partner and a colleague add the first ones at the same moment then only one of them may be paid to at once', async () => {
    const partner = await addPartner(fixture.app, company, null);
    const first = await leaveOpen(fixture.app, (tx) => isUsable(tx, partner.id));
    let isSecondDone = false;
    const second = fixture.app.transaction((tx) => isUsable(tx, partner.id, { givenBy: 'partner' }));
    void second.finally(() => (isSecondDone = true));
    await eventually('the second waits', async () => isSecondDone || (await countWaiting(fixture.owner)) === 1n);
    await first.commit();

    expect([first.result, await second]).toEqual([true, false]);
  });
});

describe('given a partner with payment details', () => {
  it.each([
    {
      givenBy: 'company',
      isPaid: false,
      isAtOnce: true,
      because: 'the same hands correct them before the first payment',
    },
    { givenBy: 'partner', isPaid: false, isAtOnce: false, because: 'other hands than the first change them' },
    { givenBy: 'company', isPaid: true, isAtOnce: false, because: 'a payment was asked for before' },
  ] as const)('when $because then other details are used at once: $isAtOnce', async ({ givenBy, isPaid, isAtOnce }) => {
    const partner = await addPartner(fixture.app, company);
    if (isPaid) {
      const own = await addCompany(fixture.app);
      const runId = await addRun(fixture.app, own);
      const payoutId = await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
      await disburse(fixture.app, runId, own.approver);
      await sendPayout(fixture.app, payoutId);
    }
    expect(await isUsable(fixture.app, partner.id, { givenBy })).toBe(isAtOnce);
  });

  it('when another one is added then it comes first, or last if that is asked', async () => {
    const partner = await addPartner(fixture.app, company);
    const first = await add(fixture.app, partner.id);
    const last = await add(fixture.app, partner.id, { place: 'last' });
    expect(await inOrder(partner.id)).toEqual([first.id, partner.instrumentId, last.id]);
  });

  it('when their order is changed then it counts after the cooling-off time, as a change of details does', async () => {
    const partner = await addPartner(fixture.app, company);
    const { id } = await add(fixture.app, partner.id);
    const wish = { id: partner.id, code: partner.code };
    const wanted = [partner.instrumentId ?? '', id];

    const usableFrom = await orderInstruments(fixture.app, wish, wanted, { coolingOffDays: COOLING_OFF_DAYS, by });

    expect(usableFrom.getTime()).toBeGreaterThan(Date.now() + (COOLING_OFF_DAYS - 1) * DAY_MS);
    expect(await inOrder(partner.id)).toEqual([id, partner.instrumentId]);
    await orderInstruments(fixture.app, wish, wanted, { coolingOffDays: 0, by });
    expect(await inOrder(partner.id)).toEqual(wanted);
    const newest = await add(fixture.app, partner.id);
    expect(await inOrder(partner.id)).toEqual([newest.id, ...wanted]);
  });

  it.each([
    { names: 'too few', wanted: () => [] as string[] },
    { names: 'one of somebody else', wanted: (_own: string, other: string) => [other] },
  ])('when an order names $names then it is refused', async ({ wanted }) => {
    const [partner, other] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
    const ids = wanted(partner.instrumentId ?? '', other.instrumentId ?? '');
    await expect(
      orderInstruments(fixture.app, partner, ids, { coolingOffDays: COOLING_OFF_DAYS, by }),
    ).rejects.toMatchObject({ code: 'invalid_input', details: [{ field: 'instruments' }] });
  });

  it('when one is withdrawn then it has no place any longer, and a second withdrawal changes nothing', async () => {
    const partner = await addPartner(fixture.app, company);
    const { id } = await add(fixture.app, partner.id);
    const withdrawn = await withdrawInstrument(fixture.app, partner, { id, reason: 'a wrong account', by });
    const again = await withdrawInstrument(fixture.app, partner, { id, reason: 'another reason', by });

    expect(await inOrder(partner.id)).toEqual([partner.instrumentId]);
    expect(withdrawn).toMatchObject({ position: null, withdrawnReason: 'a wrong account' });
    expect(again).toEqual(withdrawn);
  });

  it('when two partners have the same account then each one shows the code of the other, until one withdraws it', async () => {
    const receiver = 'shared@partner.example';
    const [ann, bob] = [await addPartner(fixture.app, company, null), await addPartner(fixture.app, company, null)];
    const { id } = await add(fixture.app, ann.id, { receiver });
    await add(fixture.app, bob.id, { receiver: receiver.toUpperCase() });
    const shared = async (partnerId: bigint) =>
      (await listInstruments(fixture.app, partnerId, null, 10)).map(({ sharedWith }) => sharedWith);

    expect([await shared(ann.id), await shared(bob.id)]).toEqual([[[bob.code]], [[ann.code]]]);
    await withdrawInstrument(fixture.app, ann, { id, reason: 'not hers', by });
    expect(await shared(bob.id)).toEqual([[]]);
  });

  it.each([
    { does: 'adds it', editor: (_id: string, _other: string, actor: string) => [actor] },
    { does: 'orders the instruments', editor: order },
    { does: 'withdraws the other one', editor: withdrawOther },
    { does: 'clears its failure', editor: clearFailure },
  ])('when somebody $does then that person cannot approve a payment to it', async ({ does, editor }) => {
    const [own, actor] = [await addCompany(fixture.app), await addActor(fixture.app)];
    const partner = await addPartner(fixture.app, own, null);
    const other = await add(fixture.app, partner.id);
    const payee = { partner: { id: partner.id, country: 'US' }, destination: PAYPAL };
    const policy = { coolingOffDays: 0, by: does === 'adds it' ? actor : by, givenBy: 'company' } as const;
    const { id } = await addInstrument(fixture.app, VAULT, payee, policy);
    const rows = { ...partner, method: 'paypal' as const, instrumentId: id };
    const runId = await addRun(fixture.app, own);
    const payoutId = await addPayout(fixture.app, runId, rows, [await addLine(fixture.app, own, rows)]);
    const decides = async () => (await readDecider(fixture.app, runId, actor, Buffer.from('x'))).isEditor;

    const isEditorBefore = await decides();
    await editor(id, other.id, actor, { partner, payoutId });

    expect([isEditorBefore, await decides()]).toEqual([does === 'adds it', true]);
  });

  it.each(['instrument_place', 'instrument_withdrawal'])('then nobody changes a row of %s', async (table) => {
    const name = sql.identifier([table]);
    await expect(fixture.owner.query(sql.unsafe`update ${name} set instrument_id = instrument_id`)).rejects.toThrow(
      'facts',
    );
    await expect(fixture.owner.query(sql.unsafe`delete from ${name}`)).rejects.toThrow('facts');
  });
});
