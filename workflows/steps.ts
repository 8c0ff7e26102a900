import type { Step } from '../activities/payouts/steps.ts';

const STEPS_KEPT = 20;

/**
 * The last steps with those that were just taken, newest last. Steps that only repeat the newest ones replace them, so that weeks of
 * polls with the same reply do not push out what happened before. Histories that are older than the steps have none.
 */
export function addSteps(kept: readonly Step[], taken: readonly Step[] | undefined = []): readonly Step[] {
  const before = kept.slice(0, Math.max(kept.length - taken.length, 0));
  const newest = kept.slice(before.length);
  const isRepeated = newest.length === taken.length && taken.every(({ what }, index) => what === newest[index]?.what);
  return [...(isRepeated ? before : kept), ...taken].slice(-STEPS_KEPT);
}

/** The text that Temporal's page shows to operators, in Markdown: where it stands, the steps with their times, and the next look. */
export function storyOf(headline: string, steps: readonly Step[], nextLookAt: Date | null): string {
  const lines = steps.map(({ at, what }) => `- ${timeOf(at)} ${what}`);
  if (nextLookAt) lines.push(`- next look ${timeOf(nextLookAt.toISOString())}`);
  return lines.length === 0 ? headline : `${headline}\n\nSteps, with times in UTC:\n\n${lines.join('\n')}`;
}

/** `2026-11-27T12:00:01.123Z` is shown as `2026-11-27 12:00:01`. */
const timeOf = (at: string): string => at.slice(0, 19).replace('T', ' ');
