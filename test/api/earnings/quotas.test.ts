import type { Client } from '@temporalio/client';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

/** The workflows that the API woke. */
const woken: string[] = [];
const temporal = {
  withDeadline: (_at: number, work: () => Promise<unknown>) => work(),
  workflow: {
    signalWithStart: async (_type: string, { workflowId }: { workflowId: string }) => woken.push(workflowId),
  },
} as unknown as Client;

let api: Api;
beforeAll(async () => {
  api = await startApi({ temporal });
  await setUpShop(api, ['ann', 'bob']);
});
afterAll(() => api.stop());

const HEADER = 'partner,program,name,window,start,currency,value,holds,reason';
const GOOD = [
  HEADER,
  'ann,shop,,quarter,2026-01-01,USD,1000.00,,Agreed in January',
  'ann,shop,hardware,month,2026-02-01,,40,,',
  'bob,shop,,quarter,2026-01-01,USD,2000,yes,',
];

function send(lines: readonly string[], query = '', more: { key?: string } = {}) {
  const form = new FormData();
  form.set('file', new Blob([lines.join('\n')]), 'quotas.csv');
  return api.ask('POST', `/v1/quotas/import${query}`, { body: form, ...more });
}

const countRows = () =>
  api.db.oneFirst(sql.type(z.object({ count: z.bigint() }))`
    select (select count(*) from quota) + (select count(*) from event) + (select count(*) from audit_log) as count`);
const quotasOf = async (partner: string) => (await api.ask('GET', `/v1/partners/${partner}/quotas`)).body['items'];

describe('given a file of quotas', () => {
  it('when it is previewed then its lines are judged, and nothing is written', async () => {
    const before = await countRows();
    expect(await send(GOOD, '?preview=true')).toMatchObject({
      status: 200,
      body: { preview: true, lines: 3, taken: 3, refusals: [] },
    });
    expect(await countRows()).toBe(before);
  });

  it('when it is sent then every quota is in force, and the same file again changes nothing', async () => {
    expect(await send(GOOD)).toMatchObject({ status: 200, body: { preview: false, lines: 3, taken: 3 } });
    expect(await quotasOf('ann')).toMatchObject([
      { name: 'hardware', window: 'month', start: '2026-02-01', currency: null, value: '40', reason: null },
      { name: 'standard', window: 'quarter', currency: 'USD', value: '1000.00', reason: 'Agreed in January' },
    ]);
    const before = await countRows();
    expect((await send(GOOD)).body).toMatchObject({ taken: 3, refusals: [] });
    expect(await countRows()).toBe(before);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when a line says that a quota does not hold then it is taken back, once', async () => {
    const lines = [HEADER, 'bob,shop,,quarter,2026-01-01,USD,,no,Left the region'];
    await send(lines);
    expect(await quotasOf('bob')).toMatchObject([{ value: null, reason: 'Left the region' }, { value: '2000.00' }]);
    const before = await countRows();
    await send(lines);
    expect(await countRows()).toBe(before);
  });

  it('when lines are wrong then each is named with its column, in the preview as in the refusal, and nothing is written', async () => {
    const lines = [
      HEADER,
      'ann,shop,,quarter,2026-04-01,USD,3000.00,,',
      'nobody,shop,,quarter,2026-01-01,USD,1000.00,,',
      'ann,market,,quarter,2026-01-01,USD,1000.00,,',
      'ann,shop,,week,2026-01-01,USD,1000.00,,',
      'ann,shop,,quarter,2026-02-01,USD,1000.00,,',
      'ann,shop,,quarter,2026-07-01,USD,1.005,,',
      'ann,shop,,quarter,2026-07-01,,1.5,,',
      'ann,shop,,quarter,2027-01-01,USD,0,,',
      'ann,shop,,quarter,2026-10-01,USD,,,',
      'ann,shop,,quarter,2026-10-01,USD,5.00,no,',
      'bob,shop,,year,2026-01-01,USD,,no,',
      'ann,shop,standard,quarter,2026-04-01,USD,3500.00,,',
      'ann,shop,,quarter',
    ];
    const named = [
      '3 partner',
      '4 program',
      '5 window',
      '6 start',
      '7 value',
      '8 value',
      '9 value',
      '10 value',
      '11 value',
      '12 (row)',
      '13 (row)',
      '14 (row)',
    ];
    const before = await countRows();
    const preview = await send(lines, '?preview=true');
    expect(preview).toMatchObject({ status: 200, body: { lines: 13, taken: 1, refused: named.length } });
    const refusals = preview.body['refusals'] as { line: number; column: string }[];
    expect(refusals.map(({ line, column }) => `${line} ${column}`)).toEqual(named);
    const answer = await send(lines);
    expect(answer.status).toBe(400);
    const errors = answer.body['errors'] as { field: string }[];
    expect(errors.map(({ field }) => field)).toEqual(named.map((place) => `line ${place.replace(' ', ': ')}`));
    expect(await countRows()).toBe(before);
  });

  it('when somebody without the right sends it then it is refused', async () => {
    const { key } = await api.newKey('approver');
    expect(await send(GOOD, '', { key })).toMatchObject({ status: 403 });
  });
});

describe('given a quota, alone or in a file', () => {
  it('when it is recorded then its window is worked out at once, and the same one again wakes nothing', async () => {
    const quota = { program: 'shop', window: 'year', start: '2026-01-01', currency: 'USD', value: '5.00' };
    const put = () => api.ask('PUT', '/v1/partners/ann/quotas', { body: quota });
    const file = [HEADER, 'bob,shop,,year,2026-01-01,USD,5.00,,'];
    const accruals = async (record: () => Promise<unknown>) => {
      woken.length = 0;
      await record();
      return woken.length;
    };
    expect([await accruals(put), await accruals(put)]).toEqual([1, 0]);
    expect(await accruals(() => send(file, '?preview=true'))).toBe(0);
    expect([await accruals(() => send(file)), await accruals(() => send(file))]).toEqual([1, 0]);
  });
});
