import type { FailureDetail } from '../errors.ts';
import type { Role } from './role.ts';

/** A role may be limited to programs, or to payers. A payer stands for its schedules, its programs, its runs and its payouts. */
export const LIMITS = ['programs', 'payers'] as const;
export type Limit = (typeof LIMITS)[number];

/**
 * The limits that each role may have. Preparers, approvers and operators work on programs or for payers. An auditor looks at the whole
 * company, and a partner's role is limited by its partner.
 */
export const LIMITS_OF: Record<Role, readonly Limit[]> = {
  preparer: LIMITS,
  approver: LIMITS,
  operator: LIMITS,
  partner: [],
  auditor: [],
};

/** The codes of the programs or payers that a role is limited to. Without any, the role reaches everything. */
export type Limited = Readonly<Record<Limit, readonly string[]>>;
export const EVERYTHING: Limited = { programs: [], payers: [] };

/** The programs and payers that the roles of a person reach together, by the ids of rows. Null is everything. */
export type Reach = Readonly<Record<Limit, readonly number[]>> | null;

/** The reach of several roles together. */
export const joinReaches = (reaches: readonly Reach[]): Reach => {
  const limited = reaches.filter((reach) => reach !== null);
  if (limited.length < reaches.length) return null;
  return { programs: limited.flatMap(({ programs }) => programs), payers: limited.flatMap(({ payers }) => payers) };
};

/** How many programs or payers a role names at most. */
export const LIMITED_MAX = 100;

/** The reason why a role cannot have these limits, with the field that is wrong, or undefined. */
export function whyNotLimits(role: Role, limited: Limited): FailureDetail | undefined {
  const named = LIMITS.filter((limit) => limited[limit].length > 0);
  const wrong = named.find((limit) => !LIMITS_OF[role].includes(limit));
  if (wrong) return { field: wrong, reason: `is not possible for the role ${role}` };
  return named.length > 1 ? { field: 'payers', reason: 'is not possible together with programs' } : undefined;
}

const NAMES: Record<Limit, readonly [one: string, many: string]> = {
  programs: ['program', 'programs'],
  payers: ['payer', 'payers'],
};

/** The limits in words, such as `for the programs a and b`. Undefined for a role that reaches everything. */
export function limitsInWords(limited: Limited): string | undefined {
  const limit = LIMITS.find((one) => limited[one].length > 0);
  if (!limit) return undefined;
  const codes = limited[limit];
  const [one, many] = NAMES[limit];
  return codes.length === 1
    ? `for the ${one} ${codes[0]}`
    : `for the ${many} ${codes.slice(0, -1).join(', ')} and ${codes.at(-1)}`;
}

/** A role with its limits, such as `approver for the payer acme`. */
export const roleInWords = (held: Limited & { readonly role: Role }): string =>
  [held.role, limitsInWords(held)].filter(Boolean).join(' ');
