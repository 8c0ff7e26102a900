import type { PartnerKind } from '../../domain/partners/kind.ts';
import type { ContactOutcome } from '../../domain/partners/contact-change.ts';
import type { Stage } from '../../domain/partners/onboarding.ts';
import type { ResolutionOutcome, ResolutionStatus } from '../../domain/payouts/resolution.ts';
import type { Outcome } from '../../domain/payouts/outcome.ts';
import type { GrantStatus, InvitationState } from '../../domain/people/grant.ts';
import type { LossStatus } from '../../domain/people/loss.ts';
import type { PolicySubject } from '../../domain/programs/policies.ts';
import type { Role } from '../../domain/people/role.ts';
import type { PayoutFlag } from '../../domain/runs/flag.ts';
import type { RunStatus } from '../../domain/runs/run.ts';
import type { DeliveryStatus } from '../../domain/runs/webhook.ts';
import type { Frequency } from '../../domain/payers/schedule.ts';
import type { AttemptState } from '../../domain/payouts/attempt.ts';
import type { PayoutStatus } from '../../domain/payouts/payout.ts';
import type { GatewayName, Method } from '../../domain/rails.ts';

/** The words of the pages for the states, reasons and kinds of the domain. Each is a record, so a new member needs its words. */

export type Tone = 'plain' | 'good' | 'watch' | 'alert';

export const RUN_STATUS: Record<RunStatus, { label: string; tone: Tone }> = {
  preparing: { label: 'being prepared', tone: 'plain' },
  review: { label: 'waits for approval', tone: 'watch' },
  approved: { label: 'approved', tone: 'good' },
  disbursing: { label: 'being paid', tone: 'good' },
  paused: { label: 'paused', tone: 'alert' },
  disbursed: { label: 'paid out', tone: 'plain' },
  rejected: { label: 'rejected', tone: 'alert' },
  expired: { label: 'expired', tone: 'alert' },
  cancelled: { label: 'cancelled', tone: 'plain' },
};

/** Sent is not settled: two words and two tones. */
export const PAYOUT_STATUS: Record<PayoutStatus, { label: string; tone: Tone }> = {
  draft: { label: 'in a run', tone: 'plain' },
  approved: { label: 'approved', tone: 'plain' },
  executing: { label: 'being sent', tone: 'watch' },
  sent: { label: 'sent', tone: 'watch' },
  settled: { label: 'settled', tone: 'good' },
  failed: { label: 'failed', tone: 'alert' },
  returned: { label: 'returned', tone: 'alert' },
  cancelled: { label: 'taken out', tone: 'plain' },
};

export const ATTEMPT_STATE: Record<AttemptState, string> = {
  prepared: 'prepared',
  submitted: 'asked the provider',
  unknown: 'outcome not known',
  needs_person: 'needs a person at the provider',
  accepted: 'accepted',
  on_hold: 'held by the provider',
  unclaimed: 'not claimed yet',
  sent: 'sent',
  stale: 'not cashed for a long time',
  settled: 'settled',
  returned: 'returned',
  failed: 'failed',
};

export const GATEWAY: Record<GatewayName, string> = {
  wise: 'Wise',
  paypal: 'PayPal',
  lob: 'Lob',
  'printed-check': 'printed checks',
};

export const METHOD: Record<Method, string> = { bank: 'Bank', paypal: 'PayPal', check: 'Check' };

export const FLAG: Record<PayoutFlag, { label: string; tone: Tone; about: string }> = {
  first_payment: { label: 'first payout', tone: 'watch', about: 'paid for the first time' },
  changed_details: { label: 'new account', tone: 'alert', about: 'go to another account than last time' },
  changed_contact: {
    label: 'e-mail address changed before',
    tone: 'alert',
    about: 'go to details that came soon after the e-mail address of the partner changed',
  },
  shared_account: {
    label: 'same account as another',
    tone: 'alert',
    about: 'share their account with another partner',
  },
};

export const OUTCOME: Record<Outcome, string> = {
  paid: 'is paid',
  nothing_due: 'Nothing is due to them.',
  partner_merged: 'They were merged into another partner.',
  negative_balance: 'They owe more than they earned.',
  partner_on_hold: 'Somebody put them on hold.',
  no_instrument: 'They gave no payout details.',
  instrument_failed: 'Their payout details failed.',
  instrument_cooling_off: 'Their new payout details still wait.',
  instrument_not_confirmed: 'Nobody called the partner back about their new payout details.',
  method_not_offered: 'The payer does not offer their method.',
  below_minimum: 'The amount is below the smallest payout.',
  excluded: 'Finance took the payout out of the run.',
  changed_after_approval: 'The payout changed after its approval.',
  held_after_approval: 'Finance held the payout after its approval.',
  cut_after_approval: 'Finance cut the payout after its approval.',
};

export const KIND: Record<PartnerKind, string> = {
  reseller: 'Reseller',
  distributor: 'Distributor',
  affiliate: 'Affiliate',
  agent: 'Agent',
  dealer: 'Dealer',
  installer: 'Installer',
  supplier: 'Supplier',
  marketplace_seller: 'Marketplace seller',
};

export const STAGE: Record<Stage, string> = {
  invited: 'Invited',
  accepted_terms: 'Terms accepted',
  method: 'Payout details',
  tax_form: 'Tax form',
  trained: 'Trained',
  active: 'Active',
};

export const ROLE: Record<Role, string> = {
  preparer: 'Preparer',
  approver: 'Approver',
  operator: 'Operator',
  partner: 'Partner',
  auditor: 'Auditor',
};

export const FREQUENCY: Record<Frequency, string> = {
  daily: 'every day',
  weekly: 'every week',
  biweekly: 'every second week',
  semimonthly: 'twice a month',
  monthly: 'every month',
  quarterly: 'every quarter',
};

export const POLICY_SUBJECT: Record<PolicySubject, string> = { deal: 'Deals', request: 'Requests', claim: 'Claims' };

/** From 1 for Monday on. */
export const WEEKDAY = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export const GRANT_STATUS: Record<GrantStatus, { label: string; tone: Tone }> = {
  proposed: { label: 'waits for a second person', tone: 'watch' },
  confirmed: { label: 'given', tone: 'good' },
  refused: { label: 'refused', tone: 'plain' },
  revoked: { label: 'taken away', tone: 'plain' },
};

export const LOSS_STATUS: Record<LossStatus, { label: string; tone: Tone }> = {
  proposed: { label: 'waits for a second person', tone: 'watch' },
  confirmed: { label: 'new link sent', tone: 'good' },
  refused: { label: 'refused', tone: 'plain' },
};

export const INVITATION: Record<InvitationState, { label: string; tone: Tone }> = {
  open: { label: 'open', tone: 'watch' },
  used: { label: 'used', tone: 'good' },
  expired: { label: 'expired', tone: 'alert' },
  replaced: { label: 'replaced', tone: 'plain' },
};

/** The outcomes that people state for a payment, or for a part that came back. */
export const RESOLUTION: Record<ResolutionOutcome, { label: string; effect: string }> = {
  paid: { label: 'It was paid', effect: 'the payout is settled, and the amount has left our balance' },
  not_paid: { label: 'It was not paid', effect: 'the payout failed, and the next run pays its lines' },
  returned: {
    label: 'All of it came back',
    effect: 'the payout is returned, the partner is owed it again, and what is missing is our cost',
  },
  credit_partner: { label: 'The partner gets the part again', effect: 'the next run pays the part to the partner' },
  keep: { label: 'We keep the part', effect: 'the part is ours, and the partner is owed nothing for it' },
};

export const RESOLUTION_STATUS: Record<ResolutionStatus, { label: string; tone: Tone }> = {
  proposed: { label: 'waits for a second person', tone: 'watch' },
  confirmed: { label: 'confirmed', tone: 'good' },
  refused: { label: 'refused', tone: 'alert' },
  applied: { label: 'in the books', tone: 'good' },
  overtaken: { label: 'the provider answered first', tone: 'plain' },
};

export const WEBHOOK_STATE: Record<'active' | 'paused', { label: string; tone: Tone }> = {
  active: { label: 'active', tone: 'good' },
  paused: { label: 'paused', tone: 'alert' },
};

export const DELIVERY: Record<DeliveryStatus, { label: string; tone: Tone }> = {
  pending: { label: 'waiting', tone: 'watch' },
  delivered: { label: 'delivered', tone: 'good' },
  dead: { label: 'given up', tone: 'alert' },
};

export const CONTACT_OUTCOME: Record<ContactOutcome, { label: string; tone: Tone }> = {
  confirmed: { label: 'confirmed', tone: 'good' },
  cancelled: { label: 'cancelled', tone: 'plain' },
  stopped: { label: 'stopped by the address before', tone: 'alert' },
  replaced: { label: 'replaced by a later change', tone: 'plain' },
  expired: { label: 'not confirmed in time', tone: 'plain' },
};
