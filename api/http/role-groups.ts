/** Roles that often may do the same. */
export const STAFF = ['preparer', 'approver', 'operator', 'auditor'] as const;
export const EVERYBODY = [...STAFF, 'partner'] as const;
export const OPERATOR = ['operator'] as const;
export const PREPARER = ['preparer'] as const;
export const APPROVER = ['approver'] as const;
export const PARTNER = ['partner'] as const;
export const DOERS = ['operator', 'preparer', 'approver'] as const;
export const ACCESS_READERS = ['operator', 'auditor'] as const;
