import type { Templates } from '../notification.ts';
import { countOf } from './amounts.ts';

/** Mail to the people who prepare and approve payments, about payouts that leave a run after its approval, or are held. */
export const CUT_TEMPLATES: Templates<'payout_cut' | 'payouts_held'> = {
  payouts_held: ({ run, schedule, periodEnd, items, count }, { urlOf }) => ({
    subject: `Still held: ${countOf(count, 'payout')} of the ${schedule} run up to ${periodEnd}`,
    text:
      `Somebody holds these payouts. They are not paid, and run ${run} does not end, before each of them is released or cut:\n\n` +
      items
        .map(
          ({ payout, partner, amount, currency, since, by, reason }) =>
            `  ${amount} ${currency} to ${partner}, held by ${by} since ${since}: ${reason}\n  ${urlOf(`/v1/payouts/${payout}`)}`,
        )
        .join('\n') +
      (count > items.length ? `\n  and ${count - items.length} more` : '') +
      '\n\nRelease a payout with POST /v1/payouts/{id}/release, or take it out of its run with POST /v1/payouts/{id}/cut. ' +
      'This mail comes once a day until then.',
  }),
  payout_cut: ({ payout, partner, amount, currency, run, reason }, { urlOf }) => ({
    subject: `Not paid: ${amount} ${currency} to ${partner}, which was approved`,
    text:
      `The payout to ${partner} was taken out of run ${run} after its approval. ${reason} No provider was asked. The earnings ` +
      `are free for the next run, and the rest of this run is paid as approved.\n\n${urlOf(`/v1/payouts/${payout}`)}`,
  }),
};
