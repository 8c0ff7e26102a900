import type { Role } from '../people/role.ts';

/** Each notice goes to one partner, to the people who prepare and approve payments, to those who run the system, or to one person. */
export const AUDIENCES = ['partner', 'finance', 'operators', 'person'] as const;
export type Audience = (typeof AUDIENCES)[number];

/** `news` may be turned off. `act` asks its readers to do something, and `security` protects an account: nobody turns these off. */
export type Weight = 'news' | 'act' | 'security';

/** Every kind of notice: who reads it, and how much it weighs. */
export const NOTICES = {
  payout_sent: { audiences: ['partner'], weight: 'news' },
  payout_settled: { audiences: ['partner'], weight: 'news' },
  payout_failed: { audiences: ['partner'], weight: 'act' },
  payout_returned: { audiences: ['partner'], weight: 'act' },
  payout_unclaimed: { audiences: ['partner'], weight: 'act' },
  payout_held: { audiences: ['partner'], weight: 'act' },
  payout_partly_returned: { audiences: ['partner'], weight: 'act' },
  details_changed: { audiences: ['partner'], weight: 'security' },
  email_changed: { audiences: ['partner'], weight: 'security' },
  contact_asked: { audiences: ['partner'], weight: 'security' },
  access_changed: { audiences: ['partner'], weight: 'security' },
  deal_changed: { audiences: ['partner'], weight: 'news' },
  request_changed: { audiences: ['partner'], weight: 'news' },
  claim_changed: { audiences: ['partner'], weight: 'news' },
  question_changed: { audiences: ['partner'], weight: 'act' },
  balance_corrected: { audiences: ['partner'], weight: 'news' },
  points_expiring: { audiences: ['partner'], weight: 'news' },
  points_expired: { audiences: ['partner'], weight: 'news' },
  rung_changed: { audiences: ['partner'], weight: 'news' },
  run_in_review: { audiences: ['finance'], weight: 'act' },
  approvals_void: { audiences: ['finance'], weight: 'act' },
  payout_cut: { audiences: ['finance'], weight: 'news' },
  payouts_held: { audiences: ['finance'], weight: 'act' },
  run_decided: { audiences: ['finance'], weight: 'news' },
  task_opened: { audiences: ['finance', 'operators'], weight: 'act' },
  task_due: { audiences: ['finance', 'operators'], weight: 'act' },
  checks_to_mail: { audiences: ['finance'], weight: 'act' },
  incidents_digest: { audiences: ['finance', 'operators'], weight: 'act' },
  incidents_now: { audiences: ['finance', 'operators'], weight: 'act' },
  budget_used: { audiences: ['finance'], weight: 'news' },
  role_given: { audiences: ['finance'], weight: 'security' },
  alarm_raised: { audiences: ['operators'], weight: 'act' },
  key_claim: { audiences: ['person'], weight: 'security' },
  contact_confirmation: { audiences: ['person'], weight: 'security' },
  contact_warning: { audiences: ['person'], weight: 'security' },
  sign_in_changed: { audiences: ['person'], weight: 'security' },
} as const satisfies Record<string, { audiences: readonly Audience[]; weight: Weight }>;

export type NoticeKind = keyof typeof NOTICES;
export const NOTICE_KINDS = Object.keys(NOTICES) as NoticeKind[];

export const isNoticeKind = (kind: string): kind is NoticeKind => Object.hasOwn(NOTICES, kind);

/** Whether a reader may turn the mail about this kind off, or gather it in a digest. */
export const isOptional = (kind: NoticeKind): boolean => NOTICES[kind].weight === 'news';

/** How a person wants the mail about a kind: at once, in the digest of the day, or not at all. */
export const WAYS = ['now', 'daily', 'off'] as const;
export type Way = (typeof WAYS)[number];

/** The roles whose people read the notices of each shared audience. */
export const READERS = {
  finance: ['preparer', 'approver'],
  operators: ['operator'],
} as const satisfies Partial<Record<Audience, readonly Role[]>>;

/** The shared audiences that a person belongs to. An auditor reads everything, and is sent nothing. */
export const audiencesOf = (roles: readonly Role[]): (keyof typeof READERS)[] =>
  (['finance', 'operators'] as const).filter(
    (audience) => roles.includes('auditor') || READERS[audience].some((role) => roles.includes(role)),
  );

/** The kinds that an audience is told. */
export const kindsFor = (audience: Audience): NoticeKind[] =>
  NOTICE_KINDS.filter((kind) => (NOTICES[kind].audiences as readonly Audience[]).includes(audience));
