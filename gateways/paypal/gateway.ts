import type { Deps } from '../deps.ts';
import { answer, refusedAsAWhole, unclear, undecidable } from '../answers.ts';
import type { Answer, Gateway, Submission } from '../gateway.ts';
import { createPayPalBatches, REPEAT_WINDOW_MS } from './batches.ts';
import { createPayPalClient, type PayPalSettings } from './client.ts';
import { readPayPalError } from './errors.ts';
import { follow, followItem, FOLLOWS_ITEM } from './following.ts';
import { freezePayPal, thawPayPal } from './request.ts';
import { toLines, transactionsBetween } from './statement.ts';

const TOO_LATE =
  'PayPal never said whether it took this payment, and after 25 days the request must not be repeated. Look for the payee and amount at PayPal, then say by hand what became of it.';

/** PayPal Payouts: a batch of one item per payment, or of many. */
export function createPayPalGateway(settings: PayPalSettings, { now, fetch }: Deps): Gateway {
  const client = createPayPalClient(settings, { now, fetch });

  /** Posts the frozen batch. A repeat of an accepted one is answered with a link to the first, which is then read. */
  async function post(submission: Submission, isRepeat: boolean, signal: AbortSignal): Promise<Answer> {
    const reply = await client.createBatch(submission.key, thawPayPal(submission.request), signal);
    if (reply.kind === 'unclear') return unclear(reply.evidence);
    if (reply.kind === 'done') {
      const { payout_batch_id, batch_status } = reply.value.batch_header;
      return answer('accepted', batch_status, { reference: payout_batch_id, evidence: reply.evidence });
    }
    const { name, debugId, errorClass, firstBatchId } = readPayPalError(reply.status, reply.error);
    if (firstBatchId) return follow(client, submission, firstBatchId, now(), signal);
    if (errorClass === 'as_a_whole') throw refusedAsAWhole('PayPal', name);
    const evidence = { ...reply.evidence, debug: debugId, error: name };
    // A refused repeat says nothing about the first try.
    if (errorClass === 'unclear' || isRepeat) return unclear(evidence);
    return answer('failed', name, { reason: name, evidence });
  }

  async function read(submission: Submission, signal: AbortSignal): Promise<Answer> {
    const { reference, step } = submission;
    if (!reference) return answer(null, 'no batch known');
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
