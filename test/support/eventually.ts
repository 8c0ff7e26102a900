/** The interval grows while a condition takes long, because each question costs time on a machine that others wait for. */
const ASK_AGAIN_MS = { first: 20, most: 100, growth: 1.25 };
/** A bound for a machine that is busy with others, not an expectation. */
const GIVE_UP_MS = 120_000;

/** Repeats until a condition holds. It waits for the condition and never for a fixed time. A failure shows the last value. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false | null>): Promise<T> {
  const end = Date.now() + GIVE_UP_MS;
  for (let waitMs = ASK_AGAIN_MS.first; ; waitMs = Math.min(waitMs * ASK_AGAIN_MS.growth, ASK_AGAIN_MS.most)) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Gave up waiting until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
