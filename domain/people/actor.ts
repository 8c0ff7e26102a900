import type { FailureCode } from '../errors.ts';
import type { Role } from './role.ts';

/** A system is a program of the company that works with keys of the API. It never becomes a person, and a person never a system. */
export const ACTOR_KINDS = ['person', 'system'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Whether an actor may ever hold a role. Approvers are people. */
export const mayHold = (kind: ActorKind, role: Role): boolean => kind === 'person' || role !== 'approver';

/** The refusal of a decision that a system would take, alone or as one of two people: two keys of programs are not two people. */
export const DECIDED_BY_SYSTEM: { readonly code: FailureCode; readonly message: string } = {
  code: 'decider_is_system',
  message: 'This key belongs to a system, and only people decide. Nothing was recorded. Ask a person to decide it.',
};
