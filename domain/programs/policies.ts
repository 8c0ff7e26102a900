import type { FactKind, Policy, Rule, RuleCheck, Vocabulary } from '../policy.ts';
import { policyOf } from '../policy.ts';
import { own } from '../own.ts';

/** The things about which a program's policies decide. */
export const POLICY_SUBJECTS = ['deal', 'request', 'claim'] as const;
export type PolicySubject = (typeof POLICY_SUBJECTS)[number];

/** The facts about every subject. Those that people record about partners follow as `partner.tier`. */
const COMMON: Readonly<Record<string, FactKind>> = {
  /** The question: see `ASKS`. */
  ask: 'text',
  currency: 'text',
  amount: 'money',
  partnerKind: 'text',
  partnerCountry: 'text',
  /** How many days the partner has been known. */
  partnerDays: 'number',
};

const OWN_FACTS: Readonly<Record<PolicySubject, Readonly<Record<string, FactKind>>>> = {
  deal: {
    customerCountry: 'text',
    productLine: 'text',
    /** The days until the expected close. */
    closeDays: 'number',
    /** The days by which an extension is later than the protection so far. */
    extensionDays: 'number',
    /** How often the protection was extended before. */
    extensions: 'number',
  },
  request: {},
  claim: {
    /** `yes` where the claim is against a fund. */
    hasFund: 'text',
  },
};

/** The questions that each subject asks of its policy. */
export const ASKS = {
  deal: ['registration', 'extension'],
  request: ['special_price', 'special_incentive', 'development_funds'],
  claim: ['claim'],
} as const satisfies Record<PolicySubject, readonly string[]>;
export type Ask = (typeof ASKS)[PolicySubject][number];

const PARTNER_FACT = 'partner.';

/** The key of a fact that people record about partners, such as `tier` of `partner.tier`. */
export const partnerKeyOf = (name: string): string | undefined =>
  name.startsWith(PARTNER_FACT) ? name.slice(PARTNER_FACT.length) : undefined;

export const partnerFactName = (key: string): string => `${PARTNER_FACT}${key}`;

const vocabularyOf =
  (subject: PolicySubject): Vocabulary =>
  (name) =>
    partnerKeyOf(name) === undefined ? (own(COMMON, name) ?? own(OWN_FACTS[subject], name)) : 'text';

export const PROTECTION_DAYS_MAX = 730;
const DECIDERS_MIN = 2;

type Objections = ReturnType<RuleCheck>;

const mayApprove = ({ automatic }: Rule): boolean => automatic === undefined || automatic === 'approve';

const boundsAmount = ({ when }: Rule): boolean => {
  const amount = own(when, 'amount');
  return amount !== undefined && 'atMost' in amount && amount.atMost !== undefined;
};

function whyNotAsk({ when }: Rule, asks: readonly string[]): Objections {
  const ask = own(when, 'ask');
  const unknown = ask && Array.isArray(ask) ? ask.filter((value) => !asks.includes(value)) : [];
  return unknown.length > 0
    ? [{ path: ['when', 'ask'], reason: `${unknown.join(', ')} is not asked here: ${asks.join(', ')}` }]
    : [];
}

function whyNotGrants({ grants }: Rule, known: readonly string[]): Objections {
  return Object.keys(grants)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: ['grants', name], reason: 'is nothing that this policy can grant' }));
}

/** An approved registration protects the deal, so each rule that may approve one says for how long. */
function checkDeal(rule: Rule): Objections {
  const { protectionDays } = rule.grants;
  const ask = own(rule.when, 'ask');
  const isAboutExtensions = Array.isArray(ask) && ask.every((value) => value === 'extension');
  const reason =
    protectionDays === undefined
      ? 'is missing: an approved deal is protected for so many days'
      : `is more than ${PROTECTION_DAYS_MAX}`;
  const isWrong =
    protectionDays === undefined ? mayApprove(rule) && !isAboutExtensions : protectionDays > PROTECTION_DAYS_MAX;
  return [
    ...whyNotGrants(rule, ['protectionDays']),
    ...(isWrong ? [{ path: ['grants', 'protectionDays'], reason }] : []),
  ];
}

/** A fund is a promise of money, so nobody gives an unlimited one without a person. */
function checkRequest(rule: Rule): Objections {
  const ask = own(rule.when, 'ask');
  const isAboutFunds = !Array.isArray(ask) || ask.includes('development_funds');
  const isWrong = rule.automatic === 'approve' && isAboutFunds && !boundsAmount(rule);
  const reason = 'approves funds without a person: bound `amount` with atMost, or name other asks';
  return [...whyNotGrants(rule, []), ...(isWrong ? [{ path: ['automatic'], reason }] : [])];
}

/** A granted claim is money. Two people approve it, or the policy names the limit within which nobody does. */
function checkClaim(rule: Rule): Objections {
  const people = (rule.stages ?? []).reduce((sum, { approvals }) => sum + approvals, 0);
  return [
    ...whyNotGrants(rule, []),
    ...(rule.automatic === 'approve' && !boundsAmount(rule)
      ? [{ path: ['automatic'], reason: 'pays without a person: bound `amount` with atMost' }]
      : []),
    ...(rule.stages && people < DECIDERS_MIN
      ? [{ path: ['stages'], reason: `need ${DECIDERS_MIN} different people in all, because a granted claim is money` }]
      : []),
  ];
}

const CHECKS: Readonly<Record<PolicySubject, RuleCheck>> = {
  deal: checkDeal,
  request: checkRequest,
  claim: checkClaim,
};

const schemaOf = (subject: PolicySubject) =>
  policyOf(vocabularyOf(subject), (rule) => [...whyNotAsk(rule, ASKS[subject]), ...CHECKS[subject](rule)]).superRefine(
    (policy, context) => {
      if (paysAlone(subject, policy) && policy.rules.at(-1)?.stages === undefined)
        context.addIssue({
          code: 'custom',
          path: ['rules'],
          message:
            'need people in the final rule: they decide claims within the limit that those behind it may not pay',
        });
    },
  );

/** The schema of each subject's policies. The parsed output holds every default, so a version never changes its meaning. */
export const POLICY_OF: Readonly<Record<PolicySubject, ReturnType<typeof schemaOf>>> = {
  deal: schemaOf('deal'),
  request: schemaOf('request'),
  claim: schemaOf('claim'),
};

/** Whether a policy pays claims without a person. A second person confirms such a version before it decides. */
export const paysAlone = (subject: PolicySubject, { rules }: Policy): boolean =>
  subject === 'claim' && rules.some(({ automatic }) => automatic === 'approve');

/** The keys of facts about partners that a policy asks for, each with the place where it does. */
export const partnerKeysIn = ({ rules }: Policy): { readonly key: string; readonly field: string }[] =>
  rules.flatMap(({ when }, index) =>
    Object.keys(when).flatMap((name) => {
      const key = partnerKeyOf(name);
      return key === undefined ? [] : [{ key, field: `policy.rules[${index}].when.${name}` }];
    }),
  );
