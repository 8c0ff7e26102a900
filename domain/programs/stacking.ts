import { z } from 'zod';

import { type IncentiveTerms, levelOf, mindsLate } from './incentives/index.ts';
import { IncentiveId } from './incentives/shape.ts';
import { covers, paysAtLeast } from './overlap.ts';

const GROUPS_MAX = 10;
const GROUP_MAX = 20;

/** Incentives by only one of which an event earns. */
export const OnlyOneOf = z.strictObject({
  incentives: z
    .array(IncentiveId)
    .min(2, 'is not at least two incentives')
    .max(GROUP_MAX)
    .meta({ description: 'The ids of the incentives', examples: [['launch', 'standard']] }),
  choose: z.enum(['best', 'first']).meta({
    description:
      '`best`: the one that earns most for the partner, where each pays every event by itself; `first`: the one that comes first in the plan',
    examples: ['best'],
  }),
});
export type OnlyOneOf = z.infer<typeof OnlyOneOf>;

export const Groups = z.array(OnlyOneOf).min(1).max(GROUPS_MAX).meta({
  description: 'Groups of incentives by only one of which an event earns. An incentive is in one group at most',
});

type Plan = { readonly incentives: readonly IncentiveTerms[]; readonly onlyOneOf?: readonly OnlyOneOf[] | undefined };
type Issue = { readonly path: (string | number)[]; readonly message: string };

/** Whether an event may earn by one incentive of a plan instead of another one. */
export const chooses = ({ incentives, onlyOneOf }: Plan): boolean =>
  onlyOneOf !== undefined || incentives.some(({ excludes }) => excludes !== undefined);

/** Everything that is wrong with what a plan says about incentives that do not add up. */
export const stackingIssues = (plan: Plan): Issue[] => {
  const issues = [...excludesIssues(plan), ...groupIssues(plan)];
  return issues.length > 0 ? issues : [...cycleIssues(plan), ...neverIssues(plan)];
};

const find = ({ incentives }: Plan, id: string) => incentives.find((one) => one.id === id);

function excludesIssues(plan: Plan): Issue[] {
  return plan.incentives.flatMap((terms, index) => {
    const ids = terms.excludes ?? [];
    const path = ['incentives', index, 'excludes'];
    const reason = ids.length > 0 ? whyNotChoosing(terms) : undefined;
    if (reason) return [{ path, message: reason }];
    return ids.flatMap((id, place) => {
      const group = plan.onlyOneOf?.find(({ incentives }) => incentives.includes(id));
      const rest = group?.incentives.find((other) => !ids.includes(other));
      const message = !find(plan, id)
        ? `${id} is not an incentive of this plan`
        : id === terms.id
          ? 'is the incentive itself'
          : ids.indexOf(id) < place
            ? `${id} is named twice`
            : levelOf(find(plan, id) ?? terms) !== levelOf(terms)
              ? `${id} pays another partner`
              : rest === undefined
                ? undefined
                : `${id} is one of a group with ${rest}: name all of the group, or none`;
      return message === undefined ? [] : [{ path: [...path, place], message }];
    });
  });
}

function groupIssues(plan: Plan): Issue[] {
  const groups = plan.onlyOneOf ?? [];
  const named = groups.flatMap(({ incentives }) => incentives);
  return groups.flatMap(({ incentives, choose }, index) => {
    const [head, ...others] = incentives.map((id) => find(plan, id));
    const issues = incentives.flatMap((id, place): Issue[] => {
      const terms = find(plan, id);
      const message = !terms
        ? `${id} is not an incentive of this plan`
        : named.filter((other) => other === id).length > 1
          ? `${id} is named twice`
          : levelOf(terms) !== (head ? levelOf(head) : 0)
            ? `${id} pays another partner`
            : (whyNotChoosing(terms) ?? (choose === 'best' ? whyNotCompared(terms) : undefined));
      return message === undefined ? [] : [{ path: ['onlyOneOf', index, 'incentives', place], message }];
    });
    const isMixed = choose === 'best' && others.some((other) => other?.unit !== head?.unit);
    return isMixed && issues.length === 0
      ? [{ path: ['onlyOneOf', index, 'choose'], message: 'is best, which compares incentives with the same unit' }]
      : issues;
  });
}

/** An incentive that an event cannot choose: whether the event earns by it depends on other events. */
function whyNotChoosing(terms: IncentiveTerms): string | undefined {
  const { id, first, deduct } = terms;
  if (mindsLate(terms))
    return `${id} does not count late events in their window, so its closing would change the choice`;
  if (first) return `${id} pays the first events of a customer, and a late event changes which those are`;
  return deduct ? `${id} is a deduction, which earns nothing by itself` : undefined;
}

const whyNotCompared = ({ id, window }: IncentiveTerms): string | undefined =>
  window === 'event' ? undefined : `${id} counts events together, so that none has an amount of its own to compare`;

function cycleIssues({ incentives }: Plan): Issue[] {
  const excludes = new Map(incentives.map(({ id, excludes: ids = [] }) => [id, ids]));
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (excludes.get(from) ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
  const index = incentives.findIndex(({ id }) => reaches(id, id, new Set()));
  return index < 0
    ? []
    : [
        {
          path: ['incentives', index, 'excludes'],
          message: 'comes back to the incentive itself, so neither would earn',
        },
      ];
}

/** Incentives that never earn, because every event that they are for earns by another one, which may pay at least as much. */
function neverIssues({ incentives, onlyOneOf = [] }: Plan): Issue[] {
  const areChosen = (how: OnlyOneOf['choose'], one: IncentiveTerms, other: IncentiveTerms): boolean =>
    onlyOneOf.some(({ incentives: ids, choose }) => choose === how && ids.includes(one.id) && ids.includes(other.id));
  const isExcluded = ({ id }: IncentiveTerms): boolean =>
    incentives.some(({ excludes }) => excludes?.includes(id)) ||
    onlyOneOf.some(({ incentives: ids }) => ids.includes(id));
  return incentives.flatMap((terms, index) => {
    const path = ['incentives', index, 'id'];
    const others = incentives.filter((other) => other.id !== terms.id && covers(other, terms));
    const winner = others.find(
      (other) =>
        takesAll(other) &&
        ((other.excludes?.includes(terms.id) && !isExcluded(other)) ||
          (incentives.indexOf(other) < index && areChosen('first', other, terms))),
    );
    if (winner) return [{ path, message: `never earns: every event that it is for earns by ${winner.id}` }];
    const better = others.find(
      (other) =>
        areChosen('best', other, terms) &&
        paysAtLeast(other, terms) &&
        (!paysAtLeast(terms, other) || incentives.indexOf(other) < index),
    );
    return better
      ? [{ path, message: `is never the best: ${better.id} pays at least as much for each of its events` }]
      : [];
  });
}

/** Whether every event that an incentive is for counts by it. */
const takesAll = ({ groupBy, pay }: IncentiveTerms): boolean => groupBy === undefined && pay.rule !== 'steps';
