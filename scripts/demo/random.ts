/** Pseudorandom numbers; the same seed gives the same numbers (mulberry32, Tommy Ettinger, public domain). */
export type Random = {
  /** An integer from 0 to one below the limit. */
  below: (limit: number) => number;
  pick: <T>(from: readonly [T, ...T[]]) => T;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return { below, pick: (from) => from[below(from.length)] ?? from[0] };
}
