/** The addresses of the pages about programs. Codes may have a colon. */

export const programPath = (code: string): string => `/programs/${encodeURIComponent(code)}`;
export const planPath = (code: string, plan: string): string =>
  `${programPath(code)}/plans/${encodeURIComponent(plan)}`;
