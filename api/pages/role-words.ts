import { type Limited, limitsInWords } from '../../domain/people/reach.ts';
import type { Role } from '../../domain/people/role.ts';
import { ROLE } from './words.ts';

/** A role with the partner whose data it shows, or with its limits, such as `Approver for the payer acme`. */
export const roleOf = (held: Limited & { role: Role; partner?: string | null }): string =>
  [ROLE[held.role], held.partner, limitsInWords(held)].filter(Boolean).join(' ');
