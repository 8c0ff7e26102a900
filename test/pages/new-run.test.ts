import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listRuns } from '../../db/runs/runs.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let petra: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  petra = await openVisitor(api, 'petra', ['preparer']);
});
afterAll(() => api.stop());

const NEW = '/runs/new';
const february = { schedule: 'monthly', pays: 'period', periodEnd: '2026-03-01', key: randomUUID() };
const runs = () => listRuns(api.db, {}, null, 10);

describe('given a preparer who requests a run', () => {
  it.each([
    { wrong: { schedule: '' }, status: 400, says: 'Schedule is missing.' },
    { wrong: { periodEnd: 'soon' }, status: 400, says: 'Pays what was free before is not a' },
    {
      wrong: { periodEnd: '2026-03-04' },
      status: 400,
      says: 'Pays what was free before is not a cut-off of the schedule: the nearest are 2026-03-01 and 2026-04-01.',
    },
    { wrong: { periodEnd: '2999-01-01' }, status: 409, says: 'so the period until 2999-01-01 is not over' },
  ])(
    'when the form says $wrong then it comes back, with what was typed and: $says',
    async ({ wrong, status, says }) => {
      const answer = await petra.post(NEW, { ...february, ...wrong });
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(says);
      expect(answer.text).toContain(`value="${wrong.periodEnd ?? february.periodEnd}"`);
      expect(await runs()).toEqual([]);
    },
  );

  it('when the form is sent twice then one run is opened, and another one waits for its end', async () => {
    expect((await petra.open('/runs')).text).toContain('href="/runs/new"');
    expect((await petra.open(NEW)).text).toContain('<option value="monthly" >monthly</option>');
    const first = await petra.post(NEW, february);
    expect((await petra.post(NEW, february)).location).toBe(first.location);
    const [run, ...others] = await runs();
    expect(others).toEqual([]);
    expect(first.location).toBe(`/runs/${run?.id}`);
    expect(run).toMatchObject({
      kind: 'on_demand',
      periodStart: '2026-02-01',
      periodEnd: '2026-03-01',
      preparer: 'petra',
    });
    const second = await petra.post(NEW, { ...february, key: randomUUID() });
    expect(second.status).toBe(409);
    expect(second.text).toContain('Decide or cancel that run first.');
  });

  it('when an operator asks for the form then there is nothing for them', async () => {
    const olga = await openVisitor(api, 'olga', ['operator']);
    expect((await olga.open('/runs')).text).not.toContain(NEW);
    expect((await olga.post(NEW, february)).status).toBe(404);
  });
});
