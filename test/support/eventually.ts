/** What takes long is asked for less often: the asking is work as well, and others wait for the machine. */
const ASK_AGAIN_MS = { first: 20, most: 100, growth: 1.25 };
/** A bound for a machine that is busy with others, not an expectation. */
const GIVE_UP_MS = 120_000;

/** Repeats until a condition holds. It waits for the condition and never for a fixed time. A failure shows the last value. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false | null>): Promise<T> {
  const end = Date.now() + GIVE_UP_MS;
  for (let waitMs = ASK_AGAIN_MS.first; ; waitMs = Math.min(waitMs * ASK_AGAIN_MS.growth, ASK_AGAIN_MS.most)) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`it never came about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
