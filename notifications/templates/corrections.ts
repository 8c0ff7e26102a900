import { cite, go, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';

/** The kinds of corrections whose changes have words of their own. Every other kind is told in the ordinary words. */
const KINDS = ['transfer', 'write_off'] as const;

/** Notices to partners about corrections of their balances. A merge has no amounts, because money may follow later. */
export const CORRECTION_TEMPLATES: Templates<'balance_corrected'> = {
  balance_corrected: ({ correction, kind, reason, ...amounts }, { contact, own }, voice) => {
    const [added, taken] = [voice.domain.written(amounts.added), voice.domain.written(amounts.taken)];
    const words = KINDS.find((one) => one === kind) ?? 'ordinary';
    const changes =
      kind === 'merge'
        ? [voice.say('corrected.merge')]
        : [
            ...(added ? [voice.say(`corrected.${words}.added`, { amount: added })] : []),
            ...(taken ? [voice.say(`corrected.${words}.taken`, { amount: taken })] : []),
          ];
    const both = [...(added ? [added] : []), ...(taken ? [voice.say('corrected.less', { amount: taken })] : [])];
    const stop = /[.!?]$/.test(reason) ? '' : '.';
    return {
      subject:
        kind === 'merge' ? voice.say('corrected.merged') : voice.say('corrected.subject', { amounts: both.join(', ') }),
      parts: [
        say(voice.say('corrected.reason', { changes: changes.join(' '), reason: reason + stop })),
        say(voice.say('corrected.ifNot', { contact })),
        go(voice.say('open.earnings'), own('/earnings')),
        cite(voice.say('cite.correction', { correction })),
      ],
    };
  },
};
