import { describe, expect, it } from 'vitest';

import { type Facts, policyOf, ruleFor, type Vocabulary } from '../../domain/policy.ts';
import { POLICY_OF } from '../../domain/programs/policies.ts';

const KINDS: Record<string, 'text' | 'number' | 'money'> = {
  currency: 'text',
  amount: 'money',
  tier: 'text',
  age: 'number',
};
const vocabulary: Vocabulary = (name) => KINDS[name];
const schema = policyOf(vocabulary, () => []);

const STAGE = { role: 'approver', approvals: 1, within: { days: 3, counted: 'business' }, atEnd: 'expire' };
const rest = { title: 'the rest', stages: [STAGE] };
const small = { title: 'small', when: { amount: { atMost: '1000.00' }, currency: ['USD'] }, automatic: 'approve' };
const large = { title: 'large', when: { amount: { atLeast: '1000.01' }, currency: ['USD'] }, stages: [STAGE] };

const wrongIn = (rules: unknown[]): string[] =>
  (schema.safeParse({ rules }).error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);

describe('given a policy of ordered rules', () => {
  const policy = schema.parse({
    rules: [small, { title: 'gold', when: { tier: ['gold'] }, automatic: 'approve' }, rest],
  });

  it.each([
    { facts: { amount: ['1000.00'], currency: ['USD'] }, no: 1, because: 'the bound is included' },
    { facts: { amount: ['1000.01'], currency: ['USD'] }, no: 3, because: 'it is above the bound' },
    { facts: { amount: ['5'], currency: ['EUR'] }, no: 3, because: 'it is another currency' },
    { facts: { amount: ['99999999999999999.99'], currency: ['USD'], tier: ['gold'] }, no: 2, because: 'the tier fits' },
    { facts: { amount: ['1'], currency: ['USD'], tier: ['gold'] }, no: 1, because: 'the first rule that fits decides' },
    { facts: { tier: ['silver', 'gold'] }, no: 2, because: 'one of the values fits' },
    { facts: {}, no: 3, because: 'a fact without a value fits no condition' },
    { facts: { colour: ['red'] }, no: 3, because: 'other facts do not matter' },
  ])('when $facts is asked then rule $no decides: $because', ({ facts, no }) => {
    expect(ruleFor(policy, facts as unknown as Facts).no).toBe(no);
  });

  it('when only people may decide then the rules without people are passed over', () => {
    expect(ruleFor(policy, { amount: ['1'], currency: ['USD'], tier: ['gold'] }, { byPeople: true }).no).toBe(3);
  });
});

describe('given a policy that cannot be right', () => {
  it.each([
    { rules: [small], wrong: 'rules has no final rule', because: 'a large amount is undecided' },
    { rules: [rest, small], wrong: 'rules.1 is never reached: rule 1, "the rest"', because: 'all fit before' },
    {
      rules: [
        small,
        { ...small, title: 'tiny', when: { amount: { atMost: '10' }, currency: ['USD'], tier: ['gold'] } },
        rest,
      ],
      wrong: 'rules.1 is never reached: rule 1, "small"',
      because: 'it is narrower than an earlier one',
    },
    { rules: [small, large, rest], wrong: undefined, because: 'nothing is hidden' },
    {
      rules: [{ ...small, when: { amount: { atMost: '1000' } } }, rest],
      wrong: 'rules.0.when.amount bounds an amount of money: name the one `currency` too',
      because: '1000 yen are not 1000 dollars',
    },
    {
      rules: [{ ...small, when: { age: { atLeast: '9', atMost: '8' } } }, rest],
      wrong: 'rules.0.when.age fits no number',
      because: 'nothing is between',
    },
    {
      rules: [{ ...small, when: { colour: ['red'] } }, rest],
      wrong: 'rules.0.when.colour is not a fact',
      because: 'nobody says it',
    },
    {
      rules: [{ ...small, when: { tier: { atMost: '1' } } }, rest],
      wrong: 'rules.0.when.tier is text',
      because: 'text has no size',
    },
    {
      rules: [{ ...small, when: { age: ['9'] } }, rest],
      wrong: 'rules.0.when.age is a number',
      because: 'numbers have bounds',
    },
    { rules: [{ title: 'nobody' }], wrong: 'rules.0.stages is missing', because: 'nobody decides' },
    {
      rules: [{ ...rest, automatic: 'approve' }],
      wrong: 'rules.0.stages is not for an automatic rule',
      because: 'two decide',
    },
    {
      rules: [{ ...rest, stages: [{ ...STAGE, atEnd: undefined }] }],
      wrong: 'rules.0.stages.0.atEnd',
      because: 'a stage without an end waits for ever',
    },
    {
      rules: [{ ...rest, stages: [{ ...STAGE, atEnd: 'approve' }] }],
      wrong: 'rules.0.stages.0.atEnd',
      because: 'silence never approves',
    },
    {
      rules: [{ ...rest, stages: [{ ...STAGE, escalate: { role: 'approver', within: STAGE.within } }] }],
      wrong: 'rules.0.stages.0.escalate.role is approver',
      because: 'they did not answer before',
    },
    {
      rules: [{ ...rest, stages: [{ ...STAGE, role: 'partner' }] }],
      wrong: 'rules.0.stages.0.role',
      because: 'partners never decide',
    },
  ])('then $wrong is said, because $because', ({ rules, wrong }) => {
    const found = wrongIn(rules);
    if (wrong === undefined) expect(found).toEqual([]);
    else
      expect(
        found.filter((text) => text.startsWith(wrong)),
        found.join('\n'),
      ).toHaveLength(1);
  });
});

describe('given what a program decides about', () => {
  const reasonsOf = (subject: keyof typeof POLICY_OF, rules: unknown[]): string[] =>
    (POLICY_OF[subject].safeParse({ rules }).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')} ${message}`,
    );

  it.each([
    {
      subject: 'deal',
      rules: [rest],
      wrong: ['rules.0.grants.protectionDays is missing: an approved deal is protected for so many days'],
    },
    { subject: 'deal', rules: [{ ...rest, grants: { protectionDays: 90 } }], wrong: [] },
    { subject: 'deal', rules: [{ title: 'never', automatic: { decline: 'no' } }], wrong: [] },
    {
      subject: 'deal',
      rules: [{ ...rest, grants: { protectionDays: 90, money: 5 } }],
      wrong: ['rules.0.grants.money is nothing that this policy can grant'],
    },
    {
      subject: 'claim',
      rules: [rest],
      wrong: ['rules.0.stages need 2 different people in all, because a granted claim is money'],
    },
    { subject: 'claim', rules: [{ ...rest, stages: [STAGE, { ...STAGE, role: 'operator' }] }], wrong: [] },
    {
      subject: 'claim',
      rules: [{ title: 'all', automatic: 'approve' }],
      wrong: [
        'rules.0.automatic pays without a person: bound `amount` with atMost',
        'rules need people in the final rule: they decide claims within the limit that those behind it may not pay',
      ],
    },
    {
      subject: 'claim',
      rules: [small, { title: 'never', automatic: { decline: 'no' } }],
      wrong: [
        'rules need people in the final rule: they decide claims within the limit that those behind it may not pay',
      ],
    },
    {
      subject: 'request',
      rules: [{ title: 'all', automatic: 'approve' }],
      wrong: ['rules.0.automatic approves funds without a person: bound `amount` with atMost, or name other asks'],
    },
    {
      subject: 'request',
      rules: [{ ...rest, when: { ask: ['claim'] } }, rest],
      wrong: ['rules.0.when.ask claim is not asked here: special_price, special_incentive, development_funds'],
    },
  ] as const)('when its policy for a $subject is read then $wrong is said', ({ subject, rules, wrong }) => {
    expect(reasonsOf(subject, [...rules])).toEqual(wrong);
  });
});
