import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from '../api/api.ts';
import { accrueAll } from '../fixtures/accrual.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const SALE = {
  source: 'shop',
  id: 'order/1 #7',
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  currency: 'USD',
  amount: '120.00',
  occurredAt: '2026-02-10T12:00:00Z',
};

let api: Api;
let auditor: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  await send([
    SALE,
    { ...SALE, id: 'order-2', partner: 'bob', amount: '50.00', occurredAt: '2026-02-11T12:00:00Z' },
    { ...SALE, id: 'visit-1', kind: 'visit', currency: undefined, amount: undefined },
  ]);
  await send([{ ...SALE, id: 'refund-1', kind: 'refund', refundOf: SALE.id, amount: '20.00' }]);
  auditor = await openVisitor(api, 'auditor', ['auditor']);
});
afterAll(() => api.stop());

async function send(events: readonly object[]): Promise<void> {
  const { status, text } = await api.ask('POST', '/v1/events', { body: { events } });
  if (status !== 200) throw new Error(text);
  await accrueAll(api.db, 'shop');
}

const pathOf = (id: string): string => `/earnings/events/shop/${encodeURIComponent(id)}`;

describe('given events of two partners that were worked out', () => {
  it.each([
    { filter: 'partner=bob', shows: ['order-2'], hides: ['order/1 #7', 'visit-1'] },
    { filter: 'day=2026-02-11', shows: ['order-2'], hides: ['order/1 #7'] },
    { filter: 'kind=visit', shows: ['visit-1'], hides: ['order-2'] },
    { filter: 'state=nothing', shows: ['visit-1'], hides: ['order-2'] },
    { filter: 'source=till', shows: ['No event fits these filters'], hides: ['order-2'] },
    { filter: 'state=due', shows: ['No event fits these filters'], hides: ['order-2'] },
  ])('when somebody asks for $filter then the list and the file have those alone', async ({ filter, shows, hides }) => {
    const { text } = await auditor.open(`/earnings/events?${filter}`);
    for (const words of shows) expect(text).toContain(words);
    for (const words of hides) expect(text).not.toContain(words);
    const file = (await auditor.open(`/earnings/events.csv?${filter}`)).text;
    for (const words of hides) expect(file).not.toContain(words);
  });

  it('when a filter is none then the page says what is wrong with it', async () => {
    const { status, text } = await auditor.open('/earnings/events?day=yesterday');
    expect(status).toBe(400);
    expect(text).toContain('Day is not a date such as 2026-03-01.');
  });

  it('when a sale is opened then the page has what it earned and what its refund took back', async () => {
    const { text } = await auditor.open(pathOf(SALE.id));
    expect(text).toContain('Sale of 120.00 USD by ann');
    expect(text).toContain('10.00 USD in all');
    expect(text).toContain('12.00 USD');
    expect(text).toContain('−2.00 USD');
    expect(text).toContain(pathOf('refund-1'));
  });

  it('when an event is opened that no incentive is for then the page says why it earned nothing', async () => {
    const { text } = await auditor.open(pathOf('visit-1'));
    expect(text).toContain(
      'earns nothing under plan standard version 1: no incentive is for the kind visit on 2026-02-10',
    );
  });

  it('when its id is typed into the search then its page is opened', async () => {
    expect((await auditor.open('/search?q=order-2')).location).toBe(pathOf('order-2'));
  });

  it.each(['/earnings/events/shop/order-9', '/earnings/events/shop/%00', '/earnings/events/%00/1'])(
    'when %s is asked for then there is no such event',
    async (path) => {
      expect((await auditor.open(path)).status).toBe(404);
    },
  );
});
