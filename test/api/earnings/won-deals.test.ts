import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { addDays } from '../../../domain/calendar.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';
import { sql } from 'slonik';

let api: Api;
let ann: { key: string };
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  ann = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
  await api.ask('POST', '/v1/programs/shop/attributes', { body: { attributes: ['deal'] } });
  const rules = [{ title: 'all', automatic: 'approve', grants: { protectionDays: 30 } }];
  await api.ask('POST', '/v1/programs/shop/policies/deal', { body: { policy: { rules } } });
});
afterAll(() => api.stop());

let customers = 0;
async function register(): Promise<string> {
  customers += 1;
  const body = {
    program: 'shop',
    customer: `Customer ${customers}`,
    domain: `customer-${customers}.example`,
    country: 'DE',
    productLines: ['routers'],
    currency: 'USD',
    amount: '500.00',
    expectedClose: addDays(new Date().toISOString().slice(0, 10), 60),
  };
  const { body: deal }: Answer = await api.ask('POST', '/v1/me/deals', { body, key: ann.key });
  return String(deal['id']);
}

describe('given sales that close a deal', () => {
  const sale = (id: string, more: object = {}) => ({
    source: 'store',
    id,
    program: 'shop',
    partner: 'ann',
    kind: 'sale',
    occurredAt: '2026-02-10T12:00:00Z',
    currency: 'USD',
    amount: '100.00',
    ...more,
  });
  const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });
  const winBy = (id: string, sales: { source: string; id: string }[]) =>
    api.ask('POST', `/v1/deals/${id}/won`, { body: { sales } });
  const win = (id: string, sales: string[]) =>
    winBy(
      id,
      sales.map((sold) => ({ source: 'store', id: sold })),
    );
  const wonAmount = async (id: string) =>
    ((await api.ask('GET', `/v1/events?source=bursar&id=deal_won/${id}`)).body['items'] as { amount: string }[]).map(
      ({ amount }) => amount,
    );

  it('when the payment of a sale carries the attribute too then it does not count as a second sale', async () => {
    const id = await register();
    const attributes = { deal: id };
    await send(sale('s1', { attributes }));
    expect((await send(sale('p1', { kind: 'collected', collects: 's1', attributes }))).status).toBe(200);
    expect((await win(id, ['s1'])).status).toBe(200);
    expect(await wonAmount(id)).toEqual(['100.00']);
  });

  it('when a payment is named as a sale then it is refused', async () => {
    const id = await register();
    await send(
      sale('s2'),
      sale('p2', { kind: 'collected', collects: 's2' }),
      sale('u2', { kind: 'uncollected', collects: 's2' }),
    );
    const { status } = await win(id, ['s2', 'p2', 'u2']);
    expect([status, await wonAmount(id)]).toEqual([400, []]);
  });

  it('when the event by which another deal was won is named as a sale then it is refused', async () => {
    const first = await register();
    await send(sale('s3'));
    expect((await win(first, ['s3'])).status).toBe(200);
    const id = await register();
    const { status } = await winBy(id, [{ source: 'bursar', id: `deal_won/${first}` }]);
    expect([status, await wonAmount(id)]).toEqual([400, []]);
  });

  it('when a sale was refunded before then only the rest of it counts', async () => {
    const id = await register();
    await send(sale('s4'), sale('s5', { amount: '50.00' }));
    await send(sale('r4', { kind: 'refund', refundOf: 's4' }));
    const { status } = await win(id, ['s4', 's5']);
    expect([status, await wonAmount(id)]).toEqual([200, ['50.00']]);
  });

  it('when somebody else sends the kind deal_won then it is refused', async () => {
    const { status } = await send(sale('fake', { kind: 'deal_won', attributes: {} }));
    expect(status).toBe(400);
  });

  it('when a sale is shared then the deal counts the part of its partner', async () => {
    const id = await register();
    await send(
      sale('s6', {
        shares: [
          { partner: 'ann', weight: '1' },
          { partner: 'bob', weight: '9' },
        ],
      }),
    );
    await win(id, ['s6']);
    expect(await wonAmount(id)).toEqual(['10.00']);
  });

  it('when a sale is refunded after the deal was won then the deal earns by what is left', async () => {
    const id = await register();
    await send(sale('s7'), sale('s8', { amount: '50.00' }));
    await win(id, ['s7', 's8']);
    await send(sale('r7', { kind: 'refund', refundOf: 's7', amount: '30.00' }));
    expect(await wonAmount(id)).toEqual(['120.00']);
    await send(sale('s8', { amount: '60.00', revision: 2 }));
    expect(await wonAmount(id)).toEqual(['130.00']);
  });

  it('when all sales are refunded after the deal was won then its event goes back whole, and comes back with them', async () => {
    const id = await register();
    await send(sale('s9'));
    await win(id, ['s9']);
    const backs = async () =>
      (
        (await api.ask('GET', `/v1/events?source=bursar&id=deal_won/${id}/back`)).body['items'] as {
          amount: string | null;
        }[]
      ).map(({ amount }) => amount);
    await send(sale('r9', { kind: 'refund', refundOf: 's9', currency: undefined, amount: undefined }));
    expect(await backs()).toEqual([null]);
    await send(sale('r9', { kind: 'refund', refundOf: 's9', amount: '40.00', revision: 2 }));
    expect([await backs(), await wonAmount(id)]).toEqual([['0.00'], ['60.00']]);
  });

  it('when a deal has more sales than one may have then it is not won over a part of them', async () => {
    const id = await register();
    const many = Array.from({ length: 201 }, (_none, n) => sale(`many-${n}`, { attributes: { deal: id } }));
    await send(...many);
    expect([(await win(id, [])).status, await wonAmount(id)]).toEqual([400, []]);
  });

  it('when the protection is over, and nobody has looked at it yet, then the deal cannot be won', async () => {
    const id = await register();
    await send(sale('late'));
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update deal set protected_until = '2026-01-01' where id = ${id}`);
    await owner.end();
    expect((await win(id, ['late'])).status).toBe(409);
  });
});
