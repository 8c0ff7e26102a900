import type { PayoutDetail } from '../api-types/api.d.ts';
import type { ApiClient } from '../client.ts';
import type { Fate, MadeUpPartner } from './made-up-partners.ts';

/** The story of a payout that is worth a look: the partner, the event, the amount, and the current state. */
export type Story = readonly [partner: string, what: string, amount: string, now: string];

const ASKED_AT_ONCE = 10;

/** The stories of the payouts with a planned fate. */
export async function readStories(
  api: ApiClient,
  partners: readonly MadeUpPartner[],
  runIds: readonly string[],
): Promise<Story[]> {
  const planned = new Map(partners.map(({ code, fate }) => [code, fate]));
  const pages = await Promise.all(runIds.map((id) => api.all('/v1/runs/{id}/payouts', { params: { path: { id } } })));
  const telling = pages.flat().filter(({ partner }) => planned.get(partner) !== undefined);
  const stories: Story[] = [];
  for (let from = 0; from < telling.length; from += ASKED_AT_ONCE) {
    const page = telling.slice(from, from + ASKED_AT_ONCE);
    const details = await Promise.all(page.map(({ id }) => api.get('/v1/payouts/{id}', { params: { path: { id } } })));
    stories.push(...details.flatMap((detail) => storyOf(detail, planned.get(detail.partner))));
  }
  return stories;
}

function storyOf(payout: PayoutDetail, fate: Fate | undefined): Story[] {
  if (!fate) return [];
  const { partner, net, currency, status, attempts } = payout;
  const { state, word } = attempts.at(-1) ?? {};
  const now = `${status} (attempt ${state}, provider says ${word})`;
  return [[partner, WORTH_A_LOOK[fate]?.(payout) ?? fate, `${net} ${currency}`, now]];
}

/** The text for a fate whose name does not say enough. */
const WORTH_A_LOOK: Partial<Record<Fate, (payout: PayoutDetail) => string>> = {
  'in both programs': ({ lines }) => `one payout for ${new Set(lines.map(({ program }) => program)).size} programs`,
  'answer is lost': ({ history }) =>
    history.some(({ to }) => to === 'unknown') ? 'answer was lost, payment was found by its key' : 'no answer was lost',
};
