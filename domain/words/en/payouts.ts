/** The sentences about payouts that partners read: why they are not paid, and why a payout waits. */
export const PAYOUTS_EN = {
  'pay.paid': 'Nothing prevents this payment.',
  'pay.nothing_due.held': 'All earnings are still held for refunds. The next hold ends on {until}.',
  'pay.nothing_due.reserved': 'All earnings are already in a payout. {waiting}',
  'pay.nothing_due': 'There are no unpaid earnings.',
  'pay.partner_merged': 'This account was merged into another one, which gets the balance. It is paid there.',
  'pay.negative_balance':
    'Refunds and deductions took back more than was earned. The next earnings make up the balance of {payable}.',
  'pay.partner_on_hold': 'We have put payment on hold: {detail}.',
  'pay.partner_on_hold.ask': 'ask us why',
  'pay.no_instrument':
    'We do not know where to pay {currency}. Add a bank account, a PayPal account or a postal address.',
  'pay.instrument_failed':
    'The last payment to these details failed. {detail} We do not pay to them again until they are corrected.',
  'pay.instrument_failed.check': 'Please check them.',
  'pay.instrument_cooling_off':
    'The payment details were changed. To protect their owner, we do not pay to them before {until}.',
  'pay.instrument_not_confirmed':
    'The payment details were changed. To protect their owner, one of our people calls back first. We do not pay to them before.',
  'pay.method_not_offered': 'Payment by {method} is not offered here. Choose another method.',
  'pay.method_not_offered.any': 'Payment by this method is not offered here. Choose another method.',
  'pay.below_minimum':
    '{payable} is less than the smallest payout of {minimum}. We keep it and pay it with the next earnings.',
  'pay.excluded': 'The payout was taken out of the run. The next run considers it again.',
  'pay.changed_after_approval':
    'Your balance or your payment details changed before we paid. The next run considers it again.',
  'pay.cut_after_approval': 'The payout was taken out of the run before we paid. The next run considers it again.',
  'pay.held_after_approval': 'We put payment on hold before we paid. The next run after the hold considers it again.',
  'pay.last':
    'The agreements in all programs of this schedule have ended. We pay the last {payable}, although the smallest payout is {minimum}.',
  'wait.preparation': 'It is being prepared.',
  'wait.release': 'We hold it since {day}. Nothing was sent. Ask us why.',
  'wait.approval': 'It waits for approval since {day}. Nothing was sent.',
  'wait.pay_date': 'It is approved and waits for its pay date, {payOn}. Nothing was sent.',
  'wait.its_turn': 'It is approved and will be sent next. Nothing was sent yet.',
  'wait.run_resume': 'Its run is paused since {day}. Nothing was sent.',
  'wait.gateway_resume': 'Payments through its provider are paused since {day}. Nothing was sent.',
  'wait.provider': 'The provider was asked on {day} and has not sent the money yet.',
  'wait.look_up':
    'The provider was asked on {day}, and we do not know yet whether it paid. We look it up and pay nothing twice.',
  'wait.provider_approval': 'It waits since {day} for one of our people to approve it at the provider.',
  'wait.mailing': 'The check was made on {day} and is not in the mail yet.',
  'wait.claim': 'The money waits since {day} for you to accept it.',
  'wait.provider_hold': 'The provider holds the money since {day}.',
  'wait.final_word': 'The money was sent on {day}. It is final when it can no longer come back.',
  'wait.cashing': 'The check was mailed on {day} and waits to be cashed.',
  'event.sale': 'They take back sales that we do not know yet.',
  'event.rate': 'We do not know the exchange rate of their day yet.',
  'event.ladder': 'Your rung on their day is not decided yet.',
  'event.eligibility': 'You were not eligible on their day. We decide about them, unless what is missing is recorded.',
  'method.bank': 'bank transfer',
  'method.paypal': 'PayPal',
  'method.check': 'check',
} as const;
