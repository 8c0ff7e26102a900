import { DAY_MS } from '../durations.ts';
import type { Role } from '../people/role.ts';

/**
 * Work that only a person can do. An alarm says that something is odd. A task waits for a decision, and has a deadline where the
 * outside world sets one.
 */
export const TASK_KINDS = [
  /** Neither a look-up nor a repeat can tell any longer whether a provider paid. People say so, with evidence. */
  'outcome_unknown',
  /** The provider needs one of our people, for strong customer authentication or to fund a transfer by hand. */
  'provider_approval',
  /** A part of a payment came back. People say whose money it is. */
  'partial_return',
  /** A check was presented that does not match what we filed with the bank, and the bank asks whether to pay it. */
  'check_exception',
  /** A stop payment lapses soon, and nothing proves that the check is worthless. */
  'check_stop_expiring',
  /** Nobody cashed a check. A person stops it, or looks for its payee. */
  'check_stale',
  /** The post returned a check. A person stops it before anybody pays again. */
  'check_returned_mail',
  /** Checks of a run are printed, and nobody has put them into the mail. */
  'checks_to_mail',
  /** A person proposed a correction of what partners are owed. Another person confirms or refuses it. */
  'correction_proposed',
  /** A policy asks people of a role to decide about a deal, a request or a claim. */
  'decision_waiting',
  /** A person proposed to turn points of a partner into money. Another person confirms or refuses it. */
  'conversion_proposed',
  /** A person proposed to work out past days again, and the preview is ready. Another person confirms or declines it. */
  're_rating_proposed',
  /** An operator wrote a policy that pays without a person. An approver confirms it. */
  'policy_proposed',
  /** An operator proposed a role for a person. Another operator confirms or refuses it. */
  'role_proposed',
  /** An operator reported that a person lost their passkey. Another operator confirms or refuses a new link. */
  'passkey_lost',
  /** Events of a source came again with other content. A person accepts or dismisses each. */
  'events_quarantined',
  /** A partner asks about a line. A person answers, asks back, proposes a correction, or closes it with a reason. */
  'partner_question',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** The work of each kind of task in words, for the console and for mail. */
export const TASK: Record<TaskKind, string> = {
  outcome_unknown: 'Find out whether a payment was made',
  provider_approval: "Approve or fund a payment at the provider's site",
  partial_return: 'Say whose money came back',
  check_exception: 'Tell the bank whether to pay a check',
  check_stop_expiring: 'Renew the stop of a check',
  check_stale: 'Decide about a check that nobody cashed',
  check_returned_mail: 'Decide about a check that came back by mail',
  checks_to_mail: 'Mail the printed checks',
  correction_proposed: 'Confirm or refuse a correction',
  decision_waiting: 'Decide a deal, a request or a claim',
  conversion_proposed: 'Confirm or refuse a conversion of points',
  re_rating_proposed: 'Confirm or decline a re-rating',
  policy_proposed: 'Confirm a policy',
  role_proposed: 'Confirm or refuse a role',
  passkey_lost: 'Confirm or refuse a new link for a lost passkey',
  events_quarantined: 'Accept or dismiss events that came again changed',
  partner_question: 'Answer a question of a partner',
};

/**
 * How long a task may stay open, in milliseconds. Null where nothing ends on its own. Wise cancels a transfer that nobody funds within two
 * weeks, and partners wait for checks that nobody mails and for proposals that nobody decides. For other kinds of task, the code that
 * opens the task knows its deadline, if there is one.
 */
export const OPEN_FOR_MS: Record<TaskKind, number | null> = {
  outcome_unknown: null,
  provider_approval: 14 * DAY_MS,
  partial_return: null,
  check_exception: null,
  check_stop_expiring: null,
  check_stale: null,
  check_returned_mail: null,
  checks_to_mail: 4 * DAY_MS,
  correction_proposed: 7 * DAY_MS,
  decision_waiting: null,
  conversion_proposed: 7 * DAY_MS,
  re_rating_proposed: 7 * DAY_MS,
  policy_proposed: 7 * DAY_MS,
  role_proposed: 7 * DAY_MS,
  passkey_lost: 7 * DAY_MS,
  events_quarantined: 7 * DAY_MS,
  partner_question: null,
};

/** The roles that can do something about a task. A task may name one of them in its evidence; the others then only read it. */
export const TASK_ROLES: Record<TaskKind, readonly Role[]> = {
  outcome_unknown: ['operator', 'approver'],
  provider_approval: ['operator'],
  partial_return: ['operator', 'approver'],
  check_exception: ['operator', 'approver'],
  check_stop_expiring: ['operator'],
  check_stale: ['operator'],
  check_returned_mail: ['operator'],
  checks_to_mail: ['operator', 'preparer'],
  correction_proposed: ['approver'],
  decision_waiting: ['preparer', 'approver', 'operator'],
  conversion_proposed: ['approver'],
  re_rating_proposed: ['approver'],
  policy_proposed: ['approver'],
  role_proposed: ['operator'],
  passkey_lost: ['operator'],
  events_quarantined: ['operator'],
  partner_question: ['preparer', 'approver', 'operator'],
};

/** The time before its deadline from which an open task causes a reminder once a day. */
export const REMIND_BEFORE_MS = 3 * DAY_MS;
