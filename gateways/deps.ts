/** The clock and the network that gateways use. Tests pass their own. */
export type Deps = { now: () => Date; fetch: typeof fetch };
