import type { Translation } from '../../../domain/message.ts';
import type { PAYOUTS_EN } from '../en/payouts.ts';

export const PAYOUTS_DE: Translation<typeof PAYOUTS_EN> = {
  'by.bank': 'per Überweisung',
  'by.paypal': 'per PayPal',
  'by.check': 'per Scheck',
  'open.payout': 'Auszahlung öffnen',
  'open.details': 'Bankverbindung öffnen',
  'open.detailsPage': 'Stammdaten öffnen',
  'open.users': 'Benutzer ansehen',
  'open.points': 'Punkte öffnen',
  'open.earnings': 'Gutschriften öffnen',
  'cite.payout': 'Auszahlung {payout}',
  'cite.correction': 'Korrektur {correction}',
  'sent.subject': 'Ihre Auszahlung über {amount} ist unterwegs',
  'sent.text':
    'Wir haben Ihnen {amount} {by} gesendet. Die Zahlung ist noch nicht endgültig. Wir melden uns, sobald sie abgeschlossen ist.',
  'settled.subject': 'Ihre Auszahlung über {amount} ist abgeschlossen',
  'settled.text': '{amount} wurden Ihnen {by} ausgezahlt.',
  'failed.subject': 'Ihre Auszahlung über {amount} war nicht möglich',
  'failed.text': 'Wir konnten Ihnen {amount} nicht {by} auszahlen. {advice}',
  'failed.then':
    'Es wurde kein Geld gesendet. Der Betrag steht wieder in Ihrem Guthaben. Wir zahlen ihn mit dem nächsten Zahllauf aus.',
  'returned.subject': 'Ihre Auszahlung über {amount} kam zu uns zurück',
  'returned.text': 'Wir haben Ihnen {amount} {by} gesendet, aber das Geld kam zu uns zurück. {advice}',
  'returned.then': 'Der Betrag steht wieder in Ihrem Guthaben. Wir zahlen ihn mit dem nächsten Zahllauf aus.',
  'unclaimed.subject': '{amount} warten auf Sie',
  'unclaimed.reminder': 'Erinnerung: {amount} warten auf Sie',
  'unclaimed.text': 'Wir haben Ihnen {amount} {by} gesendet, aber Sie haben das Geld noch nicht angenommen. {advice}',
  'unclaimed.until':
    'Wir haben Ihnen {amount} {by} gesendet, aber Sie haben das Geld noch nicht angenommen. {advice} Sie haben Zeit bis {until}. Danach kommt das Geld zu uns zurück und steht wieder in Ihrem Guthaben.',
  'held.subject': 'Bitte handeln: Ihre Auszahlung über {amount} wird zurückgehalten',
  'held.text': 'Wir haben Ihnen {amount} {by} gesendet, aber die Zahlung wird zurückgehalten. {advice}',
  'part.subject': '{returned} Ihrer Auszahlung kamen zu uns zurück',
  'part.credited':
    'Wir haben Ihnen {amount} {by} gesendet, aber {returned} davon kamen zu uns zurück. Dieser Teil steht wieder in Ihrem Guthaben. Wir zahlen ihn mit dem nächsten Zahllauf aus.',
  'part.kept':
    'Wir haben Ihnen {amount} {by} gesendet, aber {returned} davon kamen zu uns zurück. Diesen Teil behalten wir. Bitte melden Sie sich, wenn er Ihnen zusteht.',
  'details.added.subject': 'Für Sie wurde eine neue Bankverbindung hinzugefügt',
  'details.withdrawn.subject': 'Eine Ihrer Bankverbindungen wurde zurückgezogen',
  'details.first.subject': 'Die Reihenfolge Ihrer Bankverbindungen wurde geändert',
  'details.method.bank': 'Überweisung',
  'details.method.paypal': 'PayPal',
  'details.method.check': 'Scheck',
  'details.added':
    'Für Partner {partner} wurden Angaben hinzugefügt ({method}, endet auf {ending}). Wir zahlen ab dem {day} dorthin, vorher nicht.',
  'details.withdrawn':
    'Für Partner {partner} wurden Angaben zurückgezogen ({method}, endet auf {ending}). Wir zahlen nicht mehr dorthin.',
  'details.first':
    'Ab dem {day} zahlen wir Partner {partner} zuerst an diese Verbindung ({method}, endet auf {ending}). Bis dahin ändert sich nichts.',
  'details.ifNot':
    'Wenn Sie das veranlasst haben, müssen Sie nichts tun. Andernfalls schreiben Sie noch heute an {contact}. Wir können Zahlungen dorthin stoppen. Diese Mitteilung ging an jede E-Mail-Adresse, die wir in den letzten 60 Tagen von Ihnen hatten.',
  'email.subject': 'Ihre E-Mail-Adresse bei uns wurde geändert',
  'email.old':
    'Wir verwenden diese Adresse nicht mehr für Partner {partner}. Mitteilungen über Zahlungen gehen an eine neue Adresse.',
  'email.new': 'Mitteilungen über Zahlungen an Partner {partner} gehen ab sofort an die neue Adresse.',
  'email.ifNot':
    'Die Bankverbindung wurde nicht geändert. Wenn Sie das veranlasst haben, müssen Sie nichts tun. Andernfalls schreiben Sie noch heute an {contact}.',
  'contactAsked.subject': 'Für Ihre Mitteilungen wurde eine andere Adresse beantragt',
  'contactAsked.text':
    '{person} möchte Mitteilungen über Zahlungen an Partner {partner} an eine andere E-Mail-Adresse senden lassen. Noch hat sich nichts geändert. Die neue Adresse muss innerhalb von {hours} Stunden bestätigt werden.',
  'contactAsked.ifNot':
    'Wenn Sie davon wissen, müssen Sie nichts tun. Andernfalls bricht ein Inhaber die Änderung unter „Stammdaten“ ab. Oder schreiben Sie noch heute an {contact}.',
  'access.given.subject': 'Jemand hat Zugang zu Ihrem Portal erhalten',
  'access.ended.subject': 'Jemand hat keinen Zugang mehr zu Ihrem Portal',
  'access.owner':
    '{person} wurde in das Portal von Partner {partner} eingeladen und darf alles lesen sowie Bankverbindung, Kontakte und Benutzer ändern.',
  'access.viewer': '{person} wurde in das Portal von Partner {partner} eingeladen und darf alles lesen.',
  'access.ended': '{person} kann das Portal von Partner {partner} nicht mehr öffnen.',
  'access.ifNot': 'Wenn Sie davon wissen, müssen Sie nichts tun. Andernfalls schreiben Sie noch heute an {contact}.',
  'expiring.subject': '{amount} von Ihnen verfallen bald',
  'expiring.once':
    '{amount} ({name}) lassen sich ab dem {first} nicht mehr einlösen. Lösen Sie sie vorher ein. Bei Fragen schreiben Sie an {contact}.',
  'expiring.soon':
    '{amount} ({name}) lassen sich bald nicht mehr einlösen, die ersten ab dem {first}, die letzten ab dem {last}. Lösen Sie sie vorher ein. Bei Fragen schreiben Sie an {contact}.',
  'expired.subject': '{amount} von Ihnen sind verfallen',
  'expired.text':
    '{amount} ({name}) sind am {day} verfallen und lassen sich nicht mehr einlösen. Ihre übrigen Punkte sind unverändert. Wenn das nicht stimmt, schreiben Sie an {contact}.',
  'rung.subject': 'Ihre Einstufung ({fact}) ist ab dem {from}: {value}',
  'rung.text':
    'Ihr Umsatz vom {start} bis {last} betrug {volume}. Ihre Einstufung ({fact}) im Programm {program} ist deshalb vom {from} bis {until}: {value}. Wenn das nicht stimmt, schreiben Sie an {contact}.',
  'rung.after':
    'Ihr Umsatz vom {start} bis {last} betrug {volume}. Ihre Einstufung ({fact}) im Programm {program} ist deshalb vom {from} bis {until}: {value} (bisher: {before}). Wenn das nicht stimmt, schreiben Sie an {contact}.',
  'corrected.subject': 'Ihr Guthaben wurde korrigiert: {amounts}',
  'corrected.less': 'abzüglich {amount}',
  'corrected.merged': 'Zwei Ihrer Konten bei uns wurden zusammengeführt',
  'corrected.merge':
    'Zwei Ihrer Konten bei uns wurden zu einem mit gemeinsamem Guthaben zusammengeführt. Auch was das alte Konto noch verdient, geht dorthin.',
  'corrected.reason': '{changes} Grund: {reason}',
  'corrected.ordinary.added': '{amount} wurden Ihrem Guthaben gutgeschrieben.',
  'corrected.ordinary.taken': '{amount} wurden von Ihrem Guthaben abgezogen.',
  'corrected.transfer.added': '{amount} wurden vom Guthaben eines anderen Partners auf Ihres umgebucht.',
  'corrected.transfer.taken': '{amount} wurden von Ihrem Guthaben auf das eines anderen Partners umgebucht.',
  'corrected.write_off.added': '{amount}, die Sie uns schuldeten, sind erlassen.',
  'corrected.write_off.taken': '{amount} Ihres Guthabens zahlen wir nicht aus.',
  'corrected.ifNot':
    'Sie müssen nichts tun. Die Korrektur steht bei Ihren Gutschriften. Wenn sie nicht stimmt, schreiben Sie an {contact}.',
};
