import { setTimeout as sleep } from 'node:timers/promises';

import { MINUTE_MS } from '../../domain/durations.ts';

type Patience = {
  /** The condition, for the sentence "Still waiting for …". */
  what: string;
  withinMs: number;
  everyMs?: number;
};

const ASK_AGAIN_MS = 400;

/** Asks until the answer is the wanted one. If that takes too long, throws the condition and the last answer. */
export async function until<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  { what, withinMs, everyMs = ASK_AGAIN_MS }: Patience,
): Promise<T> {
  const givesUpAt = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > givesUpAt)
      throw new Error(
        `Still waiting for ${what} after ${withinMs / MINUTE_MS} minutes. The last answer: ${say(answer)}`,
      );
    await sleep(everyMs);
  }
}

const ANSWER_SHOWN = 400;

const say = (answer: unknown): string => (JSON.stringify(answer) ?? 'none').slice(0, ANSWER_SHOWN);
