/** The advice to partners about a payout that failed, came back or waits, by the code of the provider. */
export const ADVICE_EN = {
  'advice.paypal.CLOSED_MARKET':
    'Your PayPal account cannot receive payments from abroad, so please give us your bank details instead.',
  'advice.paypal.CURRENCY_COMPLIANCE':
    'Your PayPal account is not allowed to hold this currency, so please give us your bank details instead.',
  'advice.paypal.CURRENCY_NOT_SUPPORTED_FOR_RECEIVER':
    'Your PayPal account does not accept this currency, so please add the currency at PayPal or give us your bank details.',
  'advice.paypal.INVALID_EMAIL': 'This e-mail address does not exist, so please correct it.',
  'advice.paypal.PENDING_RECIPIENT_NON_HOLDING_CURRENCY_PAYMENT_PREFERENCE':
    'Your PayPal account asks you before it accepts this currency, so please log in to PayPal and accept the payment.',
  'advice.paypal.RECEIVER_ACCOUNT_INVALID':
    'PayPal has no account that can receive this payment, so please check the e-mail address you gave us.',
  'advice.paypal.RECEIVER_ACCOUNT_LIMITATION':
    'Your PayPal account is limited, so please log in to PayPal and resolve the limitation.',
  'advice.paypal.RECEIVER_ACCOUNT_LOCKED':
    'Your PayPal account is locked, so please ask PayPal to unlock it or choose another way to be paid.',
  'advice.paypal.RECEIVER_COUNTRY_NOT_ALLOWED':
    'PayPal does not make payouts to your country, so please give us your bank details instead.',
  'advice.paypal.RECEIVER_REFUSED':
    'Your PayPal account refuses payments in this currency, so please change that setting or give us your bank details.',
  'advice.paypal.RECEIVER_STATE_RESTRICTED':
    'PayPal does not make payouts to your state, so please give us your bank details instead.',
  'advice.paypal.RECEIVER_UNCONFIRMED':
    'This e-mail address has not been confirmed at PayPal, so please log in to PayPal and confirm it.',
  'advice.paypal.RECEIVER_UNREGISTERED':
    'There is no PayPal account with this e-mail address, so please open one or give us the address of your account.',
  'advice.paypal.RECEIVER_YOUTH_ACCOUNT':
    'PayPal does not make payouts to youth accounts, so please give us the address of another account.',
  'advice.paypal.RECEIVING_LIMIT_EXCEEDED':
    'The amount is more than your PayPal account can receive at the moment, so please ask PayPal to raise the limit or give us your bank details.',
  'advice.paypal.SELF_PAY_NOT_ALLOWED':
    'This is the address of our own PayPal account, so please give us the address of yours.',
  'advice.paypal.UNVERIFIED_RECIPIENT_NOT_SUPPORTED':
    'Your PayPal account is not verified, so please log in to PayPal and verify it.',
  'advice.paypal.INSUFFICIENT_FUNDS':
    'Our PayPal balance was too low: we will top it up, and there is nothing you need to do.',
  'advice.paypal.NEGATIVE_BALANCE':
    'Our PayPal balance was below zero: we will top it up, and there is nothing you need to do.',
  'advice.paypal.NON_HOLDING_CURRENCY':
    'We have no PayPal balance in this currency: we will fix this, and there is nothing you need to do.',
  'advice.paypal.SENDER_ACCOUNT_LOCKED':
    'Our own PayPal account is locked: we will fix this, and there is nothing you need to do.',
  'advice.paypal.SPENDING_LIMIT_EXCEEDED':
    'We have reached our own limit at PayPal: we will have it raised, and there is nothing you need to do.',
  'advice.paypal.TRANSACTION_DECLINED_BY_TRAVEL_RULE':
    'PayPal needs more information about us before it pays: we will provide it, and there is nothing you need to do.',
  'advice.paypal.TRANSACTION_LIMIT_EXCEEDED':
    'The amount is more than PayPal lets us send at once: we will fix this, and there is nothing you need to do.',
  'advice.paypal.REGULATORY_BLOCKED':
    'PayPal is not allowed by law to make this payment, so please ask PayPal why or choose another way to be paid.',
  'advice.paypal.REGULATORY_PENDING':
    'PayPal is reviewing this payment as required by law, and the payment will continue automatically after the review.',
  'advice.paypal.RISK_DECLINE':
    'PayPal declined this payment because it considers it a risk, so please ask PayPal why or choose another way to be paid.',
  'advice.wise.ACCOUNT_CLOSED':
    'Your bank says that this account is closed, so please give us the details of another account.',
  'advice.wise.ACCOUNT_FROZEN':
    'Your bank has frozen this account, so please contact your bank or give us the details of another account.',
  'advice.wise.ACCOUNT_BLOCKED':
    'Your bank has blocked payments to this account, so please contact your bank or give us the details of another account.',
  'advice.wise.ACCOUNT_LIMIT_REACHED':
    'This account has reached its limit for incoming payments, so please contact your bank or give us the details of another account.',
  'advice.wise.WRONG_ACCOUNT_NUMBER': 'Your bank does not recognize this account number, so please correct it.',
  'advice.wise.WRONG_CARD_NUMBER': 'Your bank does not recognize this card number, so please correct it.',
  'advice.wise.WRONG_ACCOUNT_DETAILS':
    'The account details do not match each other, so please compare each of them with your bank statement.',
  'advice.wise.WRONG_ACCOUNT_TYPE':
    'The account is not of the type you gave us (for example, it is savings and not checking), so please correct the type.',
  'advice.wise.WRONG_BANK_CODE': 'There is no bank with this bank code, so please correct it.',
  'advice.wise.WRONG_BRANCH_CODE': 'Your bank has no branch with this branch code, so please correct it.',
  'advice.wise.WRONG_NAME':
    'Your bank has a different name for the account holder, so please give us the name exactly as your bank writes it.',
  'advice.wise.WRONG_PHONE_NUMBER': 'Your bank has a different phone number for you, so please correct it.',
  'advice.wise.WRONG_ID_NUMBER': 'Your bank has a different identity or tax number for you, so please correct it.',
  'advice.wise.cancelled':
    'The transfer was cancelled before it was paid: we are looking into it, and there is nothing you need to do.',
  'advice.wise.funds_refunded':
    'Your bank sent the money back without giving a reason, so please compare the account details with your bank statement.',
  'advice.wise.BLOCKED':
    'Wise does not offer this payment in this form: we will fix this, and there is nothing you need to do.',
  'advice.check.stopped': 'We stopped this check, so please destroy it if it reaches you, because no bank will pay it.',
  'advice.check.void': 'We voided this check, so please destroy it if it reaches you, because no bank will pay it.',
  'advice.check.bounced':
    'The bank did not pay this check: we will settle this with the bank, and there is nothing you need to do.',
  'advice.check.deleted':
    'The check was withdrawn before it was mailed: we will issue another one, and there is nothing you need to do.',
  'advice.check.rejected': 'The check could not be mailed to this address, so please correct the address.',
  'advice.check.failed': 'The check could not be printed: we are looking into it, and there is nothing you need to do.',
  'advice.check.returned_to_sender': 'The check could not be delivered, so please correct your address.',
  'advice.check.row refused':
    'The bank did not accept this check: we will settle this with the bank, and there is nothing you need to do.',
  'advice.ours.resolved_not_paid':
    'The provider did not make this payment: we will pay it again, and there is nothing you need to do.',
  'advice.ours.resolved_returned': 'We will contact you if your payout details need to change.',
  'advice.unclaimed.paypal':
    'Please log in to PayPal and accept the payment, or open an account with this e-mail address if you have none.',
  'advice.unclaimed.wise':
    'Wise has e-mailed you to ask for your bank details, so please follow the link in that e-mail.',
  'advice.unclaimed.check': 'Please cash the check.',
  'advice.given.us':
    'The reason given was "{reason}": we are looking into it, and we will write to you if you need to do anything.',
  'advice.given.partner':
    'The reason given was "{reason}", so please check the payout details you gave us, and contact us if they are correct.',
  'advice.none.us': 'No reason was given: we are looking into it, and we will write to you if you need to do anything.',
  'advice.none.partner':
    'No reason was given, so please check the payout details you gave us, and contact us if they are correct.',
  'advice.detail.us':
    'This payment cannot be made as it is ({detail}): we will fix this, and there is nothing you need to do.',
  'advice.detail.partner': 'One of your payout details cannot be used: {detail}. Please correct it.',
} as const;
