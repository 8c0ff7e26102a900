import type { Deps } from '../deps.ts';
import type { Gateway, Reply, Submission } from '../gateway.ts';
import { refusedAsAWhole, reply, unclear, undecidable } from '../replies.ts';
import { createPayPalBatches, REPEAT_WINDOW_MS } from './batches.ts';
import { createPayPalClient, type PayPalSettings } from './client.ts';
import { readPayPalError } from './errors.ts';
import { follow, followItem, FOLLOWS_ITEM } from './following.ts';
import { freezePayPal, thawPayPal } from './request.ts';
import { toLines, transactionsBetween } from './statement.ts';

const TOO_LATE =
  'PayPal never confirmed this payment, and after 25 days the request must not be repeated. Look for the payee and amount at PayPal, then record the outcome by hand.';

/** PayPal Payouts: each payment is a batch of one item, or an item of a larger batch. */
export function createPayPalGateway(settings: PayPalSettings, { now, fetch }: Deps): Gateway {
  const client = createPayPalClient(settings, { now, fetch });

  /** Posts the frozen batch. If it was accepted before, PayPal answers with a link to the first batch, which is then read. */
  async function post(submission: Submission, isRepeat: boolean, signal: AbortSignal): Promise<Reply> {
    const result = await client.createBatch(submission.key, thawPayPal(submission.request), signal);
    if (result.kind === 'unclear') return unclear(result.evidence);
    if (result.kind === 'done') {
      const { payout_batch_id, batch_status } = result.value.batch_header;
      return reply('accepted', batch_status, { reference: payout_batch_id, evidence: result.evidence });
    }
    const { name, debugId, errorClass, firstBatchId } = readPayPalError(result.status, result.error);
    if (firstBatchId) return follow(client, submission, firstBatchId, now(), signal);
    if (errorClass === 'as_a_whole') throw refusedAsAWhole('PayPal', name);
    const evidence = { ...result.evidence, debug: debugId, error: name };
    // A refusal of the repeat says nothing about the first try.
    if (errorClass === 'unclear' || isRepeat) return unclear(evidence);
    return reply('failed', name, { reason: name, evidence });
  }

  async function read(submission: Submission, signal: AbortSignal): Promise<Reply> {
    const { reference, step } = submission;
    if (!reference) return reply(null, 'no batch known');
    return (step === FOLLOWS_ITEM ? followItem : follow)(client, submission, reference, now(), signal);
  }

  return {
    name: 'paypal',
    freeze: freezePayPal,
    submit: (submission, _save, signal) => post(submission, false, signal),
    async resolve(submission, _save, signal) {
      if (submission.reference) return read(submission, signal);
      const age = now().getTime() - (submission.submittedAt ?? now()).getTime();
      if (age > REPEAT_WINDOW_MS) return undecidable('never answered', TOO_LATE);
      return post(submission, true, signal);
    },
    read,
    async statement(_account, currency, from, to, signal) {
      return (await transactionsBetween(client, [from, to], currency, signal)).flatMap(toLines);
    },
    batches: createPayPalBatches(client, now),
  };
}
