import type { Deps } from '../deps.ts';
import type { Gateway, Reply, SaveStep, Submission } from '../gateway.ts';
import { refusedAsAWhole, reply, unclear, undecidable } from '../replies.ts';
import { ASKED, askPayPal } from './asking.ts';
import { createPayPalBatches, REPEAT_WINDOW_MS } from './batches.ts';
import { createPayPalClient, type PayPalSettings } from './client.ts';
import { readPayPalError } from './errors.ts';
import { follow, followItem, FOLLOWS_ITEM } from './following.ts';
import { freezePayPal, thawPayPal } from './request.ts';
import { toLines, transactionsBetween } from './statement.ts';

const TOO_LATE =
  'PayPal never confirmed this payment, and after 25 days the request must not be repeated. Look for the payee and amount at PayPal, then record the outcome by hand.';

const REFUSED_LATER =
  'PayPal gave no clear answer to this payment and refused to take it again, so it may or may not have paid. Nothing is sent again. Look for the payee and amount at PayPal, then record the outcome by hand.';

/** PayPal Payouts: each payment is a batch of one item, or an item of a larger batch. */
export function createPayPalGateway(settings: PayPalSettings, { now, fetch }: Deps): Gateway {
  const client = createPayPalClient(settings, { now, fetch });

  /** Posts the frozen batch. If it was accepted before, PayPal answers with a link to the first batch, which is then read. */
  async function post(submission: Submission, isRepeat: boolean, save: SaveStep, signal: AbortSignal): Promise<Reply> {
    const answer = await askPayPal(() => judge(submission, signal), { isRepeat, save, signal });
    if ('firstBatchId' in answer) return follow(client, submission, answer.firstBatchId, now(), signal);
    // A refusal of the repeat says nothing about the first try.
    if (!isRepeat || answer.state !== 'failed') return answer;
    await save(ASKED.refused, null);
    return { ...undecidable(answer.providerStatus, REFUSED_LATER), evidence: answer.evidence };
  }

  /** The meaning of PayPal's answer to one post. Throws what certainly changed nothing. */
  async function judge({ key, request }: Submission, signal: AbortSignal): Promise<Reply | { firstBatchId: string }> {
    const result = await client.createBatch(key, thawPayPal(request), signal);
    if (result.kind === 'unclear') return unclear(result.evidence);
    if (result.kind === 'done') {
      const { payout_batch_id, batch_status } = result.value.batch_header;
      return reply('accepted', batch_status, { reference: payout_batch_id, evidence: result.evidence });
    }
    const { name, debugId, errorClass, firstBatchId } = readPayPalError(result.status, result.error);
    if (firstBatchId) return { firstBatchId };
    if (errorClass === 'as_a_whole') throw refusedAsAWhole('PayPal', name);
    const evidence = { ...result.evidence, debug: debugId, error: name };
    return errorClass === 'unclear' ? unclear(evidence) : reply('failed', name, { reason: name, evidence });
  }

  async function read(submission: Submission, signal: AbortSignal): Promise<Reply> {
    const { reference, step } = submission;
    if (!reference) return reply(null, 'no batch known');
    return (step === FOLLOWS_ITEM ? followItem : follow)(client, submission, reference, now(), signal);
  }

  return {
    name: 'paypal',
    freeze: freezePayPal,
    submit: (submission, save, signal) => post(submission, false, save, signal),
    async resolve(submission, save, signal) {
      const { reference, step, submittedAt } = submission;
      if (reference) return read(submission, signal);
      if (step === ASKED.refused) return undecidable('refused', REFUSED_LATER);
      const isRepeat = step !== ASKED.untouched;
      if (!isRepeat) await save(ASKED.asked, null);
      const age = now().getTime() - (submittedAt ?? now()).getTime();
      if (isRepeat && age > REPEAT_WINDOW_MS) return undecidable('never answered', TOO_LATE);
      return post(submission, isRepeat, save, signal);
    },
    read,
    async statement(_account, currency, from, to, signal, onUnreadable) {
      return (await transactionsBetween(client, [from, to], currency, { signal, onUnreadable })).flatMap(toLines);
    },
    batches: createPayPalBatches(client, now),
  };
}
