import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { findPayer, getPayer, listPayerGateways } from '../../db/payers/payers.ts';
import { listLog } from '../../db/people/audit-log.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let olga: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  olga = await openVisitor(api, 'olga', ['operator']);
});
afterAll(() => api.stop());

const address = (below: string, over: Record<string, string> = {}) =>
  Object.fromEntries(
    Object.entries({
      line1: '500 Main Street',
      line2: '',
      city: 'Springfield',
      region: 'IL',
      postalCode: '62701',
      country: 'US',
      ...over,
    }).map(([name, value]) => [`${below}.${name}`, value]),
  );
const gateways = async (code: string) => {
  const set = await listPayerGateways(api.db, (await getPayer(api.db, code)).id);
  return set.map(({ method, gateway, accountRef }) => ({ method, gateway, accountRef }));
};

describe('given an operator who adds a payer', () => {
  const globex = { code: 'globex', name: 'Globex Inc', country: 'US', currency: 'USD', ...address('address') };

  it.each([
    { wrong: { code: '' }, status: 400, says: 'Code is missing.' },
    { wrong: { country: 'USA' }, status: 400, says: 'Country is not' },
    { wrong: { 'address.city': '' }, status: 400, says: 'City is missing.' },
    { wrong: { 'address.region': 'Illinois' }, status: 400, says: 'State or region is not a US state' },
    { wrong: { code: 'acme' }, status: 409, says: 'There is already a payer acme.' },
  ])(
    'when the form says $wrong then it comes back, with what was typed and: $says',
    async ({ wrong, status, says }) => {
      const answer = await olga.post('/settings/new-payer', { ...globex, ...wrong });
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(says);
      expect(answer.text).toContain('value="Globex Inc"');
      expect(await findPayer(api.db, 'globex')).toBeNull();
    },
  );

  it('when its fields are right then it is there, and its name and address can be changed', async () => {
    expect((await olga.open('/settings/payers')).text).toContain('href="/settings/new-payer"');
    expect((await olga.post('/settings/new-payer', globex)).location).toBe('/settings/payers/globex');
    const change = '/settings/payers/globex/change';
    expect((await olga.open(change)).text).toContain('value="500 Main Street"');
    const wrong = await olga.post(change, { name: 'Globex LLC', ...address('address', { postalCode: '1' }) });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('Postal code is not a ZIP code');
    expect((await getPayer(api.db, 'globex')).name).toBe('Globex Inc');
    await olga.post(change, { name: 'Globex LLC', ...address('address', { city: 'Chicago' }) });
    expect(await getPayer(api.db, 'globex')).toMatchObject({ name: 'Globex LLC', address: { city: 'Chicago' } });
  });
});

describe('given an operator who sets the gateways of a payer', () => {
  const WISE = '/settings/payers/acme/gateways/wise';
  const wise = {
    accountRef: 'Wise business',
    'settings.profileId': '16421159',
    'settings.funding': 'balance',
    'settings.transferFields': 'BRL transferNature CURRENT_ACCOUNT_SERVICES\n',
  };
  const PRINTED = '/settings/payers/acme/gateways/printed-check';
  const printed = {
    accountRef: 'Operating account',
    'settings.accountNumber': '98765432109',
    'settings.routingNumber': '122100024',
    'settings.bankName': 'First Example Bank',
    checkNumberNext: '1001',
    dormancyYears: '',
  };

  it.each([
    { path: WISE, wrong: { ...wise, 'settings.profileId': 'x' }, says: 'must be the numeric id' },
    { path: WISE, wrong: { ...wise, accountRef: 'Account 123456' }, says: 'shows more than four digits' },
    {
      path: WISE,
      wrong: { ...wise, 'settings.transferFields': 'real nature x' },
      says: '(real) Invalid key in record',
    },
    { path: PRINTED, wrong: { ...printed, 'settings.bankName': '' }, says: 'as it is printed is missing.' },
    {
      path: PRINTED,
      wrong: { ...printed, 'settings.routingNumber': '123456789' },
      says: 'is not a valid routing number',
    },
    {
      path: PRINTED,
      wrong: { ...printed, checkNumberNext: 'many' },
      says: 'Number of the first check is not a whole number.',
    },
    { path: PRINTED, wrong: printed, says: 'every check shows it: add it to the payer first' },
  ])('when $path gets $wrong then the form comes back with: $says', async ({ path, wrong, says }) => {
    const answer = await olga.post(path, wrong);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(says);
    expect(await gateways('acme')).toEqual([]);
  });

  it('when they sign then money leaves from that account, and no hash of its number is kept', async () => {
    const page = (await olga.open('/settings/payers/acme')).text;
    expect(page).toContain(`href="${WISE}"`);
    expect((await olga.open(WISE)).text).toContain('nobody sees');
    expect((await olga.post(WISE, wise)).text).toContain('Pay from this account?');
    expect(await gateways('acme')).toEqual([]);
    expect((await olga.sign(WISE, wise)).location).toBe('/settings/payers/acme');
    const paypal = '/settings/payers/acme/gateways/paypal';
    expect((await olga.sign(paypal, { accountRef: 'PayPal US' })).location).toBe('/settings/payers/acme');
    expect((await olga.sign('/settings/payers/globex/gateways/printed-check', printed)).location).toBe(
      '/settings/payers/globex',
    );
    expect(await gateways('acme')).toEqual([
      { method: 'bank', gateway: 'wise', accountRef: 'Wise business' },
      { method: 'paypal', gateway: 'paypal', accountRef: 'PayPal US' },
    ]);
    const [entry] = await listLog(api.db, { action: 'payer.set_gateway', subject: 'payer/globex' }, null, 1);
    const statement = await api.db.oneFirst(sql.type(z.object({ statement: z.string() }))`
      select statement from signature where id = ${String(entry?.detail['signature'])}`);
    expect(statement).toMatch(/^bursar set gateway payer\/globex content /);
  });

  it('when the account was changed since they saw the question then nothing is set', async () => {
    const question = await olga.post(WISE, { ...wise, accountRef: 'Wise EU' });
    await olga.sign(WISE, { ...wise, accountRef: 'Wise UK' });
    expect((await olga.touch(WISE, question)).status).toBe(409);
    expect(await gateways('acme')).toContainEqual({ method: 'bank', gateway: 'wise', accountRef: 'Wise UK' });
  });

  it('when a preparer asks for the forms then there is nothing for them', async () => {
    const petra = await openVisitor(api, 'petra', ['preparer']);
    expect((await petra.open('/settings/payers/acme')).text).not.toContain(WISE);
    for (const path of [WISE, '/settings/new-payer', '/settings/payers/acme/change'])
      expect((await petra.post(path)).status).toBe(404);
    expect((await olga.open('/settings/payers/acme/gateways/cash')).status).toBe(404);
  });
});
