import { REPEATS_END_MS } from '../../domain/payouts/ending.ts';
import type { BatchCallbacks, BatchGateway, BatchReply, BatchSubmission } from '../gateway.ts';
import { batchReply, refusedAsAWhole } from '../replies.ts';
import { ASKED, askPayPal } from './asking.ts';
import type { PayPalClient } from './client.ts';
import { type PayPalError, readPayPalError } from './errors.ts';
import { DENIED, deniedReply, FOLLOWS_ITEM, ITEMS_MAX, pagesOf } from './following.ts';
import { freezePayPalBatch, keysOf, thawPayPal } from './request.ts';

/** PayPal remembers a batch id for 30 days. A repeat is safe only well within that time. */
export const REPEAT_WINDOW_MS = REPEATS_END_MS;

const TOO_LATE =
  'PayPal never confirmed this batch, and after 25 days the request must not be repeated. Look for the batch at PayPal, then record the outcome of each payout by hand.';

const REFUSED_LATER =
  'PayPal gave no clear answer to this batch and refused to take it again, so it may or may not pay. Nothing is sent again. Look for the batch at PayPal, then record the outcome of each payout by hand.';

/** Many payouts in one request. One batch id guards all of them against being paid twice. */
export function createPayPalBatches(client: PayPalClient, now: () => Date): BatchGateway {
  /** Posts the frozen batch. If it was accepted before, PayPal answers with a link to the first batch, whose payments are then named. */
  async function post(
    batch: BatchSubmission,
    { save }: BatchCallbacks,
    isRepeat: boolean,
    signal: AbortSignal,
  ): Promise<BatchReply> {
    const reply = await askPayPal(() => judge(batch, isRepeat, signal), { isRepeat, save, signal });
    // A refusal of the repeat says nothing about the first try.
    if (!isRepeat || reply.state !== 'refused') return reply;
    await save(ASKED.refused, null);
    return refusedLater(reply.providerStatus, reply.evidence);
  }

  /** The meaning of PayPal's answer to one post. Throws what certainly changed nothing. */
  async function judge(batch: BatchSubmission, isRepeat: boolean, signal: AbortSignal): Promise<BatchReply> {
    const result = await client.createBatch(batch.key, thawPayPal(batch.request), signal);
    if (result.kind === 'unclear') return batchReply('unknown', 'no clear answer', { evidence: result.evidence });
    if (result.kind === 'done') {
      const { payout_batch_id, batch_status } = result.value.batch_header;
      return batchReply('accepted', batch_status, { reference: payout_batch_id, evidence: result.evidence });
    }
    const error = readPayPalError(result.status, result.error);
    const evidence = { ...result.evidence, debug: error.debugId, error: error.name };
    if (error.firstBatchId) return batchReply('accepted', 'DUPLICATE', { reference: error.firstBatchId, evidence });
    if (error.errorClass === 'unclear') return batchReply('unknown', 'no clear answer', { evidence });
    const refused = refusedItems(batch, error);
    if (error.errorClass === 'as_a_whole' || (refused.length === 0 && !isRepeat))
      throw refusedAsAWhole('PayPal', error.name);
    return batchReply('refused', error.name, { refused, reason: error.name, evidence });
  }

  return {
    itemsMax: ITEMS_MAX,
    freeze: freezePayPalBatch,
    submit: (batch, callbacks, signal) => post(batch, callbacks, false, signal),
    async resolve(batch, callbacks, signal) {
      if (batch.step === ASKED.refused) return refusedLater('refused', {});
      const isRepeat = batch.step !== ASKED.untouched;
      if (!isRepeat) await callbacks.save(ASKED.asked, null);
      const age = now().getTime() - (batch.submittedAt ?? now()).getTime();
      if (isRepeat && age > REPEAT_WINDOW_MS)
        return batchReply('unknown', 'never answered', { task: { kind: 'outcome_unknown', detail: TOO_LATE } });
      return post(batch, callbacks, isRepeat, signal);
    },
    read: async () => batchReply(null, 'waits for nobody'),
    name: (batch, callbacks, signal) => nameItems(client, batch, callbacks, signal),
  };
}

/** After an unclear call, a refusal does not prove that nothing was paid. Nothing is sent again, so that people can find out. */
const refusedLater = (providerStatus: string, evidence: BatchReply['evidence']): BatchReply =>
  batchReply('unknown', providerStatus, { evidence, task: { kind: 'outcome_unknown', detail: REFUSED_LATER } });

/** Names the payments that PayPal shows. If PayPal denied the batch, it pays none of those that it does not show either. */
async function nameItems(
  client: PayPalClient,
  { reference }: BatchSubmission,
  callbacks: BatchCallbacks,
  signal: AbortSignal,
): Promise<void> {
  if (!reference) return;
  const shown = new Set<string>();
  let isDenied = false;
  for await (const { batchStatus, items } of pagesOf(client, reference, signal)) {
    const ours = items.flatMap(({ payout_item_id, payout_item: { sender_item_id } }) =>
      sender_item_id ? [{ key: sender_item_id, reference: payout_item_id, step: FOLLOWS_ITEM }] : [],
    );
    for (const { key } of ours) shown.add(key);
    isDenied = batchStatus === DENIED;
    await callbacks.nameItems(ours);
  }
  if (!isDenied) return;
  for (const { key } of await callbacks.items())
    if (!shown.has(key)) await callbacks.recordItem(key, deniedReply(null));
}

/** `items[3].receiver`, or `/items/3/receiver` as a path. */
const ITEM_FIELD = /\bitems(?:\[|\/)(\d+)/;

/** The payments that a refusal names. If it names none, it is about our account, and no payment fails because of it. */
function refusedItems({ request }: BatchSubmission, { name, details }: PayPalError) {
  const places = new Map(
    details.flatMap(({ field, issue }) => {
      const place = ITEM_FIELD.exec(field ?? '')?.[1];
      return place === undefined ? [] : [[Number(place), issue ?? name] as const];
    }),
  );
  return keysOf(request).flatMap((key, place) => {
    const reason = places.get(place);
    return reason === undefined ? [] : [{ key, reason }];
  });
}
