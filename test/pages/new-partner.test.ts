import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listInstruments } from '../../db/partners/instruments.ts';
import { listStages } from '../../db/partners/onboarding.ts';
import { listParentsOf } from '../../db/partners/parents.ts';
import { getPartner, listPartners } from '../../db/partners/partners.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let olga: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  olga = await openVisitor(api, 'olga', ['operator']);
});
afterAll(() => api.stop());

const idOf = async (code: string) => (await getPartner(api.db, code)).id;

describe('given an operator who adds a partner', () => {
  const dora = { code: 'dora', name: 'Dora Distribution', kind: 'distributor', country: 'DE', email: '' };

  it.each([
    { wrong: { code: 'a b' }, status: 400, says: 'Code is not a code' },
    { wrong: { kind: '' }, status: 400, says: 'Kind is missing.' },
    { wrong: { email: 'dora' }, status: 400, says: 'E-mail ' },
    { wrong: { code: 'ann' }, status: 409, says: 'Code ann is taken.' },
  ])('when the form says $wrong then it comes back with: $says', async ({ wrong, status, says }) => {
    const answer = await olga.post('/new-partner', { ...dora, ...wrong });
    expect([answer.status, answer.text.includes(says)]).toEqual([status, true]);
    expect(answer.text).toContain('value="Dora Distribution"');
    expect(await listPartners(api.db, null, 10)).toHaveLength(1);
  });

  it('when its fields are right then the partner is there, without agreements or details', async () => {
    expect((await olga.open('/partners')).text).toContain('href="/new-partner"');
    expect((await olga.post('/new-partner', dora)).location).toBe('/partners/dora');
    expect(await getPartner(api.db, 'dora')).toMatchObject({ kind: 'distributor', country: 'DE', email: null });
    expect((await olga.open('/partners/dora')).text).toContain('href="/partners/dora/new-details"');
  });
});

describe('given an operator who records facts about a partner', () => {
  const above = { parent: 'dora', from: '2026-01-01', until: '', reason: 'The contract' };

  it.each([
    { wrong: { parent: 'nobody' }, says: 'Code of the partner above is not known.' },
    { wrong: { parent: 'ann' }, says: 'Code of the partner above is the partner themselves.' },
    { wrong: { until: '2025-01-01' }, says: 'First day after is not after the first day.' },
    { wrong: { reason: '' }, says: 'Reason is missing.' },
  ])('when the one above is $wrong then the form comes back with: $says', async ({ wrong, says }) => {
    const answer = await olga.post('/partners/ann/parent', { ...above, ...wrong });
    expect([answer.status, answer.text.includes(says)]).toEqual([400, true]);
    expect(await listParentsOf(api.db, await idOf('ann'), null, 5)).toEqual([]);
  });

  it('when it is right then the one above is recorded', async () => {
    await olga.post('/partners/ann/parent', above);
    expect((await olga.open('/partners/ann/parent')).text).toContain('<dt>dora</dt>');
    expect((await olga.post('/partners/dora/parent', { ...above, parent: 'ann' })).status).toBe(400);
  });

  it('when a stage was reached then it is on the page, and it can be taken back', async () => {
    const stage = { stage: 'tax_form', reached: 'yes', reachedOn: '2026-02-01', note: 'W-9' };
    const path = '/partners/ann/onboarding';
    expect((await olga.open(path)).text).toContain('Tax form');
    const early = await olga.post(path, { ...stage, reachedOn: '2999-01-01' });
    expect([early.status, early.text.includes('Day is in the future.')]).toEqual([400, true]);
    const reached = async () =>
      (await listStages(api.db, await idOf('ann'))).find((one) => one.stage === 'tax_form')?.reachedOn ?? null;
    expect((await olga.post(path, stage)).location).toBe('/partners/ann');
    expect(await reached()).toBe('2026-02-01');
    await olga.post(path, { ...stage, reached: 'no' });
    expect(await reached()).toBeNull();
  });
});

describe('given an operator who types payout details', () => {
  const NEW = '/partners/dora/new-details';
  const WHERE = { method: 'bank', currency: 'EUR', country: 'DE', type: 'iban' };
  const details = {
    ...WHERE,
    holder: 'Dora GmbH',
    'details.legalType': 'BUSINESS',
    'details.IBAN': 'DE89370400440532013000',
    place: 'first',
  };
  const kept = async () => listInstruments(api.db, await idOf('dora'), null, 5);

  it('when the account number is wrong then its field says so, and nothing is kept', async () => {
    expect((await olga.open(NEW)).text).toContain('By PayPal');
    expect((await olga.open(`${NEW}?method=bank`)).text).toContain('Where is the account?');
    const form = (await olga.open(`${NEW}?${new URLSearchParams(WHERE)}`)).text;
    expect(form).toContain('name="details.IBAN"');
    const wrong = await olga.post(NEW, { ...details, 'details.IBAN': 'DE00' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('id="details.IBAN-wrong"');
    expect(await kept()).toEqual([]);
  });

  it('when they sign then the details are kept, and the sentence hides the account number', async () => {
    const question = await olga.post(NEW, details);
    expect(question.text).toContain('These are the first details');
    expect(await kept()).toEqual([]);
    expect((await olga.touch(NEW, question)).location).toBe('/partners/dora');
    expect(await kept()).toMatchObject([{ method: 'bank', last4: '3000', givenBy: 'company' }]);
    const statements = await api.db.anyFirst(sql.type(z.object({ statement: z.string() }))`
      select statement from signature join audit_log on detail ->> 'signature' = signature.id::text
      where action = 'instrument.add'`);
    expect(statements).toEqual([expect.stringMatching(/^bursar add details partner\/dora content /)]);
    const second = await olga.sign(NEW, { method: 'paypal', receiver: 'dora@x.test', place: 'last' });
    expect(second.location).toBe('/partners/dora');
    expect(await kept()).toHaveLength(2);
  });

  it('when somebody else changed the details since the question then nothing is kept', async () => {
    const question = await olga.post(NEW, { method: 'paypal', receiver: 'other@x.test', place: 'first' });
    await olga.sign(NEW, { method: 'paypal', receiver: 'third@x.test', place: 'last' });
    expect((await olga.touch(NEW, question)).status).toBe(409);
    expect(await kept()).toHaveLength(3);
  });
});

describe('given a preparer', () => {
  it('then there is nothing for them at the forms', async () => {
    const petra = await openVisitor(api, 'petra', ['preparer']);
    expect((await petra.open('/partners')).text).not.toContain('/new-partner');
    for (const path of [
      '/new-partner',
      '/partners/ann/parent',
      '/partners/ann/onboarding',
      '/partners/ann/new-details',
    ])
      expect((await petra.post(path)).status, path).toBe(404);
  });
});
