import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listNextPayments } from '../../commands/payouts/payability.ts';
import { listDetailsHistory } from '../../db/partners/details-history.ts';
import { listInstruments } from '../../db/partners/instruments.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { listLog } from '../../db/people/audit-log.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { addLine, type Api, setUpShop, startApi } from '../api/api.ts';
import { refusalOf } from '../fixtures/rows.ts';
import { openVisitor, ORIGIN, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let operator: SignedInPerson;
let caller: SignedInPerson;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cid']);
  await api.db.query(sql.unsafe`
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed) select id, 'paypal', 'paypal', 'ours', '' from payer`);
  operator = await openVisitor(api, 'olive', ['operator']);
  caller = await openVisitor(api, 'petra', ['preparer']);
  for (const code of ['ann', 'bob', 'cid']) await addLine(api.db, code, 5000, '2026-01-01');
});
afterAll(() => api.stop());

const now = () => new Date().toISOString().slice(0, 16);
const CALL = { phone: '+1 555 0100', spokeWith: 'Ann Example', answer: 'yes', evidence: 'She named her last payout.' };

/** Adds other details for a partner, as their own hands, and lets the cooling-off time be over. */
async function change(code: string): Promise<string> {
  const { id: partnerId } = await getPartner(api.db, code);
  const owner = await openVisitor(api, `${code}-owner`, ['partner'], { partnerId });
  const question = await owner.post(`/portal/${code}/details/new`, {
    method: 'paypal',
    receiver: `new-${code}@x.test`,
  });
  expect((await owner.touch(`/portal/${code}/details`, question)).status).toBe(303);
  const [added] = await listInstruments(api.db, partnerId, null, 1);
  return added?.id ?? '';
}
const outcomeOf = async (code: string) =>
  (await listNextPayments(api.db, (await getPartner(api.db, code)).id, Date.now())).map(({ reasons }) =>
    reasons.map(({ reason }) => reason),
  );

describe('given a program without a rule about changed payout details', () => {
  const RULE = '/programs/shop/changed-details';
  const rule = async () => (await getProgram(api.db, 'shop')).confirmsDetails;

  it('when an operator asks for a call and signs then it is the rule, and only operators get the form', async () => {
    const wrong = await operator.post(RULE, { confirmsDetails: 'maybe' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('id="confirmsDetails-wrong"');
    expect((await operator.post(RULE, { confirmsDetails: 'no' })).text).toContain('follow this rule already');
    expect((await operator.open('/programs/shop')).text).toContain(`href="${RULE}"`);
    expect((await caller.open('/programs/shop')).text).not.toContain(RULE);
    expect((await caller.post(RULE, { confirmsDetails: 'yes' })).status).toBe(404);
    const question = await operator.post(RULE, { confirmsDetails: 'yes' });
    expect(question.text).toContain('From now on, they cool off, and a second person calls the partner back.');
    expect(await rule()).toBe(false);
    expect((await operator.touch(RULE, question)).location).toBe('/programs/shop');
    expect(await rule()).toBe(true);
    const [entry] = await listLog(api.db, { action: 'program.confirmed_details' }, null, 1);
    expect(entry?.detail).toEqual({ confirmsDetails: true, signature: expect.any(String) });
  });
});

describe('given a program whose changed payout details need a call, and a partner who changed theirs', () => {
  it('when a second person called back then the details no longer wait for it, and the evidence is on the page', async () => {
    const id = await change('ann');
    const path = `/partners/ann/details/${id}/call`;
    expect((await operator.open('/partners/ann')).text).toContain('waits for a call');
    expect((await caller.open('/calls')).text).toContain(`href="${path}"`);
    const wrong = await caller.post(path, { ...CALL, phone: 'her mobile', calledAt: '2020-01-01T10:00' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('id="phone-wrong"');
    expect((await caller.post(path, { ...CALL, calledAt: '2020-01-01T10:00' })).text).toContain('id="calledAt-wrong"');
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...CALL, calledAt: now() })) form.append(name, value);
    form.append('file', new File(['a signed letter'], 'letter "1".pdf'));
    const headers = { cookie: `__Host-session=${caller.token}`, origin: ORIGIN };
    expect((await api.app.request(path, { method: 'POST', body: form, headers })).status).toBe(303);
    expect((await caller.open('/calls')).text).toContain('No details wait for a call.');
    const { text } = await operator.open('/partners/ann');
    expect(text).toContain('confirmed by a call');
    expect(text).toContain('She named her last payout.');
    const [, file = ''] = /href="(\/partners\/ann\/calls\/[^"]+\/file)"/.exec(text) ?? [];
    expect((await operator.open(file)).text).toBe('a signed letter');
    expect((await operator.open(file.replace('/ann/', '/bob/'))).status).toBe(404);
    const kept = await api.db.oneFirst(sql.unsafe`select file_sealed from details_call`);
    expect(String(kept)).not.toContain('signed letter');
  });

  it('when only details that wait for a call are left then the partner is not paid, and the page says why', async () => {
    const id = await change('bob');
    const { id: partnerId } = await getPartner(api.db, 'bob');
    const first = (await listInstruments(api.db, partnerId, null, 5)).find((one) => one.id !== id);
    await api.ask('POST', `/v1/partners/bob/instruments/${first?.id}/withdraw`, { body: { reason: 'closed' } });
    expect(await outcomeOf('bob')).toEqual([['instrument_cooling_off', 'instrument_not_confirmed']]);
    await caller.post(`/partners/bob/details/${id}/call`, { ...CALL, calledAt: now() });
    expect(await outcomeOf('bob')).toEqual([['instrument_cooling_off']]);
  });

  it('when the partner says that they did not change them then the details are withdrawn at once', async () => {
    const id = await change('cid');
    await caller.post(`/partners/cid/details/${id}/call`, { ...CALL, answer: 'no', calledAt: now() });
    const { id: partnerId } = await getPartner(api.db, 'cid');
    const [added] = await listInstruments(api.db, partnerId, null, 1);
    expect(added).toMatchObject({ id, position: null });
    expect(
      (await listDetailsHistory(api.db, partnerId)).find(({ instrumentId }) => instrumentId === id)?.calls,
    ).toMatchObject([{ isConfirmed: false, by: 'petra' }]);
    expect(await outcomeOf('cid')).toEqual([[]]);
  });

  it('when the person who added the details would confirm them then it is refused, and a row that says so is refused too', async () => {
    const body = { method: 'paypal', receiver: 'other-cid@x.test' };
    const { body: added } = await api.ask('POST', '/v1/partners/cid/instruments', { body });
    const { id: partnerId } = await getPartner(api.db, 'cid');
    const [{ id } = { id: '' }] = await listInstruments(api.db, partnerId, null, 1);
    expect(added).toMatchObject({ id });
    const tried = api.db.query(sql.unsafe`
        insert into details_call(instrument_id, phone, spoke_with, called_at, is_confirmed, evidence, recorded_by)
        select id, '+1 555 0100', 'x', now(), true, 'x', created_by from instrument_version where id = ${id}`);
    expect(await refusalOf(tried)).toContain('another person than the one who added the details must call');
  });
});
