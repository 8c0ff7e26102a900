import type { Templates } from '../notification.ts';

/** Mail to the people who prepare and approve payments, about payouts that leave a run after its approval. */
export const CUT_TEMPLATES: Templates<'payout_cut'> = {
  payout_cut: ({ payout, partner, amount, currency, run, reason }, { urlOf }) => ({
    subject: `Not paid: ${amount} ${currency} to ${partner}, which was approved`,
    text:
      `The payout to ${partner} was taken out of run ${run} after its approval. ${reason} No provider was asked. The earnings ` +
      `are free for the next run, and the rest of this run is paid as approved.\n\n${urlOf(`/v1/payouts/${payout}`)}`,
  }),
};
