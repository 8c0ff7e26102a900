import type { Translation } from '../../message.ts';
import type { PAYOUTS_EN } from '../en/payouts.ts';

export const PAYOUTS_DE: Translation<typeof PAYOUTS_EN> = {
  'pay.paid': 'Dieser Zahlung steht nichts entgegen.',
  'pay.nothing_due.held':
    'Alle Gutschriften liegen wegen möglicher Erstattungen noch in der Sperrfrist. Die nächste Sperrfrist endet am {until}.',
  'pay.nothing_due.reserved': 'Alle Gutschriften sind bereits in einer Auszahlung. {waiting}',
  'pay.nothing_due': 'Es gibt keine offenen Gutschriften.',
  'pay.partner_merged':
    'Dieses Konto wurde mit einem anderen zusammengeführt. Das Guthaben ging dorthin über und wird dort ausgezahlt.',
  'pay.negative_balance':
    'Erstattungen und Abzüge waren höher als Ihre Gutschriften. Die nächsten Gutschriften gleichen den Saldo von {payable} aus.',
  'pay.partner_on_hold': 'Wir haben die Zahlung angehalten: {detail}.',
  'pay.partner_on_hold.ask': 'bitte fragen Sie uns nach dem Grund',
  'pay.no_instrument':
    'Wir wissen nicht, wohin wir {currency} zahlen sollen. Geben Sie ein Bankkonto, ein PayPal-Konto oder eine Postanschrift an.',
  'pay.instrument_failed':
    'Die letzte Zahlung an diese Bankverbindung ist fehlgeschlagen. {detail} Wir zahlen erst wieder dorthin, wenn die Angaben berichtigt sind.',
  'pay.instrument_failed.check': 'Bitte prüfen Sie die Angaben.',
  'pay.instrument_cooling_off':
    'Die Bankverbindung wurde geändert. Zum Schutz des Inhabers zahlen wir nicht vor dem {until} dorthin.',
  'pay.instrument_not_confirmed':
    'Die Bankverbindung wurde geändert. Zum Schutz des Inhabers rufen wir zuerst zurück. Vorher zahlen wir nicht dorthin.',
  'pay.method_not_offered': 'Zahlung {method} wird hier nicht angeboten. Bitte wählen Sie eine andere Zahlungsart.',
  'pay.method_not_offered.any': 'Diese Zahlungsart wird hier nicht angeboten. Bitte wählen Sie eine andere.',
  'pay.below_minimum':
    '{payable} liegen unter dem Mindestbetrag von {minimum}. Wir bewahren den Betrag auf und zahlen ihn mit den nächsten Gutschriften aus.',
  'pay.excluded': 'Die Auszahlung wurde aus dem Zahllauf genommen. Der nächste Zahllauf prüft sie erneut.',
  'pay.changed_after_approval':
    'Ihr Guthaben oder Ihre Bankverbindung hat sich vor der Zahlung geändert. Der nächste Zahllauf prüft sie erneut.',
  'pay.cut_after_approval':
    'Die Auszahlung wurde vor der Zahlung aus dem Zahllauf genommen. Der nächste Zahllauf prüft sie erneut.',
  'pay.held_after_approval':
    'Wir haben die Zahlung vorher angehalten. Der nächste Zahllauf nach der Sperre prüft sie erneut.',
  'pay.last':
    'Die Verträge in allen Programmen dieses Zahlungsplans sind beendet. Wir zahlen die letzten {payable} aus, obwohl der Mindestbetrag {minimum} beträgt.',
  'wait.preparation': 'Sie wird vorbereitet.',
  'wait.release':
    'Wir halten sie seit dem {day} zurück. Es wurde nichts gesendet. Bitte fragen Sie uns nach dem Grund.',
  'wait.approval': 'Sie wartet seit dem {day} auf Freigabe. Es wurde nichts gesendet.',
  'wait.pay_date': 'Sie ist freigegeben und wartet auf ihren Zahltag, den {payOn}. Es wurde nichts gesendet.',
  'wait.its_turn': 'Sie ist freigegeben und wird als Nächstes gesendet. Es wurde noch nichts gesendet.',
  'wait.run_resume': 'Ihr Zahllauf ist seit dem {day} unterbrochen. Es wurde nichts gesendet.',
  'wait.gateway_resume': 'Zahlungen über diesen Anbieter sind seit dem {day} unterbrochen. Es wurde nichts gesendet.',
  'wait.provider': 'Der Anbieter wurde am {day} beauftragt und hat das Geld noch nicht gesendet.',
  'wait.look_up':
    'Der Anbieter wurde am {day} beauftragt. Wir wissen noch nicht, ob er gezahlt hat. Wir klären das und zahlen nichts doppelt.',
  'wait.provider_approval': 'Sie wartet seit dem {day} darauf, dass wir sie beim Anbieter freigeben.',
  'wait.mailing': 'Der Scheck wurde am {day} ausgestellt und ist noch nicht in der Post.',
  'wait.claim': 'Das Geld wartet seit dem {day} darauf, dass Sie es annehmen.',
  'wait.provider_hold': 'Der Anbieter hält das Geld seit dem {day} zurück.',
  'wait.final_word':
    'Das Geld wurde am {day} gesendet. Die Zahlung ist endgültig, wenn es nicht mehr zurückkommen kann.',
  'wait.cashing': 'Der Scheck wurde am {day} verschickt und ist noch nicht eingelöst.',
  'event.sale': 'Sie nehmen Verkäufe zurück, die wir noch nicht kennen.',
  'event.rate': 'Der Wechselkurs des Tages liegt uns noch nicht vor.',
  'event.ladder': 'Ihre Stufe an diesem Tag steht noch nicht fest.',
  'event.eligibility':
    'Sie waren an diesem Tag nicht teilnahmeberechtigt. Wir entscheiden darüber, sofern das Fehlende nicht nachgetragen wird.',
  'method.bank': 'per Überweisung',
  'method.paypal': 'per PayPal',
  'method.check': 'per Scheck',
};
