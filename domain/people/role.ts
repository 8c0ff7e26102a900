/** Each key has one role. `api/http/permissions.ts` says what each role may do. */
export const ROLES = ['preparer', 'approver', 'operator', 'partner', 'auditor'] as const;
export type Role = (typeof ROLES)[number];
