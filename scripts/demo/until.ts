import { setTimeout as sleep } from 'node:timers/promises';

type Patience = {
  /** What is waited for, to end the sentence "after … minutes". */
  what: string;
  withinMs: number;
  everyMs?: number;
};

const ASK_AGAIN_MS = 400;

/** Asks until the answer is the one wanted; throws what was waited for, and the last answer, when it takes too long. */
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
      throw new Error(`Still waiting for ${what} after ${withinMs / 60_000} minutes. The last answer: ${say(answer)}`);
    await sleep(everyMs);
  }
}

const ANSWER_SHOWN = 400;

const say = (answer: unknown): string => (JSON.stringify(answer) ?? 'none').slice(0, ANSWER_SHOWN);
