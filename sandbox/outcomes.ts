/** The outcome of payouts that are created from now on and whose name, receiver, reference or amount matches. */
export type OutcomeRule = { match: string; outcome: string; afterMs?: number };

export type Outcomes = ReturnType<typeof createOutcomes>;

/** The active rules. The newest wins. A rule applies when a payout is created, so the payout keeps its outcome after a restart. */
export function createOutcomes(names: readonly string[]) {
  let rules: OutcomeRule[] = [];
  return {
    names,
    add: (rule: OutcomeRule) => void rules.unshift(rule),
    clear: () => void (rules = []),
    list: () => rules as readonly OutcomeRule[],
    /** A text matches if it contains the rule's text. An amount matches only if it is equal. */
    find: (texts: readonly string[], amount: string): OutcomeRule | undefined =>
      rules.find(({ match }) => amount === match || texts.some((text) => text.includes(match))),
  };
}
