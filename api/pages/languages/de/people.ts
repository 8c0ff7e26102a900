import type { Translation } from '../../../../domain/message.ts';
import type { PEOPLE_EN } from '../en/people.ts';

export const PEOPLE_DE: Translation<typeof PEOPLE_EN> = {
  'account.signedIn': 'Wo Sie angemeldet sind',
  'account.browser': 'Browser',
  'account.since': 'Angemeldet seit',
  'account.lastSeen': 'Zuletzt gesehen',
  'account.this': 'dieser Browser',
  'account.nowhere': 'Sie sind nirgends angemeldet.',
  'account.someBrowser': 'Ein Browser',
  'account.browserOn': '{browser} unter {system}',
  'account.passkeys': 'Ihre Passkeys',
  'account.passkey': 'Passkey',
  'account.made': 'Erstellt',
  'account.lastUsed': 'Zuletzt verwendet',
  'account.never': 'nie',
  'account.noPasskey':
    'Sie haben keinen Passkey. Sie melden sich bei Ihrem Unternehmen an und unterschreiben auch dort.',
  'account.remove': 'Entfernen …',
  'account.rename': 'Umbenennen …',
  'account.addPasskey': 'Passkey hinzufügen …',
  'account.singleSignOn': 'Single Sign-on',
  'account.accountAt': 'Ihr Konto bei',
  'account.signsInSince': 'Meldet Sie an seit',
  'account.language': 'Sprache',
  'account.language.about': 'Für das Portal und für die E-Mails an Sie. Die Konsole gibt es nur auf Englisch.',
  'account.language.browser': 'wie im Browser eingestellt',
  'account.language.save': 'Speichern',
  'account.language.en': 'English',
  'account.language.de': 'Deutsch',
};
