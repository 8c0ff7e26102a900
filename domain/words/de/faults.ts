import type { Translation } from '../../message.ts';
import type { FAULTS_EN } from '../en/faults.ts';

/** The objections to a field of payout details, to be read after its name and a colon. */
export const FAULTS_DE: Translation<typeof FAULTS_EN> = {
  'fault.quoted': 'wurde abgelehnt: „{words}“',
  'fault.code': 'wurde von Wise abgelehnt ({code})',
  'fault.closed': 'gehört zu einem aufgelösten Konto',
  'fault.account': 'ist bei der Bank nicht bekannt',
  'fault.type': 'ist nicht die Art dieses Kontos',
  'fault.bank': 'gehört zu keiner Bank',
  'fault.branch': 'gehört zu keiner Filiale der Bank',
  'fault.name': 'lautet bei der Bank anders',
  'fault.number': 'lautet bei der Bank anders',
  'fault.receiver': 'gehört zu keinem PayPal-Konto, an das gezahlt werden kann',
  'fault.unconfirmed': 'ist bei PayPal nicht bestätigt',
};
