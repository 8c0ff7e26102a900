/** Notices to partners about payouts, details, points and balances. */
export const PAYOUTS_EN = {
  'by.bank': 'by bank transfer',
  'by.paypal': 'by PayPal',
  'by.check': 'by check',
  'open.payout': 'Open the payout',
  'open.details': 'Open your payment details',
  'open.detailsPage': 'Open Details',
  'open.users': 'See the users of your portal',
  'open.points': 'Open your points',
  'open.earnings': 'Open your earnings',
  'cite.payout': 'Payout {payout}',
  'cite.correction': 'Correction {correction}',
  'sent.subject': 'Your payout of {amount} is on its way',
  'sent.text': 'We sent you {amount} {by}. The payment is not final yet. We will let you know when it has settled.',
  'settled.subject': 'Your payout of {amount} has settled',
  'settled.text': '{amount} was paid to you {by}.',
  'failed.subject': 'Your payout of {amount} could not be made',
  'failed.text': 'We could not pay you {amount} {by}. {advice}',
  'failed.then':
    'No money was sent. The amount has been added back to your balance, and we will pay it in the next run.',
  'returned.subject': 'Your payout of {amount} was returned to us',
  'returned.text': 'We sent you {amount} {by}, but the money came back to us. {advice}',
  'returned.then': 'The amount has been added back to your balance, and we will pay it in the next run.',
  'unclaimed.subject': '{amount} is waiting for you',
  'unclaimed.reminder': 'Reminder: {amount} is waiting for you',
  'unclaimed.text': 'We sent you {amount} {by}, but you have not accepted it yet. {advice}',
  'unclaimed.until':
    'We sent you {amount} {by}, but you have not accepted it yet. {advice} You have until {until}. After that, the money comes back to us and is added to your balance again.',
  'held.subject': 'Action needed: your payout of {amount} is on hold',
  'held.text': 'We sent you {amount} {by}, but the payment is on hold. {advice}',
  'part.subject': '{returned} of your payout was returned to us',
  'part.credited':
    'We sent you {amount} {by}, but {returned} of it came back to us. That part has been added back to your balance, and we will pay it in the next run.',
  'part.kept':
    'We sent you {amount} {by}, but {returned} of it came back to us. We are keeping that part. Please contact us if you think it is yours.',
  'details.added.subject': 'New payment details were added for you',
  'details.withdrawn.subject': 'Payment details of yours were withdrawn',
  'details.first.subject': 'The order of your payment details was changed',
  'details.method.bank': 'bank transfer',
  'details.method.paypal': 'PayPal',
  'details.method.check': 'check',
  'details.added':
    'Details for payment by {method}, ending in {ending}, were added for partner {partner}. We pay to them from {day} on, and not before.',
  'details.withdrawn':
    'The details for payment by {method}, ending in {ending}, were withdrawn for partner {partner}. We no longer pay to them.',
  'details.first':
    'From {day} on, we pay partner {partner} first of all to the details for payment by {method}, ending in {ending}. Until then nothing changes.',
  'details.ifNot':
    'If you asked for this, you need to do nothing. If you did not, write to {contact} today: we can stop payments to them. We sent this to every e-mail address that we had for you in the last 60 days.',
  'email.subject': 'The e-mail address that we use for you was changed',
  'email.old': 'We no longer use this address for partner {partner}. Notices about payments go to a new address.',
  'email.new': 'From now on, notices about payments to partner {partner} go to the new address.',
  'email.ifNot':
    'Payment details were not changed. If you asked for this, you need to do nothing. If you did not, write to {contact} today.',
  'contactAsked.subject': 'Somebody asked that your notices go to another address',
  'contactAsked.text':
    '{person} asked that notices about payments to partner {partner} go to another e-mail address. Nothing has changed yet: the holder of that address must confirm it within {hours} hours.',
  'contactAsked.ifNot':
    'If you know of this, you need to do nothing. If you do not, an owner cancels it under Details. Or write to {contact} today.',
  'access.given.subject': 'Somebody was given access to your portal',
  'access.ended.subject': 'Somebody no longer has access to your portal',
  'access.owner':
    '{person} was invited to the portal of partner {partner}, and may read everything and change payout details, contacts and users.',
  'access.viewer': '{person} was invited to the portal of partner {partner}, and may read everything.',
  'access.ended': '{person} can no longer open the portal of partner {partner}.',
  'access.ifNot': 'If you know of this, you need to do nothing. If you do not, write to {contact} today.',
  'expiring.subject': '{amount} of yours expire soon',
  'expiring.once':
    '{amount} of your {name} can no longer be used from {first} on. Use them before. If you have a question, write to {contact}.',
  'expiring.soon':
    '{amount} of your {name} can no longer be used soon: the first from {first} on, and the last from {last} on. Use them before. If you have a question, write to {contact}.',
  'expired.subject': '{amount} of yours have expired',
  'expired.text':
    '{amount} of your {name} expired on {day} and can no longer be used. Your other points are as they were. If you think that this is wrong, write to {contact}.',
  'rung.subject': 'Your {fact} is {value} from {from} on',
  'rung.text':
    'Your volume from {start} to {last} was {volume}. Your {fact} in program {program} is therefore {value} from {from} to {until}. If you think that this is wrong, write to {contact}.',
  'rung.after':
    'Your volume from {start} to {last} was {volume}. Your {fact} in program {program} is therefore {value} from {from} to {until}, after {before}. If you think that this is wrong, write to {contact}.',
  'corrected.subject': 'Your balance was corrected: {amounts}',
  'corrected.less': 'less {amount}',
  'corrected.merged': 'Two of your accounts with us are now one',
  'corrected.merge':
    'Two of your accounts with us are now one, with one balance. Whatever the old account still earns goes there too.',
  'corrected.reason': '{changes} The reason: {reason}',
  'corrected.ordinary.added': '{amount} was added to your balance.',
  'corrected.ordinary.taken': '{amount} was taken from your balance.',
  'corrected.transfer.added': '{amount} was moved to your balance from that of another partner.',
  'corrected.transfer.taken': '{amount} was moved from your balance to that of another partner.',
  'corrected.write_off.added': '{amount} that you owed us is no longer owed.',
  'corrected.write_off.taken': 'We will not pay {amount} of your balance.',
  'corrected.ifNot':
    'You need to do nothing. Your earnings show the correction. If you think that it is wrong, write to {contact}.',
} as const;
