/** The address of a thing on our own site. */
export const at = (path: string, id: string): string => `${path}/${encodeURIComponent(id)}`;

/** The pages of the console that notices link to. */
export const PAGES = {
  run: (id: string) => at('/runs', id),
  payout: (id: string) => at('/payouts', id),
  task: (id: string) => at('/tasks', id),
  alarms: '/alarms',
  failures: '/failures',
  breaks: '/reconciliation',
  program: (code: string) => at('/programs', code),
} as const;
