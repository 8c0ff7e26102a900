/** What gateways get from outside; tests give their own clock and fetch. */
export type Deps = { now: () => Date; fetch: typeof fetch };
