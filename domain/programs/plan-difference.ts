import type { PlanTerms } from './plan.ts';

/** The differences between two versions of a plan as sentences, one for each term that differs. */
export function sayPlanDifference(before: PlanTerms, after: PlanTerms): string[] {
  const [were, are] = [incentivesOf(before), incentivesOf(after)];
  return [
    ...sayChanges('', { ...before, incentives: null }, { ...after, incentives: null }),
    ...[...are.keys()].filter((id) => !were.has(id)).map((id) => `The incentive ${id} is new.`),
    ...[...were.keys()].filter((id) => !are.has(id)).map((id) => `The incentive ${id} is gone.`),
    ...[...are].flatMap(([id, terms]) => (were.has(id) ? sayChanges(`${id}: `, were.get(id), terms) : [])),
    ...sayOrder([...were.keys()], [...are.keys()]),
  ];
}

const incentivesOf = ({ incentives }: PlanTerms) => new Map(incentives.map((terms) => [terms.id, terms]));

function sayOrder(were: readonly string[], are: readonly string[]): string[] {
  const kept = are.filter((id) => were.includes(id));
  const isSame = were.filter((id) => are.includes(id)).every((id, place) => kept[place] === id);
  return isSame ? [] : [`The incentives come in another order: ${are.join(', ')}.`];
}

/** One sentence for each value that differs, with the way to it. */
function sayChanges(about: string, before: unknown, after: unknown): string[] {
  const [were, are] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...were.keys(), ...are.keys()])].flatMap((path) => {
    const [was, is] = [were.get(path), are.get(path)];
    if (was === is) return [];
    if (was === undefined) return [`${about}${path} is ${is}, and was not there.`];
    return [
      is === undefined ? `${about}${path} was ${was}, and is gone.` : `${about}${path} is ${is}, and was ${was}.`,
    ];
  });
}

function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null)
    return new Map(value === null ? [] : [[path, typeof value === 'string' ? value : JSON.stringify(value)]]);
  if (Array.isArray(value) && value.every((member) => typeof member !== 'object'))
    return new Map([[path, value.join(', ')]]);
  const members = Array.isArray(value)
    ? value.map((member, index) => [`${path}[${index + 1}]`, member] as const)
    : Object.entries(value).map(([name, member]) => [path === '' ? name : `${path}.${name}`, member] as const);
  return new Map(members.flatMap(([name, member]) => [...leavesOf(member, name)]));
}
