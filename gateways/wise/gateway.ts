import { Failure } from '../../domain/errors.ts';
import type { Deps } from '../deps.ts';
import type { Gateway, Submission } from '../gateway.ts';
import { reply } from '../replies.ts';
import { createWiseBatches } from './batches.ts';
import { createWiseClient, type WiseSettings } from './client.ts';
import { followTransfer, transferReply } from './following.ts';
import { freezeWise, readWiseAccount, thawWise } from './request.ts';
import { feeOf, readStep, send } from './sending.ts';
import { statementOf, toLines } from './statement.ts';

/** Bank payments by Wise: recipient, quote, transfer, and funding from the balance in the payout's own currency. */
export function createWiseGateway(settings: WiseSettings, { now, fetch }: Deps): Gateway {
  const client = createWiseClient(settings, fetch);

  async function read({ step, reference, amount, submittedAt, request }: Submission, signal: AbortSignal) {
    if (!reference) return reply(null, 'no transfer known');
    const followed = await followTransfer(client, reference, signal);
    const { profileId } = thawWise(request);
    const payment = { profileId, amount, fee: feeOf(readStep(step), amount), submittedAt, now: now() };
    return transferReply(client, followed, payment, signal);
  }

  return {
    name: 'wise',
    freeze: freezeWise,
    submit: (submission, save, signal) => send({ client, submission, save, now: now(), signal }),
    // Each part knows how far the first try got, so resolving simply continues.
    resolve: (submission, save, signal) => send({ client, submission, save, now: now(), signal }),
    read,
    async statement(account, currency, from, to, signal, onUnreadable) {
      const { profileId } = readWiseAccount(account);
      const last = new Date(to.getTime() - 1); // Wise includes both ends; our day is half-open
      const transactions = await statementOf(client, profileId, currency, [from, last], signal);
      if (!transactions) throw statementNeedsPerson();
      transactions.unreadable.forEach((row) => onUnreadable?.(row));
      return transactions.readable.flatMap(toLines);
    },
    batches: createWiseBatches(client, now),
  };
}

const statementNeedsPerson = () =>
  new Failure(
    'gateway_refused',
    'Wise requires a person to approve reading this statement. Nothing was reconciled. Approve it at Wise, or load the statement by hand.',
  );
