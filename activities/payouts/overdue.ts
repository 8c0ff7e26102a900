import type { Attempt } from '../../db/payouts/attempts.ts';
import { isOverdue } from '../../domain/payouts/ending.ts';

/** Asks what became of a payment that has been in its state for too long. Null while it is not overdue. */
export function overdueQuestion({ gateway, state, word, stateAt, readAt }: Attempt): string | null {
  if (!isOverdue(state, readAt.getTime() - stateAt.getTime())) return null;
  return `This payment has been ${state} since ${stateAt.toISOString().slice(0, 10)}, and the last status from ${gateway} is ${word ?? 'none'}. Nothing was sent again. Ask ${gateway} what became of it. If its status stays, propose the outcome with evidence.`;
}
