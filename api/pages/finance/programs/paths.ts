import type { Program } from '../../../../db/programs/programs.ts';
import { html, type Html } from '../../html.ts';

/** The addresses of the pages about programs. Codes may have a colon. */

export const programPath = (code: string): string => `/programs/${encodeURIComponent(code)}`;
export const planPath = (code: string, plan: string): string =>
  `${programPath(code)}/plans/${encodeURIComponent(plan)}`;
export const budgetPath = (code: string, budget: string): string =>
  `${programPath(code)}/budgets/${encodeURIComponent(budget)}`;
export const unitPath = (code: string, unit: string): string =>
  `${programPath(code)}/units/${encodeURIComponent(unit)}`;

/** The way back from a page about a part of a program. */
export const inProgram = ({ code, name }: Program): Html =>
  html`<p><a href="/programs">Programs</a> / <a href="${programPath(code)}">${name}</a></p>`;
