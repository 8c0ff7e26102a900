import type { Translation } from '../../message.ts';
import type { ADVICE_EN } from '../en/advice.ts';

export const ADVICE_DE: Translation<typeof ADVICE_EN> = {
  'advice.paypal.CLOSED_MARKET':
    'Ihr PayPal-Konto kann keine Zahlungen aus dem Ausland empfangen. Bitte geben Sie uns stattdessen Ihre Bankverbindung.',
  'advice.paypal.CURRENCY_COMPLIANCE':
    'Ihr PayPal-Konto darf diese Währung nicht führen. Bitte geben Sie uns stattdessen Ihre Bankverbindung.',
  'advice.paypal.CURRENCY_NOT_SUPPORTED_FOR_RECEIVER':
    'Ihr PayPal-Konto nimmt diese Währung nicht an. Bitte fügen Sie die Währung bei PayPal hinzu oder geben Sie uns Ihre Bankverbindung.',
  'advice.paypal.INVALID_EMAIL': 'Diese E-Mail-Adresse gibt es nicht. Bitte berichtigen Sie sie.',
  'advice.paypal.PENDING_RECIPIENT_NON_HOLDING_CURRENCY_PAYMENT_PREFERENCE':
    'Ihr PayPal-Konto fragt Sie, bevor es diese Währung annimmt. Bitte melden Sie sich bei PayPal an und nehmen Sie die Zahlung an.',
  'advice.paypal.RECEIVER_ACCOUNT_INVALID':
    'PayPal kennt kein Konto, das diese Zahlung empfangen kann. Bitte prüfen Sie die E-Mail-Adresse, die Sie uns gegeben haben.',
  'advice.paypal.RECEIVER_ACCOUNT_LIMITATION':
    'Ihr PayPal-Konto ist eingeschränkt. Bitte melden Sie sich bei PayPal an und heben Sie die Einschränkung auf.',
  'advice.paypal.RECEIVER_ACCOUNT_LOCKED':
    'Ihr PayPal-Konto ist gesperrt. Bitte lassen Sie es bei PayPal entsperren oder wählen Sie eine andere Zahlungsart.',
  'advice.paypal.RECEIVER_COUNTRY_NOT_ALLOWED':
    'PayPal zahlt nicht in Ihr Land aus. Bitte geben Sie uns stattdessen Ihre Bankverbindung.',
  'advice.paypal.RECEIVER_REFUSED':
    'Ihr PayPal-Konto lehnt Zahlungen in dieser Währung ab. Bitte ändern Sie diese Einstellung oder geben Sie uns Ihre Bankverbindung.',
  'advice.paypal.RECEIVER_STATE_RESTRICTED':
    'PayPal zahlt nicht in Ihren Bundesstaat aus. Bitte geben Sie uns stattdessen Ihre Bankverbindung.',
  'advice.paypal.RECEIVER_UNCONFIRMED':
    'Diese E-Mail-Adresse ist bei PayPal nicht bestätigt. Bitte melden Sie sich bei PayPal an und bestätigen Sie sie.',
  'advice.paypal.RECEIVER_UNREGISTERED':
    'Zu dieser E-Mail-Adresse gibt es kein PayPal-Konto. Bitte eröffnen Sie eines oder nennen Sie uns die Adresse Ihres Kontos.',
  'advice.paypal.RECEIVER_YOUTH_ACCOUNT':
    'PayPal zahlt nicht auf Jugendkonten aus. Bitte nennen Sie uns die Adresse eines anderen Kontos.',
  'advice.paypal.RECEIVING_LIMIT_EXCEEDED':
    'Der Betrag ist höher, als Ihr PayPal-Konto derzeit empfangen kann. Bitte lassen Sie die Grenze bei PayPal anheben oder geben Sie uns Ihre Bankverbindung.',
  'advice.paypal.SELF_PAY_NOT_ALLOWED':
    'Das ist die Adresse unseres eigenen PayPal-Kontos. Bitte nennen Sie uns die Adresse Ihres Kontos.',
  'advice.paypal.UNVERIFIED_RECIPIENT_NOT_SUPPORTED':
    'Ihr PayPal-Konto ist nicht verifiziert. Bitte melden Sie sich bei PayPal an und verifizieren Sie es.',
  'advice.paypal.INSUFFICIENT_FUNDS': 'Unser PayPal-Guthaben war zu niedrig. Wir laden es auf. Sie müssen nichts tun.',
  'advice.paypal.NEGATIVE_BALANCE': 'Unser PayPal-Guthaben war negativ. Wir laden es auf. Sie müssen nichts tun.',
  'advice.paypal.NON_HOLDING_CURRENCY':
    'Wir haben kein PayPal-Guthaben in dieser Währung. Wir beheben das. Sie müssen nichts tun.',
  'advice.paypal.SENDER_ACCOUNT_LOCKED':
    'Unser eigenes PayPal-Konto ist gesperrt. Wir beheben das. Sie müssen nichts tun.',
  'advice.paypal.SPENDING_LIMIT_EXCEEDED':
    'Wir haben unsere eigene Grenze bei PayPal erreicht. Wir lassen sie anheben. Sie müssen nichts tun.',
  'advice.paypal.TRANSACTION_DECLINED_BY_TRAVEL_RULE':
    'PayPal braucht vor der Zahlung mehr Angaben über uns. Wir liefern sie. Sie müssen nichts tun.',
  'advice.paypal.TRANSACTION_LIMIT_EXCEEDED':
    'Der Betrag ist höher, als PayPal uns auf einmal senden lässt. Wir beheben das. Sie müssen nichts tun.',
  'advice.paypal.REGULATORY_BLOCKED':
    'PayPal darf diese Zahlung von Gesetzes wegen nicht ausführen. Bitte fragen Sie PayPal nach dem Grund oder wählen Sie eine andere Zahlungsart.',
  'advice.paypal.REGULATORY_PENDING':
    'PayPal prüft diese Zahlung, wie es das Gesetz verlangt. Nach der Prüfung läuft sie von selbst weiter.',
  'advice.paypal.RISK_DECLINE':
    'PayPal hat diese Zahlung als zu riskant abgelehnt. Bitte fragen Sie PayPal nach dem Grund oder wählen Sie eine andere Zahlungsart.',
  'advice.wise.ACCOUNT_CLOSED':
    'Ihre Bank meldet, dass dieses Konto geschlossen ist. Bitte nennen Sie uns ein anderes Konto.',
  'advice.wise.ACCOUNT_FROZEN':
    'Ihre Bank hat dieses Konto eingefroren. Bitte wenden Sie sich an Ihre Bank oder nennen Sie uns ein anderes Konto.',
  'advice.wise.ACCOUNT_BLOCKED':
    'Ihre Bank hat Zahlungen auf dieses Konto gesperrt. Bitte wenden Sie sich an Ihre Bank oder nennen Sie uns ein anderes Konto.',
  'advice.wise.ACCOUNT_LIMIT_REACHED':
    'Dieses Konto hat seine Grenze für Zahlungseingänge erreicht. Bitte wenden Sie sich an Ihre Bank oder nennen Sie uns ein anderes Konto.',
  'advice.wise.WRONG_ACCOUNT_NUMBER': 'Ihre Bank kennt diese Kontonummer nicht. Bitte berichtigen Sie sie.',
  'advice.wise.WRONG_CARD_NUMBER': 'Ihre Bank kennt diese Kartennummer nicht. Bitte berichtigen Sie sie.',
  'advice.wise.WRONG_ACCOUNT_DETAILS':
    'Die Kontoangaben passen nicht zusammen. Bitte vergleichen Sie jede Angabe mit Ihrem Kontoauszug.',
  'advice.wise.WRONG_ACCOUNT_TYPE':
    'Die Kontoart stimmt nicht mit Ihrer Angabe überein, zum Beispiel Sparkonto statt Girokonto. Bitte berichtigen Sie die Kontoart.',
  'advice.wise.WRONG_BANK_CODE': 'Zu dieser Bankleitzahl gibt es keine Bank. Bitte berichtigen Sie sie.',
  'advice.wise.WRONG_BRANCH_CODE': 'Ihre Bank hat keine Filiale mit dieser Filialnummer. Bitte berichtigen Sie sie.',
  'advice.wise.WRONG_NAME':
    'Ihre Bank führt den Kontoinhaber unter einem anderen Namen. Bitte geben Sie den Namen genau so an, wie Ihre Bank ihn schreibt.',
  'advice.wise.WRONG_PHONE_NUMBER': 'Ihre Bank hat eine andere Telefonnummer von Ihnen. Bitte berichtigen Sie sie.',
  'advice.wise.WRONG_ID_NUMBER':
    'Ihre Bank hat eine andere Ausweis- oder Steuernummer von Ihnen. Bitte berichtigen Sie sie.',
  'advice.wise.cancelled': 'Die Überweisung wurde vor der Zahlung storniert. Wir klären das. Sie müssen nichts tun.',
  'advice.wise.funds_refunded':
    'Ihre Bank hat das Geld ohne Angabe von Gründen zurückgesandt. Bitte vergleichen Sie die Kontoangaben mit Ihrem Kontoauszug.',
  'advice.wise.BLOCKED': 'Wise bietet diese Zahlung in dieser Form nicht an. Wir beheben das. Sie müssen nichts tun.',
  'advice.check.stopped':
    'Wir haben diesen Scheck gesperrt. Bitte vernichten Sie ihn, falls er bei Ihnen ankommt. Keine Bank löst ihn ein.',
  'advice.check.void':
    'Wir haben diesen Scheck entwertet. Bitte vernichten Sie ihn, falls er bei Ihnen ankommt. Keine Bank löst ihn ein.',
  'advice.check.bounced':
    'Die Bank hat diesen Scheck nicht eingelöst. Wir klären das mit der Bank. Sie müssen nichts tun.',
  'advice.check.deleted':
    'Der Scheck wurde vor dem Versand zurückgezogen. Wir stellen einen neuen aus. Sie müssen nichts tun.',
  'advice.check.rejected':
    'Der Scheck konnte nicht an diese Anschrift verschickt werden. Bitte berichtigen Sie die Anschrift.',
  'advice.check.failed': 'Der Scheck konnte nicht gedruckt werden. Wir klären das. Sie müssen nichts tun.',
  'advice.check.returned_to_sender': 'Der Scheck konnte nicht zugestellt werden. Bitte berichtigen Sie Ihre Anschrift.',
  'advice.check.row refused':
    'Die Bank hat diesen Scheck nicht angenommen. Wir klären das mit der Bank. Sie müssen nichts tun.',
  'advice.ours.resolved_not_paid':
    'Der Anbieter hat diese Zahlung nicht ausgeführt. Wir zahlen erneut. Sie müssen nichts tun.',
  'advice.ours.resolved_returned': 'Wir melden uns bei Ihnen, falls Ihre Bankverbindung geändert werden muss.',
  'advice.unclaimed.paypal':
    'Bitte melden Sie sich bei PayPal an und nehmen Sie die Zahlung an. Falls Sie kein Konto haben, eröffnen Sie eines mit dieser E-Mail-Adresse.',
  'advice.unclaimed.wise':
    'Wise hat Sie per E-Mail nach Ihrer Bankverbindung gefragt. Bitte folgen Sie dem Link in dieser E-Mail.',
  'advice.unclaimed.check': 'Bitte lösen Sie den Scheck ein.',
  'advice.given.us':
    'Als Grund wurde „{reason}“ genannt. Wir klären das und schreiben Ihnen, falls Sie etwas tun müssen.',
  'advice.given.partner':
    'Als Grund wurde „{reason}“ genannt. Bitte prüfen Sie Ihre Bankverbindung, und melden Sie sich bei uns, wenn sie stimmt.',
  'advice.none.us': 'Es wurde kein Grund genannt. Wir klären das und schreiben Ihnen, falls Sie etwas tun müssen.',
  'advice.none.partner':
    'Es wurde kein Grund genannt. Bitte prüfen Sie Ihre Bankverbindung, und melden Sie sich bei uns, wenn sie stimmt.',
  'advice.detail.us': 'Diese Zahlung lässt sich so nicht ausführen ({detail}). Wir beheben das. Sie müssen nichts tun.',
  'advice.detail.partner': 'Eine Ihrer Angaben lässt sich nicht verwenden: {detail}. Bitte berichtigen Sie sie.',
};
