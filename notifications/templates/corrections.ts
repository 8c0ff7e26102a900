import { cite, go, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';

type Words = { readonly added: (amount: string) => string; readonly taken: (amount: string) => string };

const ORDINARY: Words = {
  added: (amount) => `${amount} was added to your balance.`,
  taken: (amount) => `${amount} was taken from your balance.`,
};

/** How each kind of correction changes a balance. A kind that is not here is told in the ordinary words. */
const WORDS: Readonly<Record<string, Words>> = {
  transfer: {
    added: (amount) => `${amount} was moved to your balance from that of another partner.`,
    taken: (amount) => `${amount} was moved from your balance to that of another partner.`,
  },
  write_off: {
    added: (amount) => `${amount} that you owed us is no longer owed.`,
    taken: (amount) => `We will not pay ${amount} of your balance.`,
  },
};

const MERGED = 'Two of your accounts with us are now one';

/** Notices to partners about corrections of their balances. A merge has no amounts, because money may follow later. */
export const CORRECTION_TEMPLATES: Templates<'balance_corrected'> = {
  balance_corrected: ({ correction, kind, added, taken, reason }, { contact, own }) => {
    const words = WORDS[kind] ?? ORDINARY;
    const changes =
      kind === 'merge'
        ? [`${MERGED}, with one balance. Whatever the old account still earns goes there too.`]
        : [...(added ? [words.added(added)] : []), ...(taken ? [words.taken(taken)] : [])];
    const amounts = [...(added ? [added] : []), ...(taken ? [`less ${taken}`] : [])].join(', ');
    const stop = /[.!?]$/.test(reason) ? '' : '.';
    return {
      subject: kind === 'merge' ? MERGED : `Your balance was corrected: ${amounts}`,
      parts: [
        say(`${changes.join(' ')} The reason: ${reason}${stop}`),
        say(
          `You need to do nothing. Your earnings show the correction. If you think that it is wrong, write to ${contact}.`,
        ),
        go('Open your earnings', own('/earnings')),
        cite(`Correction ${correction}`),
      ],
    };
  },
};
