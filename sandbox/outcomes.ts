/** What shall become of payouts created from now on whose name, receiver, reference or amount matches. */
export type OutcomeRule = { match: string; outcome: string; afterMs?: number };

export type Outcomes = ReturnType<typeof createOutcomes>;

/** The rules in force; the newest wins. They choose at creation, so a payout keeps its fate over a restart. */
export function createOutcomes(words: readonly string[]) {
  let rules: OutcomeRule[] = [];
  return {
    words,
    add: (rule: OutcomeRule) => void rules.unshift(rule),
    clear: () => void (rules = []),
    list: () => rules as readonly OutcomeRule[],
    /** A text matches by containing the rule's, an amount only by being it. */
    find: (texts: readonly string[], amount: string): OutcomeRule | undefined =>
      rules.find(({ match }) => amount === match || texts.some((text) => text.includes(match))),
  };
}
