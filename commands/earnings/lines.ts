import type { Database } from '../../db/database.ts';
import { distinctShards, type Shard } from '../../domain/earnings/shard.ts';
import type { FailureDetail } from '../../domain/errors.ts';
import type { WireEvent } from '../../domain/event.ts';
import { intakeEvents } from './intake.ts';
import type { Accepted } from './judge.ts';
import { gatherWarnings, type LineWarning, type Warnings } from './warnings.ts';

/** A line as its event, or as the reasons why it is none. */
export type SentLine = { readonly line: number } & (
  | { readonly wire: WireEvent }
  | { readonly problems: readonly FailureDetail[] }
);

export type LineProblem = FailureDetail & { readonly line: number };

export type LinesTaken = {
  readonly counts: Record<Accepted | 'refused', number>;
  /** The first problems of refused lines. */
  readonly problems: readonly LineProblem[];
  readonly warnings: Warnings<LineWarning>;
};

const PER_PAGE = 1000;
/** An answer lists this many problems. The lines are all counted. */
export const PROBLEMS_MAX = 100;

type Options = { by: string; nowMs: () => number; wake: (shards: readonly Shard[]) => Promise<void> };

/**
 * Takes in events line by line, a page in each transaction. A line that cannot be taken in is refused alone, and the others count. Sending
 * the same lines again changes nothing.
 */
export async function intakeLines(
  db: Database,
  lines: AsyncIterable<SentLine>,
  { by, nowMs, wake }: Options,
): Promise<LinesTaken> {
  const counts = { accepted: 0, replayed: 0, superseded: 0, quarantined: 0, parked: 0, refused: 0 };
  const problems: LineProblem[] = [];
  const warnings = gatherWarnings();
  const refuse = (line: number, reasons: readonly FailureDetail[]) => {
    counts.refused += 1;
    for (const reason of reasons) if (problems.length < PROBLEMS_MAX) problems.push({ line, ...reason });
  };
  for await (const page of inPages(lines)) {
    const sent = page.flatMap((one) => ('wire' in one ? [one] : []));
    for (const one of page) if ('problems' in one) refuse(one.line, one.problems);
    if (sent.length === 0) continue;
    const incoming = sent.map(({ wire }, unit) => ({ wire, unit }));
    const taken = await intakeEvents(db, incoming, { nowMs: nowMs(), strict: false, by });
    await wake(distinctShards(taken.shards));
    for (const [index, { line }] of sent.entries()) {
      const outcome = taken.outcomes[index];
      if (outcome?.status === 'refused')
        refuse(
          line,
          outcome.refusals.map(({ field, reason }) => ({ field, reason })),
        );
      else if (outcome) counts[outcome.status] += 1;
      const warning = taken.warnings[index];
      if (warning) warnings.add({ ...warning, line });
    }
  }
  return { counts, problems, warnings: await warnings.finish(db) };
}

/** The lines of a body, some at a time. */
export async function* inPages(lines: AsyncIterable<SentLine>, size = PER_PAGE): AsyncGenerator<SentLine[]> {
  let page: SentLine[] = [];
  for await (const line of lines) {
    page.push(line);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
