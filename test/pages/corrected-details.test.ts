import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listInstruments } from '../../db/partners/instruments.ts';
import { getPartner, type Partner } from '../../db/partners/partners.ts';
import { insertGrant } from '../../db/people/grants.ts';
import { insertInstrumentFailure } from '../../db/payouts/instrument-failures.ts';
import type { Objection } from '../../domain/partners/form-field.ts';
import { addPayout, type Api, setUpShop, startApi } from '../api/api.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const ACCOUNT = '73910264885';
const BANK = {
  method: 'bank',
  holder: 'Ann Example',
  currency: 'USD',
  country: 'US',
  details: {
    type: 'aba',
    legalType: 'PRIVATE',
    abartn: '122100024',
    accountNumber: ACCOUNT,
    accountType: 'CHECKING',
    'address.country': 'US',
    'address.state': 'IL',
    'address.city': 'Springfield',
    'address.postCode': '62701',
    'address.firstLine': '12 Elm Street',
  },
};
const ADVICE = 'Your bank does not recognize this account number, so please correct it.';

let api: Api;
let ann: Partner;
let owner: SignedInPerson;
let payoutId: string;
let instrumentId: string;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  ann = await getPartner(api.db, 'ann');
  owner = await openVisitor(api, 'ann-owner', ['partner'], { partnerId: ann.id });
  payoutId = await addPayout(api.db, 'ann');
  instrumentId = String((await api.ask('POST', '/v1/partners/ann/instruments', { body: BANK })).body['id']);
});
afterAll(() => api.stop());

/** Lets the only payment to the bank account fail. Returns the address of the form that corrects it. */
async function fail(reason: string, objections: readonly Objection[] = []): Promise<string> {
  const db = await openOwner(api.url);
  await tamper(db, sql.unsafe`delete from instrument_failure`);
  await db.end();
  await insertInstrumentFailure(api.db, { payoutId, instrumentId, reason, advice: ADVICE, objections });
  return `/portal/ann/details/new?corrects=${instrumentId}`;
}
const refusal = (text: string, field: string) =>
  new RegExp(`id="${field.replaceAll('.', '\\.')}-wrong">([^<]*)<`).exec(text)?.[1];

describe('given bank details to which a payment failed', () => {
  it('when the bank named a field then Details leads to its form, with the words of the bank next to the field', async () => {
    const path = await fail('recipient_rejected: details.accountNumber is refused by Wise (NOT_VALID)', [
      { field: 'details.accountNumber', reason: 'is refused: “Please enter a valid account number”' },
      { field: 'details.abartn', reason: 'is refused by Wise (NOT_VALID)' },
    ]);
    const details = (await owner.open('/portal/ann/details')).text;
    expect(details).toContain(`href="${path}"`);
    const { status, text } = await owner.open(path);
    expect(status).toBe(200);
    expect(text).toContain(ADVICE);
    expect(refusal(text, 'details.accountNumber')).toBe(
      'Account number is refused: “Please enter a valid account number”.',
    );
    expect(refusal(text, 'details.abartn')).toBe('Routing number is refused by Wise (NOT_VALID).');
    expect(refusal(text, 'holder')).toBeUndefined();
    expect(text).toContain('name="type" value="aba"');
  });

  it.each([
    { code: 'WRONG_ACCOUNT_NUMBER', field: 'details.accountNumber', says: 'Account number is not known to the bank.' },
    { code: 'WRONG_BANK_CODE', field: 'details.abartn', says: 'Routing number does not belong to a bank.' },
    {
      code: 'WRONG_NAME',
      field: 'holder',
      says: 'Account holder is not the name that the bank has for this account.',
    },
  ])('when the money came back with $code then the form says so next to the field', async ({ code, field, says }) => {
    const { text } = await owner.open(await fail(code));
    expect(refusal(text, field)).toBe(says);
    expect(text.match(/-wrong">/g)).toHaveLength(1);
  });

  it('then no page shows what was given, because details leave the vault for a payment alone', async () => {
    const { text } = await owner.open(await fail('ACCOUNT_CLOSED'));
    expect(text).toContain('ending in 4885');
    for (const given of [ACCOUNT, 'Ann Example', '12 Elm Street']) expect(text).not.toContain(given);
  });

  it('when they correct it with a mistake then what they typed stays, and the mistake stands next to its field', async () => {
    await fail('WRONG_ACCOUNT_NUMBER');
    const typed = { method: 'bank', currency: 'USD', country: 'US', type: 'aba', holder: 'Ann Example' };
    const { status, text } = await owner.post('/portal/ann/details/new', {
      ...typed,
      'details.accountNumber': '12345678',
      'details.abartn': '122100025',
    });
    expect(status).toBe(400);
    expect(text).toContain('value="12345678"');
    expect(refusal(text, 'details.abartn')).toContain('Routing number');
  });

  it('when somebody else asks for the form then it is not theirs', async () => {
    const path = await fail('WRONG_NAME');
    const { id: partnerId } = await getPartner(api.db, 'bob');
    const bob = await openVisitor(api, 'bob-owner', ['partner'], { partnerId });
    expect((await bob.open(path.replace('/ann/', '/bob/'))).status).toBe(404);
    expect((await bob.open(path)).status).toBe(404);
    expect((await owner.open('/portal/ann/details/new?corrects=nonsense')).status).toBe(404);
    const viewer = await openVisitor(api, 'ann-viewer', []);
    const wish = { actorId: viewer.id, role: 'partner', partnerId: ann.id, access: 'viewer', expiresAt: null } as const;
    await insertGrant(api.db, wish, { by: (await api.newKey('operator')).actor.id, alone: true, firstSetup: false });
    expect((await viewer.open('/portal/ann/details')).text).not.toContain('corrects=');
    expect((await viewer.open(path)).status).toBe(403);
  });

  it('when the API is asked then it names the fields too', async () => {
    await fail('recipient_rejected: x', [{ field: 'holder', reason: 'is refused: “Please enter a full name”' }]);
    const [newest] = await listInstruments(api.db, ann.id, null, 1);
    expect(newest?.failureFields).toEqual([{ field: 'holder', reason: 'is refused: “Please enter a full name”' }]);
    const { body } = await api.ask('GET', '/v1/partners/ann/instruments?limit=1');
    expect(body['items']).toMatchObject([{ failureFields: newest?.failureFields }]);
  });
});
