/** A small change of a text: the part to replace, which occurs once, and its replacement. */
export type Patch = { from: string; to: string };

/** Throws unless the part to replace occurs exactly once. A patch that changes nothing would prove nothing. */
export function patchOnce(text: string, { from, to }: Patch): string {
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`"${from}" is there ${times} times, not once. Nothing was changed.`);
  return text.replace(from, () => to);
}
