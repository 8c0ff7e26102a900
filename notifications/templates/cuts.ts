import { cite, go, list, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';
import { PAGES } from '../places.ts';
import { countOf } from './amounts.ts';

/** Notices to the people who prepare and approve payments, about payouts that leave a run after its approval, or are held. */
export const CUT_TEMPLATES: Templates<'payout_cut' | 'payouts_held'> = {
  payouts_held: ({ run, schedule, periodEnd, items, count }) => ({
    subject: `Still held: ${countOf(count, 'payout')} of the ${schedule} run up to ${periodEnd}`,
    parts: [
      list(
        'Somebody holds these payouts. They are not paid, and the run does not end, before each of them is released or cut:',
        [
          ...items.map(({ payout, partner, amount, currency, since, by, reason }) => ({
            text: `${amount} ${currency} to ${partner}, held by ${by} since ${since}: ${reason}`,
            path: PAGES.payout(payout),
          })),
          ...(count > items.length ? [`and ${count - items.length} more`] : []),
        ],
      ),
      say('Open a payout to release it, or to take it out of its run. This notice comes once a day until then.'),
      go('Open the run', PAGES.run(run)),
    ],
  }),
  payout_cut: ({ payout, partner, amount, currency, run, reason }) => ({
    subject: `Not paid: ${amount} ${currency} to ${partner}, which was approved`,
    parts: [
      say(
        `The payout to ${partner} was taken out of its run after its approval. ${reason} No provider was asked. The earnings are free for ` +
          'the next run, and the rest of this run is paid as approved.',
      ),
      go('Open the payout', PAGES.payout(payout)),
      cite(`Run ${run}`),
    ],
  }),
};
