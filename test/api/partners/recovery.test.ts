import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addLine, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  await api.ask('PUT', '/v1/payers/acme/gateways/paypal', {
    body: { gateway: 'paypal', accountRef: 'PayPal', settings: {} },
  });
});
afterAll(() => api.stop());

const cap = (body: object, key?: string) =>
  api.ask('PUT', '/v1/schedules/monthly/recovery', { body: { reason: 'As agreed', ...body }, ...(key ? { key } : {}) });

describe('given a schedule', () => {
  it('when an operator caps what is taken back then everybody of the staff can read it', async () => {
    expect(await cap({ percent: '25' })).toMatchObject({ status: 200, body: { partner: null, percent: '25' } });
    expect(await cap({ percent: '12.50', partner: 'ann' })).toMatchObject({
      body: { partner: 'ann', percent: '12.5' },
    });
    expect(await cap({ percent: null, partner: 'ann' })).toMatchObject({ body: { partner: 'ann', percent: null } });
    const { key } = await api.newKey('auditor');
    expect((await api.ask('GET', '/v1/schedules/monthly/recovery', { key })).body['items']).toMatchObject([
      { partner: 'ann', percent: null, recordedBy: api.operator.actor.code },
      { partner: 'ann', percent: '12.5' },
      { partner: null, percent: '25', reason: 'As agreed' },
    ]);
  });

  it.each(['0', '100.01', '-5', '1.234', 'a quarter'])(
    'when the percentage is %s then it is refused',
    async (percent) => {
      expect(await cap({ percent })).toMatchObject({ status: 400, body: { errors: [{ field: 'percent' }] } });
    },
  );

  it('when the partner or the schedule is not known then it is refused', async () => {
    expect(await cap({ percent: '25', partner: 'nobody' })).toMatchObject({ status: 404 });
    expect(await api.ask('PUT', '/v1/schedules/none/recovery', { body: { percent: '5', reason: 'x' } })).toMatchObject({
      status: 404,
    });
  });

  it('when somebody without the right caps it then it is refused', async () => {
    const { key } = await api.newKey('approver');
    expect(await cap({ percent: '25' }, key)).toMatchObject({ status: 403 });
  });

  it('when a partner has an older debt then payability says what the next payment leaves of it', async () => {
    await cap({ percent: '25' });
    await addLine(api.db, 'ann', -8000, '2026-01-15');
    const { body } = await api.ask('GET', '/v1/partners/ann/payability');
    const [{ cutoff = '' } = {}] = body['items'] as { cutoff?: string }[];
    const inPeriod = new Date(Date.parse(cutoff) - 86_400_000).toISOString().slice(0, 10);
    await addLine(api.db, 'ann', 10_000, inPeriod);
    expect((await api.ask('GET', '/v1/partners/ann/payability')).body['items']).toMatchObject([
      { payable: '75.00', held: '0.00', debtLeft: '55.00', outcome: 'paid' },
    ]);
  });
});
