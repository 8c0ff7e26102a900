import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FIRST_POLICY } from '../../api/pages/finance/programs/new-policy.ts';
import { listLog } from '../../db/people/audit-log.ts';
import { listPolicyVersions } from '../../db/programs/policies.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { POLICY_OF, POLICY_SUBJECTS, type PolicySubject } from '../../domain/programs/policies.ts';
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

const pathOf = (subject: PolicySubject) => `/settings/policies/shop/${subject}`;
const textOf = (policy: unknown): string => JSON.stringify(policy, null, 2);
const versions = async (subject: PolicySubject) =>
  listPolicyVersions(api.db, (await getProgram(api.db, 'shop')).id, subject, 0, 10);
const [all] = FIRST_POLICY.claim.rules;
const small = {
  title: 'Small',
  when: { amount: { atMost: '20.00' }, currency: ['USD'], 'partner.segment': ['smb'] },
  automatic: 'approve',
};

describe('given an operator who writes a policy', () => {
  it.each(POLICY_SUBJECTS)(
    'when there is none for a %s then the form begins with one that is accepted',
    async (subject) => {
      expect(POLICY_OF[subject].safeParse(FIRST_POLICY[subject]).success).toBe(true);
      expect((await olga.open(pathOf(subject))).text).toContain(`href="${pathOf(subject)}/new"`);
      expect((await olga.open(`${pathOf(subject)}/new`)).text).toContain('&quot;rules&quot;: [');
    },
  );

  it.each([
    { policy: '', says: 'Policy, as JSON is missing.' },
    { policy: '{\n  "rules": [\n}', says: 'JSON cannot be read: Unexpected token' },
    {
      policy: textOf({ rules: [{ ...all, stages: all?.stages?.slice(1) }] }),
      says: 'Line 7: rules[0].stages need 2 different people',
    },
    {
      policy: textOf({ rules: [{ ...all, when: { colour: ['red'] } }] }),
      says: 'Line 6: rules[0].when.colour is not a fact',
    },
    { policy: '{ "rules": [] }', says: 'Line 1: rules is empty' },
    { effectiveFrom: 'soon', says: 'Counts from is not a date' },
    { effectiveFrom: '2020-01-01', says: 'Counts from is in the past' },
    {
      policy: textOf({ rules: [small, all] }),
      says: 'Line 12: rules[0].when.partner.segment segment is not a declared key',
    },
  ])('when the form says $policy $effectiveFrom then it comes back with: $says', async ({ says, ...typed }) => {
    const form = { policy: textOf(FIRST_POLICY.claim), effectiveFrom: '', ...typed };
    const first = await olga.post(`${pathOf('claim')}/new`, form);
    const answer = first.text.includes('data-options') ? await olga.touch(`${pathOf('claim')}/new`, first) : first;
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(says);
    expect(await versions('claim')).toEqual([]);
  });

  it('when they sign it then it is in force, and one that pays without a person waits for an approver', async () => {
    const path = `${pathOf('claim')}/new`;
    const question = await olga.post(path, { policy: textOf(FIRST_POLICY.claim), effectiveFrom: '' });
    expect(question.text).toContain('It decides the claims of Shop,');
    expect(question.text).toContain('1 person with the role Approver must approve');
    expect(await versions('claim')).toEqual([]);
    expect((await olga.touch(path, question)).location).toBe(pathOf('claim'));
    const [entry] = await listLog(api.db, { action: 'policy.add_version' }, null, 1);
    expect(entry).toMatchObject({
      actor: 'olga',
      detail: { policy: 'claim', version: 1, signature: expect.any(String) },
    });

    await api.ask('PUT', '/v1/fact-keys/segment', { body: { description: 'The segment' } });
    const alone = { policy: textOf({ rules: [small, all] }), effectiveFrom: '' };
    expect((await olga.post(path, alone)).text).toContain('nothing before an approver has confirmed it');
    await olga.sign(path, alone);
    expect((await versions('claim')).map(({ needsConfirmation }) => needsConfirmation)).toEqual([false, true]);
    expect((await olga.open(path)).text).toContain('&quot;automatic&quot;: &quot;approve&quot;');
  });

  it('when an approver asks for the form then there is nothing for them', async () => {
    const anna = await openVisitor(api, 'anna', ['approver']);
    expect((await anna.open(pathOf('deal'))).text).not.toContain('/new"');
    expect((await anna.post(`${pathOf('deal')}/new`, { policy: textOf(FIRST_POLICY.deal) })).status).toBe(404);
    expect((await olga.open('/settings/policies/shop/weather/new')).status).toBe(404);
  });
});
