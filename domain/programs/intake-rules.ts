/**
 * The treatment of an event that comes again with other content and names no revision. It waits in quarantine for a person, or it becomes
 * the next revision of the event.
 */
export const CHANGED_EVENTS = ['quarantine', 'correct'] as const;

/** The treatment of an event whose partner is not known. It is refused, or it is parked until the partner is added. */
export const UNKNOWN_PARTNERS = ['refuse', 'park'] as const;

/** The most hours for which nobody is told of a waiting refund: a week. */
export const REFUND_WAIT_HOURS_MAX = 168;

/** The rules by which a program takes in events. */
export type IntakeRules = {
  readonly changedEvents: (typeof CHANGED_EVENTS)[number];
  readonly unknownPartners: (typeof UNKNOWN_PARTNERS)[number];
  /** How many hours a refund waits for its sale before operators are told. 0 tells of it at the next look, within a minute. */
  readonly refundWaitHours: number;
  /** Whether the main amount of an event may have four digits more than its currency, such as 0.004 USD. */
  readonly exactAmounts: boolean;
};
