import type { Templates } from '../notification.ts';

type Words = { readonly added: string; readonly taken: string };

const ORDINARY: Words = { added: 'was added to your balance', taken: 'was taken from your balance' };

/** How each kind of correction changes a balance, after the amount. A kind that is not here is told in the ordinary words. */
const WORDS: Readonly<Record<string, Words>> = {
  transfer: {
    added: 'was moved to your balance from that of another partner',
    taken: 'was moved from your balance to that of another partner',
  },
  merge: {
    added: 'was moved to your balance, because two of your accounts with us are now one',
    taken: 'was moved to the balance of your other account with us, because the two are now one',
  },
  write_off: {
    added: 'that you owed us is no longer owed',
    taken: 'of your balance was given up and will not be paid',
  },
};

/** Mail to partners about corrections of their balances. */
export const CORRECTION_TEMPLATES: Templates<'balance_corrected'> = {
  balance_corrected: ({ correction, kind, added, taken, reason }, { contact }) => {
    const words = WORDS[kind] ?? ORDINARY;
    const changes = [...(added ? [`${added} ${words.added}.`] : []), ...(taken ? [`${taken} ${words.taken}.`] : [])];
    return {
      subject: `Your balance was corrected: ${[...(added ? [added] : []), ...(taken ? [`less ${taken}`] : [])].join(', ')}`,
      text:
        `${changes.join(' ')} The reason: ${reason}\n\nYou need to do nothing. Your earnings show the correction. If you think that it is ` +
        `wrong, write to ${contact}.\n\nCorrection ${correction}`,
    };
  },
};
