import { z } from 'zod';

import { AttributeName, Line } from './fields.ts';
import { own } from './own.ts';

/**
 * A policy says who decides. Its rules are asked in their order over facts, and the first one that fits decides: at once, or by stages of
 * people. It knows nothing of its subject. The caller brings the facts and their kinds.
 */

/** A fact is text, a number, or an amount of money in the currency that the fact `currency` names. */
export type FactKind = 'text' | 'number' | 'money';

/** The kind of each fact that rules may ask for; undefined for a name that is not one. */
export type Vocabulary = (name: string) => FactKind | undefined;

/** The values of facts. Numbers are decimal strings. A fact without a value fits no condition. */
export type Facts = Readonly<Record<string, readonly string[]>>;

/** The roles whose people decide. */
export const APPROVER_ROLES = ['preparer', 'approver', 'operator'] as const;
export type ApproverRole = (typeof APPROVER_ROLES)[number];

const NUMBER_DIGITS = 6;
const DAYS_MAX = 365;
const RULES_MAX = 50;
const STAGES_MAX = 5;
const APPROVALS_MAX = 5;
const VALUES_MAX = 50;

const PlainNumber = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,6})?$/, 'is not a number of 0 or more with at most six decimals')
  .meta({ description: 'A decimal string of 0 or more', examples: ['1000.00'] });

const Range = z
  .strictObject({
    atLeast: PlainNumber.meta({ description: 'The smallest number that fits', examples: ['0'] }).optional(),
    atMost: PlainNumber.meta({ description: 'The largest number that fits', examples: ['1000.00'] }).optional(),
  })
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, 'names no bound')
  .meta({ id: 'PolicyRange', description: 'The numbers from one bound to another, both included' });
type Range = z.infer<typeof Range>;

const Values = z
  .array(z.string().min(1).max(200))
  .min(1)
  .max(VALUES_MAX)
  .meta({ description: 'The values of which the fact must have one', examples: [['gold', 'silver']] });

export const FactName = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$/,
    'is not the name of a fact such as amount or partner.tier',
  );

const Conditions = z.record(FactName, z.union([Values, Range])).meta({
  description: 'The conditions, all of which must hold, by the name of the fact',
  examples: [{ amount: { atMost: '1000.00' }, currency: ['USD'] }],
});
export type Conditions = z.infer<typeof Conditions>;

const Within = z
  .strictObject({
    days: z
      .int()
      .min(1)
      .max(DAYS_MAX)
      .meta({ description: 'The number of days', examples: [3] }),
    counted: z
      .enum(['calendar', 'business'])
      .meta({ description: 'Whether weekends and days on which banks are closed count', examples: ['business'] }),
  })
  .meta({
    id: 'PolicyTime',
    description: 'The time to answer. It ends with the last day, in the zone of the schedule',
  });
export type Within = z.infer<typeof Within>;

const Role = z
  .enum(APPROVER_ROLES)
  .meta({ description: 'The role of the people who may answer', examples: ['approver'] });

const Stage = z
  .strictObject({
    role: Role,
    approvals: z
      .int()
      .min(1)
      .max(APPROVALS_MAX)
      .meta({ description: 'How many different people must approve', examples: [1] }),
    within: Within,
    escalate: z
      .strictObject({ role: Role, within: Within })
      .meta({ id: 'PolicyEscalation', description: 'The role that may answer too once the time is over, and its time' })
      .optional(),
    atEnd: z.enum(['decline', 'expire']).meta({
      description: 'The end if nobody answers in time: it is declined, or it expires. Silence never approves',
      examples: ['expire'],
    }),
  })
  .superRefine(({ role, escalate }, context) => {
    if (escalate?.role === role)
      context.addIssue({
        code: 'custom',
        path: ['escalate', 'role'],
        message: `is ${role}, the role that did not answer`,
      });
  })
  .meta({
    id: 'PolicyStage',
    description: 'The people who must approve before the next stage begins. One refusal declines',
  });
export type Stage = z.infer<typeof Stage>;

const Automatic = z
  .union([
    z.literal('approve'),
    z.strictObject({
      decline: Line(500).meta({
        description: 'The reason, which the partner reads',
        examples: ['We do not sell there.'],
      }),
    }),
  ])
  .meta({ description: 'The decision that nobody has to make', examples: ['approve'] });

const RuleShape = z.strictObject({
  title: Line(100).meta({ description: 'The name of the rule for people', examples: ['Small deals'] }),
  when: Conditions.default({}),
  automatic: Automatic.optional(),
  stages: z.array(Stage).min(1).max(STAGES_MAX).meta({ description: 'The stages, one after the other' }).optional(),
  grants: z
    .record(AttributeName, z.int().min(1))
    .default({})
    .meta({
      description: 'The things that an approval grants, by name, such as `protectionDays`',
      examples: [{ protectionDays: 90 }],
    }),
});
export type Rule = z.infer<typeof RuleShape>;

const Rule = RuleShape.superRefine(({ automatic, stages }, context) => {
  if ((automatic === undefined) !== (stages === undefined)) return;
  const message =
    automatic === undefined ? 'is missing: say `automatic`, or who approves' : 'is not for an automatic rule';
  context.addIssue({ code: 'custom', path: ['stages'], message });
}).meta({ id: 'PolicyRule', description: 'A rule. The first one that fits decides' });

/** The demands of a subject on the rules of its policies, besides those on every policy. Each objection names the path within the rule. */
export type RuleCheck = (rule: Rule) => readonly { readonly path: readonly string[]; readonly reason: string }[];

/** A policy as it is sent, before its subject and its order are looked at. */
export const PolicyShape = z
  .strictObject({
    rules: z
      .array(Rule)
      .min(1)
      .max(RULES_MAX)
      .meta({ description: 'The rules in their order. The last one has no conditions' }),
  })
  .meta({ id: 'Policy', description: 'Ordered rules, the first of which decides where it fits' });

/** The schema of the policies of a subject. */
export const policyOf = (vocabulary: Vocabulary, check: RuleCheck) =>
  z.strictObject(PolicyShape.shape).superRefine(({ rules }, context) => {
    for (const [index, rule] of rules.entries())
      for (const { path, reason } of [...whyNotRule(rule, vocabulary), ...whyUnreached(rules, index), ...check(rule)])
        context.addIssue({ code: 'custom', path: ['rules', index, ...path], message: reason });
    if (Object.keys(rules.at(-1)?.when ?? {}).length > 0)
      context.addIssue({
        code: 'custom',
        path: ['rules'],
        message: 'has no final rule: the last rule must have no conditions, so that something always decides',
      });
  });

type Objection = { readonly path: readonly string[]; readonly reason: string };

const isValues = (condition: readonly string[] | Range): condition is readonly string[] => Array.isArray(condition);
/** A decimal string as a whole number of millionths, however large it is. */
function sized(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(NUMBER_DIGITS, '0'));
}

function whyNotRule({ when }: Rule, vocabulary: Vocabulary): Objection[] {
  return Object.entries(when).flatMap(([name, condition]): Objection[] => {
    const at = (reason: string): Objection[] => [{ path: ['when', name], reason }];
    const kind = vocabulary(name);
    if (kind === undefined) return at('is not a fact that a rule can ask for');
    if (isValues(condition)) return kind === 'text' ? [] : at('is a number: give atLeast or atMost');
    if (kind === 'text') return at('is text: give the values that fit');
    const { atLeast = '0', atMost } = condition;
    if (atMost !== undefined && sized(atLeast) > sized(atMost)) return at('fits no number: atLeast is above atMost');
    const currency = own(when, 'currency');
    if (kind === 'money' && !(currency && isValues(currency) && currency.length === 1))
      return at('bounds an amount of money: name the one `currency` too');
    return [];
  });
}

/** A rule is never reached where an earlier one fits whenever it does. */
function whyUnreached(rules: readonly Rule[], index: number): Objection[] {
  const rule = rules[index];
  const earlier = rules.slice(0, index).findIndex(({ when }) => rule && includes(when, rule.when));
  return earlier < 0
    ? []
    : [
        {
          path: [],
          reason: `is never reached: rule ${earlier + 1}, "${rules[earlier]?.title}", fits whenever this one does`,
        },
      ];
}

const includes = (wide: Conditions, narrow: Conditions): boolean =>
  Object.entries(wide).every(([name, condition]) => {
    const other = own(narrow, name);
    return other !== undefined && covers(condition, other);
  });

function covers(wide: readonly string[] | Range, narrow: readonly string[] | Range): boolean {
  if (isValues(wide) || isValues(narrow))
    return isValues(wide) && isValues(narrow) && narrow.every((value) => wide.includes(value));
  const isBelow = wide.atLeast === undefined || sized(wide.atLeast) <= sized(narrow.atLeast ?? '0');
  const isAbove =
    wide.atMost === undefined || (narrow.atMost !== undefined && sized(narrow.atMost) <= sized(wide.atMost));
  return isBelow && isAbove;
}

/**
 * The first rule that fits the facts, with its number from 1 on. A policy that was accepted always has one. `byPeople` passes over the rules
 * that decide without a person.
 */
export function ruleFor(
  { rules }: Policy,
  facts: Facts,
  { byPeople = false } = {},
): { readonly no: number; readonly rule: Rule } {
  const isMet = ([name, condition]: [string, readonly string[] | Range]): boolean =>
    (own(facts, name) ?? []).some((value) => fits(condition, value));
  const index = rules.findIndex(
    ({ when, stages }) => !(byPeople && stages === undefined) && Object.entries(when).every(isMet),
  );
  const rule = rules[index];
  if (!rule) throw new RangeError('the policy has no final rule');
  return { no: index + 1, rule };
}

function fits(condition: readonly string[] | Range, value: string): boolean {
  if (isValues(condition)) return condition.includes(value);
  const { atLeast = '0', atMost = value } = condition;
  return sized(atLeast) <= sized(value) && sized(value) <= sized(atMost);
}

/** A rule and a policy as they are kept. They were accepted before, and are not asked again whether they are good. */
export const StoredRule = RuleShape;
export const Policy = z.strictObject({ rules: z.array(StoredRule) });
export type Policy = z.infer<typeof Policy>;
