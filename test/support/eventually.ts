const ASK_AGAIN_MS = 25;
const GIVE_UP_MS = 45_000;

/** Asks until the answer is there; fails with what was seen last. What is waited for is the condition, never a time. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false | null>): Promise<T> {
  const end = Date.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`it never came about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
