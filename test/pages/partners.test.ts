import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../db/partners/partners.ts';
import { addLine, type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let operator: SignedInPerson;
let auditor: SignedInPerson;
let partner: SignedInPerson;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cid']);
  await api.ask('POST', '/v1/partners', { body: { code: 'dot', name: 'Dot 100%_', kind: 'agent', country: 'DE' } });
  await api.db.query(sql.unsafe`
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed) select id, 'paypal', 'paypal', 'ours', '' from payer`);
  await addLine(api.db, 'ann', 5000, '2026-01-01');
  await addLine(api.db, 'bob', 700, '2026-01-01');
  operator = await openVisitor(api, 'olive', ['operator']);
  auditor = await openVisitor(api, 'arthur', ['auditor']);
  partner = await openVisitor(api, 'ann-login', ['partner'], { partnerId: (await getPartner(api.db, 'ann')).id });
});
afterAll(() => api.stop());

const plain = (text: string): string =>
  text
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
const read = async (person: SignedInPerson, path: string) => plain((await person.open(path)).text);
const namesIn = async (query: string): Promise<string[]> =>
  [...(await operator.open(`/partners?${query}`)).text.matchAll(/<a href="\/partners\/(\w+)">/g)].map(
    ([, code = '']) => code,
  );

describe('given partners with and without payout details', () => {
  it.each([
    { query: '', found: ['ann', 'bob', 'cid', 'dot'], because: 'without a filter everybody is there' },
    { query: 'q=an', found: ['ann'], because: 'a code begins like this' },
    { query: 'q=partner%20b', found: ['bob'], because: 'a name contains it, whatever the case' },
    { query: 'q=%25_', found: ['dot'], because: 'a character for others stands for itself' },
    { query: 'state=no_details', found: ['dot'], because: 'nothing can be paid to them' },
    { query: 'state=payable', found: ['ann', 'bob', 'cid'], because: 'their details work' },
    { query: 'program=shop', found: ['ann', 'bob', 'cid'], because: 'they are in the program' },
    { query: 'program=other', found: [], because: 'nobody is in it' },
    {
      query: 'state=nonsense',
      found: ['ann', 'bob', 'cid', 'dot'],
      because: 'a filter that is not known filters nothing',
    },
  ])('when the list is asked for with "$query" then it has $found: $because', async ({ query, found }) => {
    expect(await namesIn(query)).toEqual(found);
  });

  it('when the file is downloaded then it has the rows of the screen', async () => {
    const { text } = await operator.open('/partners.csv?state=payable');
    expect(text.trim().split('\n')).toEqual([
      'partner,name,kind,country,schedule,currency,payable,held,method,state,onHold,paidOn',
      expect.stringMatching(/^ann,Partner ann,affiliate,US,monthly,USD,50\.00,0\.00,paypal,paid,,\d{4}-\d\d-\d\d$/),
      expect.stringMatching(/^bob,Partner bob,affiliate,US,monthly,USD,7\.00,0\.00,paypal,paid,,\d{4}-\d\d-\d\d$/),
      expect.stringMatching(/^cid,Partner cid,affiliate,US,monthly,USD,0\.00,0\.00,paypal,nothing_due,,/),
    ]);
  });

  it('when a partner is opened then one sentence says why they are payable', async () => {
    expect(await read(auditor, '/partners/ann')).toMatch(
      /Payable: 50\.00 USD is paid on .* by PayPal \(schedule monthly\)/,
    );
    expect(await read(auditor, '/partners/dot')).toContain('Nothing is due: this partner is in no program that pays.');
  });

  it('when somebody holds and releases a partner then the sentence names who did it, and the reason is asked for', async () => {
    expect((await operator.post('/partners/bob/hold', { reason: ' ' })).status).toBe(400);
    expect((await operator.post('/partners/bob/hold', { reason: 'A dispute is open' })).status).toBe(303);
    expect(await read(auditor, '/partners/bob')).toMatch(
      /Held: 7\.00 USD is not paid\. olive put this partner on hold on .*: A dispute is open/,
    );
    expect(await namesIn('state=held')).toEqual(['bob', 'dot']);
    expect((await operator.post('/partners/bob/release', { reason: 'It was settled' })).status).toBe(303);
    expect(await read(auditor, '/partners/bob')).toContain('Payable: 7.00 USD');
  });

  it('when two partners gave the same account then the page of each names the other', async () => {
    const body = { method: 'paypal', receiver: 'ann@example.com' };
    await api.ask('POST', '/v1/partners/cid/instruments', { body });
    expect(await read(operator, '/partners/cid')).toMatch(/same account as another ann/);
    expect(await read(operator, '/partners/ann')).toMatch(/same account as another cid/);
  });
});

describe('given the forms about a partner', () => {
  it('when the country is wrong then the form comes back with what was typed, next to the field that is wrong', async () => {
    const { status, text } = await operator.post('/partners/cid/change', { name: 'Cid & Co', country: 'xx' });
    expect(status).toBe(400);
    expect(text).toContain('value="Cid &amp; Co"');
    expect(text).toContain('id="country-wrong"');
    expect((await getPartner(api.db, 'cid')).name).toBe('Partner cid');
  });

  it('when the contact, a fact, a minimum and an agreement are changed then the page shows them', async () => {
    const sent = [
      ['change', { name: 'Cid & Co', email: 'cid@example.com', country: 'US' }],
      ['facts', { key: 'tier', value: 'gold', holds: 'yes', from: '2026-01-01' }],
      ['minimums', { currency: 'USD', amount: '25', reason: 'As agreed' }],
      ['agreements/shop', { startsOn: '2026-01-01', endsOn: '2027-01-01', plan: 'standard', reason: 'They leave' }],
    ] as const;
    for (const [path, fields] of sent)
      expect((await operator.post(`/partners/cid/${path}`, fields)).status, path).toBe(303);
    const page = await read(operator, '/partners/cid');
    expect(page).toContain('cid@example.com');
    expect(page).toContain('gold');
    expect(page).toContain('25.00 As agreed, by olive');
    expect(page).toMatch(/until Fri 1 Jan 2027/);
  });

  it.each([
    { path: 'facts', fields: { key: 'tier', value: 'gold', holds: 'yes', from: '' }, wrong: 'from' },
    { path: 'minimums', fields: { currency: 'USD', amount: '1.234', reason: 'x' }, wrong: 'amount' },
    { path: 'agreements', fields: { terms: 'shop standard', startsOn: '2026-02-01' }, wrong: 'startsOn' },
    { path: 'agreements', fields: { terms: 'shop nothing', startsOn: '2026-02-01' }, wrong: 'terms' },
  ])('when $path is sent with a wrong $wrong then that field says so', async ({ path, fields, wrong }) => {
    const { status, text } = await operator.post(`/partners/ann/${path}`, fields);
    expect([400, 409]).toContain(status);
    expect(text).toContain(`id="${wrong}-wrong"`);
  });

  it('when a note is written then it stays with its author, no row can change it, and an empty one is refused', async () => {
    expect((await operator.post('/partners/ann/notes', { text: 'Called <b>her</b>\nShe moves house' })).status).toBe(
      303,
    );
    expect((await operator.post('/partners/ann/notes', { text: '  ' })).status).toBe(400);
    const { text } = await auditor.open('/partners/ann');
    expect(text).toContain('Called &lt;b&gt;her&lt;/b&gt;');
    await expect(api.db.query(sql.unsafe`update partner_note set text = 'changed'`)).rejects.toThrow(
      /permission denied|refused/,
    );
    expect((await auditor.post('/partners/ann/notes', { text: 'I only read' })).status).toBe(404);
  });

  it('when an auditor opens a page then it has no form that changes something', async () => {
    const main = (await auditor.open('/partners/ann')).text.split('<main')[1];
    expect(main).not.toContain('method="post"');
  });
});

describe('given a person of a partner', () => {
  it.each(['/partners', '/partners/ann', '/partners/bob/statement', '/partners/nobody', '/partners.csv'])(
    'when they open %s then the answer is that of a page that does not exist',
    async (path) => {
      const [asked, unknown] = [await partner.open(path), await partner.open(path.replace('partners', 'partnerz'))];
      expect(asked.status).toBe(404);
      expect(unknown.status).toBe(404);
    },
  );

  it('when finance opens the statement then it has the lines that the partner reads', async () => {
    const days = 'from=2026-01-01&until=2026-03-01';
    const own = await partner.open(`/portal/ann/statements.csv?${days}`);
    const finance = await auditor.open(`/partners/ann/statement.csv?${days}`);
    expect(finance.text).toBe(own.text);
    expect((await auditor.open('/partners/ann/statement?from=2026-02-31')).status).toBe(400);
  });
});
