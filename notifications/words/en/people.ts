/** Mail to one person, and the frame of every mail. */
export const PEOPLE_EN = {
  'key.system.subject': 'A key for {person}: {role}',
  'key.system': 'The system {person} now has the role {role}. Within {hours} hours, this command shows its key, once:',
  'key.system.keep':
    'Keep the key where the system reads its secrets: it stands for the system. If you did not expect this mail, tell {contact}.',
  'key.way': 'Your way into Bursar: {role}',
  'key.way.portal': 'Your way into the portal of partner {partner}',
  'key.endsSoon': 'Your link ends soon. {way}',
  'key.text': '{person} now has the role {role}. Open this link within {hours} hours, and choose how you will sign in:',
  'key.text.portal':
    '{person} may now open the portal of partner {partner}. Open this link within {hours} hours, and choose how you will sign in:',
  'key.choose': 'Choose how you sign in',
  'key.api': 'If you call the API yourself, this command shows a key instead. The link then no longer works:',
  'key.keep':
    'The link works once. Keep your passkey and your key to yourself: they stand for you. If you did not expect this mail, tell {contact}.',
  'confirm.subject': 'Confirm this address for notices about payments to partner {partner}',
  'confirm.text':
    '{person} asked that notices about payments to partner {partner} go to this address. Open this link within {hours} hours to confirm it:',
  'confirm.go': 'Confirm the address',
  'confirm.ifNot':
    'The link works once. Until then, notices go where they went before. If you do not know of this, do nothing, or tell {contact}.',
  'warning.text':
    '{person} asked that notices about payments to partner {partner} go to another e-mail address. Nothing has changed yet: the holder of that address must confirm it within {hours} hours. If you know of this, you need to do nothing.',
  'warning.ifNot': 'If you do not, open this link and stop the change:',
  'warning.go': 'Stop the change',
  'warning.or':
    'Or write to {contact} today. If the address changes, we tell this one of it, and of every change of payment details in the 60 days after it.',
  'signIn.added.subject': 'A passkey was added to your account: {person}',
  'signIn.added': 'A passkey now signs in as you: {name}.',
  'signIn.removed.subject': 'A passkey was removed from your account: {person}',
  'signIn.removed': 'A passkey no longer signs in as you: {name}.',
  'signIn.bound.subject': 'Your account has a new sign-in: {person}',
  'signIn.bound': 'Your account there now signs in as you: {name}.',
  'signIn.see': 'See how you sign in',
  'signIn.ifNot': 'If you did not do this, somebody else may use your account. Tell {contact} today.',
  'footer.contact': 'Choose which mail you get:',
  'footer.own': 'You chose to get this mail yourself. Choose otherwise:',
  'digest.subject': 'Your notices of {day}: {count}',
  'digest.more': 'And {count} more, which the page of notices shows.',
  'signIn.unbound.subject': 'A sign-in was removed from your account: {person}',
  'signIn.unbound': 'Your account there no longer signs in as you: {name}.',
} as const;
