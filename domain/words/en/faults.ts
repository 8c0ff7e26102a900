/** The objections to a field of payout details, to be read after its name. */
export const FAULTS_EN = {
  'fault.quoted': 'is refused: “{words}”',
  'fault.code': 'is refused by Wise ({code})',
  'fault.closed': 'belongs to an account that is closed',
  'fault.account': 'is not known to the bank',
  'fault.type': 'is not the type of this account',
  'fault.bank': 'does not belong to a bank',
  'fault.branch': 'does not belong to a branch of the bank',
  'fault.name': 'is not the name that the bank has for this account',
  'fault.number': 'is not the number that the bank has',
  'fault.receiver': 'does not belong to a PayPal account that can be paid',
  'fault.unconfirmed': 'is not confirmed at PayPal',
} as const;
