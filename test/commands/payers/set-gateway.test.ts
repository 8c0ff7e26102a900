import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { changePayer } from '../../../commands/payers/payers.ts';
import { prepareRun } from '../../../commands/runs/prepare.ts';
import { setPayerGateway } from '../../../commands/payers/set-gateway.ts';
import { getPayer } from '../../../db/payers/payers.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { addActor, addCompany, addLine, addPartner, addPayout, addRun, disburse } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** Settings of which no gateway has read a number of an account. */
const NUMBERED = {
  settings: { routingNumber: '021000021' },
  reading: { objections: [], checkAccountNumber: null },
  checkNumberNext: 1n,
  dormancyYears: null,
} as const;

/** A payer that prints its checks. */
async function openPayer() {
  const company = await addCompany(fixture.app);
  const payer = await getPayer(fixture.app, company.code);
  const by = await addActor(fixture.app);
  const carryChecksBy = async (gateway: 'lob' | 'printed-check', accountRef = 'checking') => {
    const settings = { method: 'check', gateway, accountRef, ...NUMBERED } as const;
    return (await setPayerGateway(fixture.app, VAULT, payer, settings, { by })).gateway;
  };
  await carryChecksBy('printed-check');
  return { company, carryChecksBy };
}

/** A payer that prints its checks, with a run that has one check to draw. */
async function openRun() {
  const { company, carryChecksBy } = await openPayer();
  const runId = await addRun(fixture.app, company);
  const partner = await addPartner(fixture.app, company, 'check');
  const payoutId = await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
  return { company, runId, payoutId, carryChecksBy };
}

const REFUSED = {
  code: 'invalid_input',
  details: [{ field: 'gateway', reason: expect.stringContaining('1 of this') }],
};

describe('given a payer whose run has a check to print', () => {
  it('when it is still to be decided then its checks are not given to Lob, which could not draw that one', async () => {
    const { carryChecksBy } = await openRun();
    await expect(carryChecksBy('lob')).rejects.toMatchObject(REFUSED);
  });

  it('when a run of it is being drafted at that moment then the switch waits for the draft, and is refused', async () => {
    const { company, carryChecksBy } = await openPayer();
    await addLine(fixture.app, company, await addPartner(fixture.app, company, 'check'));
    const runId = await addRun(fixture.app, company);
    const draft = await leaveOpen(fixture.app, (tx) => prepareRun(tx, runId));
    const switched = carryChecksBy('lob').catch((error: unknown) => error);
    await eventually('the switch waits', async () => (await countWaiting(fixture.owner)) > 0n);
    await draft.commit();
    expect(await switched).toMatchObject({ code: 'invalid_input', details: [{ field: 'gateway' }] });
  });

  it('when it is being paid and the check is not drawn then its checks are not given to Lob', async () => {
    const { company, runId, carryChecksBy } = await openRun();
    await disburse(fixture.app, runId, company.approver);
    await expect(carryChecksBy('lob')).rejects.toMatchObject(REFUSED);
  });

  it('when the account of the same gateway is changed then that is accepted', async () => {
    const { carryChecksBy } = await openRun();
    expect(await carryChecksBy('printed-check', 'other account')).toBe('printed-check');
  });

  it('when another payer has its checks given to Lob then that is accepted', async () => {
    await openRun();
    const company = await addCompany(fixture.app);
    const payer = await getPayer(fixture.app, company.code);
    const settings = { method: 'check', gateway: 'lob', accountRef: 'x', ...NUMBERED } as const;
    const set = await setPayerGateway(fixture.app, VAULT, payer, settings, { by: company.preparer });
    expect(set.gateway).toBe('lob');
  });
});

describe('given a payer in the US that prints its checks', () => {
  it.each([
    { lacks: 'a routing number', settings: {}, hasAddress: true, field: 'settings.routingNumber' },
    { lacks: 'an address', settings: { routingNumber: '021000021' }, hasAddress: false, field: 'address' },
  ])('when it has not given $lacks then no check can be drawn, and that is said at once', async (wish) => {
    const company = await addCompany(fixture.app);
    const payer = await getPayer(fixture.app, company.code);
    const settings = { method: 'check', gateway: 'printed-check', accountRef: 'x', ...NUMBERED } as const;
    const lacking = wish.hasAddress ? payer : { ...payer, address: null };
    await expect(
      setPayerGateway(fixture.app, VAULT, lacking, { ...settings, settings: wish.settings }, { by: company.preparer }),
    ).rejects.toMatchObject({ code: 'invalid_input', details: [{ field: wish.field }] });
  });

  it('when its address is changed later then it is kept, and the name with it', async () => {
    const company = await addCompany(fixture.app);
    const address = { line1: '2 Oak Road', city: 'Reno', region: 'NV', postalCode: '89501', country: 'US' };
    const changed = await changePayer(fixture.app, company.code, { address }, company.preparer);
    expect(changed).toMatchObject({ name: 'Acme Inc', address });
  });
});
