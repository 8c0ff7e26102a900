import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Deal, getDeal } from '../../db/earnings/deals.ts';
import { addDays } from '../../domain/calendar.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let petra: SignedInPerson;
const TODAY = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  const rules = [{ title: 'all', automatic: 'approve', grants: { protectionDays: 30 } }];
  await api.ask('POST', '/v1/programs/shop/policies/deal', { body: { policy: { rules } } });
  const sale = { source: 'store', id: 's1', program: 'shop', partner: 'ann', kind: 'sale' };
  const events = [{ ...sale, occurredAt: '2026-02-10T12:00:00Z', currency: 'USD', amount: '100.00' }];
  await api.ask('POST', '/v1/events', { body: { events } });
  petra = await openVisitor(api, 'petra', ['preparer']);
});
afterAll(() => api.stop());

/** Registers a deal that the policy protects at once. */
async function protect(customer: string): Promise<{ path: string; read: () => Promise<Deal> }> {
  const deal = { program: 'shop', partner: 'ann', customer, domain: `${customer}.example`, country: 'DE' };
  const money = { currency: 'USD', amount: '500.00', productLines: ['routers'], expectedClose: addDays(TODAY, 60) };
  const { body } = await api.ask('POST', '/v1/deals', { body: { ...deal, ...money } });
  const id = String(body['id']);
  return { path: `/deals/${id}`, read: () => getDeal(api.db, id) };
}

describe('given a protected deal', () => {
  it('when it is won then its sales close it, and a line that names none is refused', async () => {
    const { path, read } = await protect('kim');
    expect((await petra.open(path)).text).toContain(`href="${path}/won"`);
    expect((await petra.open(`${path}/won`)).text).toContain('kim is won');
    for (const [sales, says] of [
      ['store s9', '(line 1) is not known'],
      ['', 'are missing: name the sales'],
    ] as const) {
      const wrong = await petra.post(`${path}/won`, { sales });
      expect([wrong.status, wrong.text.includes(`Sales that close it ${says}`)]).toEqual([400, true]);
    }
    expect((await read()).status).toBe('protected');
    expect((await petra.post(`${path}/won`, { sales: 'store s1\n' })).location).toBe(path);
    expect((await read()).status).toBe('won');
    expect((await petra.open(path)).text).not.toContain(`${path}/won`);
    expect((await petra.post(`${path}/won`, { sales: 'store s1' })).status).toBe(409);
  });

  it('when it is lost then the partner gets the reason', async () => {
    const { path, read } = await protect('lee');
    expect((await petra.post(`${path}/lost`, { reason: ' ' })).status).toBe(400);
    expect((await read()).status).toBe('protected');
    expect((await petra.post(`${path}/lost`, { reason: 'They bought elsewhere' })).location).toBe(path);
    expect(await read()).toMatchObject({ status: 'lost', reason: 'They bought elsewhere' });
  });

  it('when longer protection is asked for then the policy decides, and an earlier day is refused', async () => {
    const { path, read } = await protect('max');
    const early = await petra.post(`${path}/extension`, { lastDay: TODAY, reason: 'They decide later' });
    expect([early.status, early.text.includes('Last protected day is not after')]).toEqual([400, true]);
    expect((await petra.open(`${path}/extension`)).text).toContain('Protect max for longer');
    const lastDay = addDays(TODAY, 50);
    await petra.post(`${path}/extension`, { lastDay, reason: 'They decide later' });
    expect((await read()).protectedUntil).toBe(addDays(lastDay, 1));
  });

  it('when an approver asks for the forms then there is nothing for them', async () => {
    const anna = await openVisitor(api, 'anna', ['approver']);
    const { path } = await protect('tim');
    expect((await anna.open(path)).text).not.toContain(`${path}/won`);
    for (const step of ['won', 'lost', 'extension']) expect((await anna.post(`${path}/${step}`)).status).toBe(404);
  });
});
