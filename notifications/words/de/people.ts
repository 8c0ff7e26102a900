import type { Translation } from '../../../domain/message.ts';
import type { PEOPLE_EN } from '../en/people.ts';

export const PEOPLE_DE: Translation<typeof PEOPLE_EN> = {
  'key.system.subject': 'Ein Schlüssel für {person}: {role}',
  'key.system':
    'Das System {person} hat jetzt die Rolle {role}. Innerhalb von {hours} Stunden zeigt dieser Befehl einmal seinen Schlüssel:',
  'key.system.keep':
    'Bewahren Sie den Schlüssel dort auf, wo das System seine Geheimnisse liest. Er steht für das System. Wenn Sie diese E-Mail nicht erwartet haben, sagen Sie es {contact}.',
  'key.way': 'Ihr Zugang zu Bursar: {role}',
  'key.way.portal': 'Ihr Zugang zum Portal von Partner {partner}',
  'key.endsSoon': 'Ihr Link läuft bald ab. {way}',
  'key.text':
    '{person} hat jetzt die Rolle {role}. Öffnen Sie diesen Link innerhalb von {hours} Stunden, und wählen Sie, wie Sie sich anmelden:',
  'key.text.portal':
    '{person} darf jetzt das Portal von Partner {partner} öffnen. Öffnen Sie diesen Link innerhalb von {hours} Stunden, und wählen Sie, wie Sie sich anmelden:',
  'key.choose': 'Anmeldung wählen',
  'key.api':
    'Wenn Sie die API selbst aufrufen, zeigt dieser Befehl stattdessen einen Schlüssel. Der Link gilt dann nicht mehr:',
  'key.keep':
    'Der Link gilt einmal. Geben Sie Passkey und Schlüssel nicht weiter. Sie stehen für Sie. Wenn Sie diese E-Mail nicht erwartet haben, sagen Sie es {contact}.',
  'confirm.subject': 'Bestätigen Sie diese Adresse für Mitteilungen über Zahlungen an Partner {partner}',
  'confirm.text':
    '{person} möchte Mitteilungen über Zahlungen an Partner {partner} an diese Adresse senden lassen. Öffnen Sie diesen Link innerhalb von {hours} Stunden, um sie zu bestätigen:',
  'confirm.go': 'Adresse bestätigen',
  'confirm.ifNot':
    'Der Link gilt einmal. Bis dahin gehen Mitteilungen an die bisherige Adresse. Wenn Sie nichts davon wissen, tun Sie nichts, oder sagen Sie es {contact}.',
  'warning.text':
    '{person} möchte Mitteilungen über Zahlungen an Partner {partner} an eine andere E-Mail-Adresse senden lassen. Noch hat sich nichts geändert. Die neue Adresse muss innerhalb von {hours} Stunden bestätigt werden. Wenn Sie davon wissen, müssen Sie nichts tun.',
  'warning.ifNot': 'Andernfalls öffnen Sie diesen Link, und stoppen Sie die Änderung:',
  'warning.go': 'Änderung stoppen',
  'warning.or':
    'Oder schreiben Sie noch heute an {contact}. Wenn sich die Adresse ändert, informieren wir auch diese hier darüber sowie 60 Tage lang über jede Änderung der Bankverbindung.',
  'signIn.added.subject': 'Ein Passkey wurde Ihrem Konto hinzugefügt: {person}',
  'signIn.added': 'Ein Passkey meldet Sie jetzt an: {name}.',
  'signIn.removed.subject': 'Ein Passkey wurde aus Ihrem Konto entfernt: {person}',
  'signIn.removed': 'Ein Passkey meldet Sie nicht mehr an: {name}.',
  'signIn.bound.subject': 'Ihr Konto hat eine neue Anmeldung: {person}',
  'signIn.bound': 'Ihr dortiges Konto meldet Sie jetzt an: {name}.',
  'signIn.see': 'Anmeldung ansehen',
  'signIn.ifNot':
    'Wenn Sie das nicht waren, nutzt vielleicht jemand anderes Ihr Konto. Sagen Sie es noch heute {contact}.',
  'footer.contact': 'Wählen Sie, welche E-Mails Sie erhalten:',
  'footer.own': 'Sie haben diese E-Mail selbst gewählt. Hier ändern Sie das:',
  'digest.subject': 'Ihre Mitteilungen vom {day}: {count}',
  'digest.more': 'Weitere {count} stehen auf der Seite „Mitteilungen“.',
  'signIn.unbound.subject': 'Eine Anmeldung wurde aus Ihrem Konto entfernt: {person}',
  'signIn.unbound': 'Ihr dortiges Konto meldet Sie nicht mehr an: {name}.',
};
