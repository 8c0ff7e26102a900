import type { TaskKind } from '../../../../domain/tasks/task.ts';

/** A person reads this before they decide: what did not happen, and what ends the task. The task itself says what happened. */
export const GUIDE: Record<TaskKind, { not: string; fix: string }> = {
  outcome_unknown: {
    not: 'Nothing more was sent: not under another key, not to another account, and not by another gateway. The lines stay reserved. Nobody told the partner that they are paid.',
    fix: 'Look the payment up at the provider by its reference or our key. If it is there, do nothing: the next look-up finds it. If the provider cannot tell, one person proposes what happened, with the evidence, and another one confirms it.',
  },
  partial_return: {
    not: 'The part was given to nobody. It waits in suspense.',
    fix: 'Ask the provider whether more will come. Then one person proposes who owns the part, and another one confirms it.',
  },
  provider_approval: {
    not: 'The provider did not pay yet. Bursar asked it once, and does not ask again.',
    fix: 'Approve or fund the payment at the provider. The next look-up closes this task. A provider cancels what nobody approves by the deadline.',
  },
  check_exception: {
    not: 'The bank paid nothing. At the deadline it returns the check by itself.',
    fix: 'Compare the check with the register below. Have it returned if anything differs, or if in doubt.',
  },
  check_stop_expiring: {
    not: 'The bank still refuses the check. When the stop lapses, it asks us before it pays.',
    fix: 'Renew the stop, unless the check was found and destroyed.',
  },
  check_stale: {
    not: 'Nobody cashed the check, and nobody else was paid for it. Its age does not prove a loss.',
    fix: 'Write to the payee, or stop the check. Once the bank confirms the stop, the lines are free for another payment.',
  },
  check_returned_mail: {
    not: 'The payee does not have the check, and was not paid in another way.',
    fix: 'Correct the address, and stop the check. Keep the paper until the bank confirms the stop: somebody may have copied it.',
  },
  checks_to_mail: {
    not: 'Nobody mailed these checks, and their partners were told nothing. The run waits for them.',
    fix: 'Print the file on check stock, mail the checks, then record the numbers and the day. The task stays open for those that you leave out.',
  },
  correction_proposed: {
    not: 'The correction counts for nothing before another person confirms it.',
    fix: 'Read the correction, then confirm or refuse it.',
  },
  decision_waiting: {
    not: 'Nothing was approved, and the partner was promised nothing.',
    fix: 'Read what the partner asks for, then approve or decline it.',
  },
  conversion_proposed: {
    not: 'The points are reserved, and no money is owed for them yet.',
    fix: 'Read the conversion, then confirm or refuse it.',
  },
  re_rating_proposed: {
    not: 'The days were worked out again, and nothing was booked.',
    fix: 'Read what would change, then confirm or decline it.',
  },
  policy_proposed: {
    not: 'The policy decides nothing yet. The version before it counts.',
    fix: 'Read the policy. An approver confirms it, or an operator adds another version.',
  },
  role_proposed: {
    not: 'The person does not have the role yet.',
    fix: 'Another operator confirms or refuses the role.',
  },
  passkey_lost: {
    not: 'The passkeys of the person still work, and no new link was sent.',
    fix: 'Speak to the person. Then another operator confirms or refuses.',
  },
  partner_question: {
    not: 'The partner has no answer yet, and no amount was changed.',
    fix: 'Read the question, then answer it, ask back, propose a correction, or close it with a reason.',
  },
  events_quarantined: {
    not: 'The changed content counts for nothing. The first content counts until somebody decides.',
    fix: 'Compare both contents of each event, then accept or dismiss the new one.',
  },
};
