import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
});
afterAll(() => api.stop());

const US = {
  type: 'aba',
  legalType: 'PRIVATE',
  abartn: '0210-00021',
  accountNumber: '12345678',
  accountType: 'CHECKING',
  'address.country': 'US',
  'address.state': 'NV',
  'address.city': 'Reno',
  'address.postCode': '89501',
  'address.firstLine': '1 Main Street',
};

const add = (details: object, partner = 'ann') =>
  api.ask('POST', `/v1/partners/${partner}/instruments`, {
    body: { method: 'bank', holder: 'Ann Partner', currency: 'USD', country: 'US', details },
  });

describe('given bank details at the door', () => {
  it('when the form is complete then they are taken, with digits grouped as people write them', async () => {
    const { status, body, text } = await add(US);
    expect(status, text).toBe(201);
    expect(body).toMatchObject({ last4: '5678', position: 1, givenBy: 'company' });
  });

  const { accountType: _type, ...NO_TYPE } = US;
  it.each([
    { wrong: 'a mistyped routing number', details: { ...US, abartn: '021000022' }, field: 'details.abartn' },
    { wrong: 'no type of account', details: NO_TYPE, field: 'details.accountType' },
    { wrong: 'a field of another form', details: { ...US, sortCode: '231470' }, field: 'details.sortCode' },
    { wrong: 'an unknown form', details: { ...US, type: 'us' }, field: 'details.type' },
    {
      wrong: 'only the city of the owner',
      details: {
        type: 'aba',
        legalType: 'PRIVATE',
        abartn: '021000021',
        accountNumber: '12345678',
        accountType: 'CHECKING',
        'address.city': 'Reno',
      },
      field: 'details.address.country',
    },
  ])('when they have $wrong then they are refused, and $field is named', async ({ details, field }) => {
    const { status, body } = await add(details);
    expect([status, (body['errors'] as { field: string }[])[0]?.field]).toEqual([400, field]);
  });

  it('when somebody asks for the form then its fields have the names by which they are refused', async () => {
    const { body } = await api.ask('GET', '/v1/payment-forms?method=bank&country=US&currency=USD');
    const [aba] = body['items'] as { type: string; fields: { path: string[] }[] }[];
    expect(aba?.fields.map(({ path }) => path.at(-1)).toSorted()).toEqual(
      ['holder', ...Object.keys(US).slice(1)].toSorted(),
    );
  });
});

describe("given a partner with a key of the partner's own", () => {
  it('then it may withdraw its own instrument, sees nobody who shares it, and cannot touch those of others', async () => {
    await add(US, 'bob');
    const { key } = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
    const path = '/v1/partners/ann/instruments';
    const seen = (await api.ask('GET', path, { key })).body['items'] as { id: string; sharedWith: unknown }[];
    const [theirs] = (await api.ask('GET', '/v1/partners/bob/instruments')).body['items'] as { id: string }[];
    const [ours] = (await api.ask('GET', path)).body['items'] as { id: string; sharedWith: unknown }[];
    expect([seen[0]?.sharedWith, ours?.sharedWith]).toEqual([null, ['bob']]);

    const body = { reason: 'The account is closed' };
    const foreign = await api.ask('POST', `/v1/partners/bob/instruments/${theirs?.id}/withdraw`, { key, body });
    const own = await api.ask('POST', `${path}/${ours?.id}/withdraw`, { key, body });
    expect([foreign.status, own.status]).toEqual([404, 200]);
    expect(own.body).toMatchObject({ position: null, withdrawnReason: body.reason });
  });
});
