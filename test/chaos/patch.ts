/** A small change of a text: what is there once, and what shall be there instead. */
export type Patch = { from: string; to: string };

/** Throws unless what shall be replaced is there exactly once: a change that changed nothing would prove nothing. */
export function patchOnce(text: string, { from, to }: Patch): string {
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`"${from}" is there ${times} times, not once. Nothing was changed.`);
  return text.replace(from, () => to);
}
