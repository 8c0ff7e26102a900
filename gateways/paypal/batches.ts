import { batchAnswer, refusedAsAWhole } from '../answers.ts';
import type { BatchAnswer, BatchGateway, BatchHands, BatchSubmission } from '../gateway.ts';
import type { PayPalClient } from './client.ts';
import { type PayPalError, readPayPalError } from './errors.ts';
import { FOLLOWS_ITEM, ITEMS_MAX, pagesOf } from './following.ts';
import { freezePayPalBatch, keysOf, thawPayPal } from './request.ts';

/** PayPal knows a batch id for 30 days; a repeat is safe only well within them. */
export const REPEAT_WINDOW_MS = 25 * 24 * 60 * 60_000;

/** Written down where PayPal certainly did not take the first call, so that its word on the next one is its first word. */
const UNTOUCHED = 'untouched';
const ASKED = 'asked';

const TOO_LATE =
  'PayPal never said whether it took this batch, and after 25 days the request must not be repeated. Look for the batch at PayPal, then say by hand what became of each payout.';

/** Payouts of many at once. The batch id is the guard, for all of them together. */
export function createPayPalBatches(client: PayPalClient, now: () => Date): BatchGateway {
  /** Posts the frozen batch. A repeat of an accepted one is answered with a link to the first, whose payments are then named. */
  async function post(
    batch: BatchSubmission,
    hands: BatchHands,
    isRepeat: boolean,
    signal: AbortSignal,
  ): Promise<BatchAnswer> {
    const untouched = async (): Promise<void> => {
      if (!isRepeat) await hands.save(UNTOUCHED, null);
    };
    const reply = await client
      .createBatch(batch.key, thawPayPal(batch.request), signal)
      .catch(async (failure: unknown) => {
        await untouched();
        throw failure;
      });
    if (reply.kind === 'unclear') return batchAnswer('unknown', 'no clear answer', { evidence: reply.evidence });
    if (reply.kind === 'done') {
      const { payout_batch_id, batch_status } = reply.value.batch_header;
      return batchAnswer('accepted', batch_status, { reference: payout_batch_id, evidence: reply.evidence });
    }
    const error = readPayPalError(reply.status, reply.error);
    const evidence = { ...reply.evidence, debug: error.debugId, error: error.name };
    if (error.firstBatchId) return batchAnswer('accepted', 'DUPLICATE', { reference: error.firstBatchId, evidence });
    if (error.errorClass === 'unclear') return batchAnswer('unknown', 'no clear answer', { evidence });
    // A refused repeat says nothing about the first try.
    if (isRepeat && error.errorClass === 'rejected') return batchAnswer('unknown', error.name, { evidence });
    const refused = refusedItems(batch, error);
    if (error.errorClass === 'as_a_whole' || refused.length === 0) {
      await untouched();
      throw refusedAsAWhole('PayPal', error.name);
    }
    return batchAnswer('refused', error.name, { refused, reason: error.name, evidence });
  }

  return {
    itemsMax: ITEMS_MAX,
    freeze: freezePayPalBatch,
    submit: (batch, hands, signal) => post(batch, hands, false, signal),
    async resolve(batch, hands, signal) {
      const isRepeat = batch.step !== UNTOUCHED;
      if (!isRepeat) await hands.save(ASKED, null);
      const age = now().getTime() - (batch.submittedAt ?? now()).getTime();
      if (isRepeat && age > REPEAT_WINDOW_MS)
        return batchAnswer('unknown', 'never answered', { task: { kind: 'outcome_unknown', detail: TOO_LATE } });
      return post(batch, hands, isRepeat, signal);
    },
    read: async () => batchAnswer(null, 'waits for nobody'),
    async name({ reference }, hands, signal) {
      if (!reference) return;
      for await (const { items } of pagesOf(client, reference, signal))
        await hands.nameItems(
          items.flatMap(({ payout_item_id, payout_item: { sender_item_id } }) =>
            sender_item_id ? [{ key: sender_item_id, reference: payout_item_id, step: FOLLOWS_ITEM }] : [],
          ),
        );
    },
  };
}

/** `items[3].receiver`, or as a path: `/items/3/receiver`. */
const ITEM_FIELD = /\bitems(?:\[|\/)(\d+)/;

/** Whom a refusal names. One that names nobody is about us: then no payment is given up for it. */
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
