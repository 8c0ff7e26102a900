import { isoExponent, minorOf, toDecimal } from '../decimals.ts';
import { type Json, objectOf, textOf, writtenOf } from '../json.ts';
import type { StandIn } from '../site.ts';
import { type Quote, requiredDetails } from './quotes.ts';
import type { Recipient } from './recipients.ts';
import { PLANS, referenceMax, type Transfer, type WiseOutcome } from './transfer.ts';
import { complaint } from './wire.ts';

const FIRST_ID = 50_000_001;
/** Wise cancels a transfer that nobody funds after about two weeks. */
const UNFUNDED_AFTER_MS = 14 * 86_400_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The share that Wise keeps of a short refund. */
const KEPT_OF_REFUND_BPS = 500n;

type Refusal = { refusal: object; status: 409 | 422 };
type Money = { amount: string; currency: string };

export const isRefusal = (result: object): result is Refusal => 'refusal' in result;
const refused = (code: string, message: string, path = '', status: 409 | 422 = 422): Refusal => ({
  refusal: complaint(code, message, path),
  status,
});

/** The fields that a transfer takes from its quote. */
const priceOf = ({ profile, sourceCurrency, sourceAmount, fee, targetCurrency, targetAmount, rate }: Quote) => ({
  profile,
  sourceCurrency,
  sourceAmount,
  fee,
  targetCurrency,
  targetAmount,
  rate,
});

const minor = ({ amount, currency }: Money) => minorOf(amount, isoExponent(currency));

/** A transfer takes its amount and its fee from our balance. */
export const costOf = ({ sourceAmount, fee, sourceCurrency: currency }: Transfer): bigint =>
  minor({ amount: sourceAmount, currency }) + minor({ amount: fee, currency });

export type Transfers = ReturnType<typeof openTransfers>;

/** All transfers. Each is created once per customerTransactionId, funded once, and then moves through its states on its own. */
export function openTransfers({ books, clock, outcomes, webhooks, stepMs }: StandIn) {
  const transfers = books.table<Transfer>('transfer');
  const quotes = books.table<Quote>('quote');
  const recipients = books.table<Recipient>('recipient');
  const byCustomerId = new Map<string, string>();
  let nextId = FIRST_ID;

  const publish = (transfer: Transfer, eventType: string, data: object) =>
    webhooks.publish(
      JSON.stringify({
        data: {
          resource: {
            type: 'transfer',
            id: Number(transfer.id),
            profile_id: Number(transfer.profile),
            account_id: Number(transfer.targetAccount),
          },
          ...data,
          occurred_at: clock.iso(),
        },
        subscription_id: '00000000-0000-4000-8000-000000000001',
        event_type: eventType,
        schema_version: '4.0.0',
        sent_at: clock.iso(),
      }),
    );

  const publishState = (transfer: Transfer, previous: string | null) =>
    publish(transfer, 'transfers#state-change', { current_state: transfer.state, previous_state: previous });

  const move = (transfer: Transfer, kind: 'paid' | 'fee' | 'returned', amount: string) =>
    books.move({
      key: transfer.customerTransactionId,
      reference: transfer.id,
      kind,
      amount,
      currency: transfer.sourceCurrency,
      at: clock.iso(),
    });

  /** The money comes back without the fee, and less if Wise or the other bank keeps a part. */
  function refund(transfer: Transfer) {
    const sent = minor({ amount: transfer.sourceAmount, currency: transfer.sourceCurrency });
    const kept = transfer.outcome === 'bounce-short' ? (sent * KEPT_OF_REFUND_BPS) / 10_000n : 0n;
    const amount = toDecimal(sent - kept, isoExponent(transfer.sourceCurrency));
    move(transfer, 'returned', amount);
    publish(transfer, 'transfers#refund', {
      refund_amount: amount,
      refund_currency: transfer.sourceCurrency,
      refund_reason: transfer.outcome,
    });
  }

  /** Puts a transfer into a state and publishes the event. Any money that moves is recorded in the same write. */
  function enter(transfer: Transfer, state: string, rest: Partial<Transfer> = {}): Transfer {
    const next = transfers.change(transfer.id, { ...rest, state });
    publishState(next, transfer.state);
    if (state === 'funds_refunded') refund(next);
    if (state === 'bounced_back') {
      publish(next, 'transfers#payout-failure', {
        failure_reason_code: 'ACCOUNT_CLOSED',
        failure_description: 'The account is closed',
      });
      publish(next, 'transfers#active-cases', { active_cases: ['recipient_bank_details_incorrect'] });
    }
    return next;
  }

  const schedule = (id: string, dueAt: number | null) => dueAt !== null && clock.at(dueAt, () => step(id, dueAt));

  /** Enters the next state of the plan. If the task's time is not the row's, a call has changed the plan in the meantime. */
  function step(id: string, when: number) {
    const transfer = transfers.get(id);
    const [state, ...plan] = transfer?.plan ?? [];
    if (!transfer || !state || transfer.dueAt !== when) return;
    const waitMs = state === 'outgoing_payment_sent' ? (transfer.afterMs ?? stepMs) : stepMs;
    const dueAt = plan.length > 0 ? when + waitMs : null;
    enter(transfer, state, { plan, dueAt });
    schedule(id, dueAt);
  }

  function replan(transfer: Transfer, plan: readonly string[], changes: Partial<Transfer> = {}): Transfer {
    const dueAt = plan.length > 0 ? clock.now() + stepMs : null;
    const next = transfers.change(transfer.id, { ...changes, plan: [...plan], dueAt });
    schedule(transfer.id, dueAt);
    return next;
  }

  /** Says why Wise would refuse this transfer, if it would. */
  function whyNot(quote: Quote | undefined, recipient: Recipient | undefined, details: Json): Refusal | undefined {
    const reference = textOf(details['reference']) ?? '';
    if (!quote) return refused('quote.not-found', 'Quote does not exist', 'quoteUuid');
    if (!recipient?.active) return refused('NOT_VALID', 'Target account does not exist', 'targetAccount');
    if (recipient.currency !== quote.targetCurrency)
      return refused('NOT_VALID', 'Target account is in another currency', 'targetAccount');
    if (quote.transferId) return refused('NOT_VALID', 'Quote was already used for a transfer', 'quoteUuid');
    if (clock.now() > quote.expiresAt) return refused('quote.expired', 'Quote has expired', 'quoteUuid');
    const missing = requiredDetails(quote).find((key) => !textOf(details[key]));
    if (missing) return refused('REQUIRED', `${missing} is required`, `details.${missing}`);
    const max = referenceMax(quote.targetCurrency);
    return reference.length > max
      ? refused('LENGTH', `Reference is longer than ${max}`, 'details.reference')
      : undefined;
  }

  function fateOf(recipient: Recipient, reference: string, amount: string) {
    const rule = outcomes.find([recipient.name, reference, ...Object.values(recipient.details).map(String)], amount);
    const magic: WiseOutcome = recipient.name.includes('Bounce') ? 'bounce' : 'arrive';
    return { outcome: (rule?.outcome as WiseOutcome | undefined) ?? magic, afterMs: rule?.afterMs ?? null };
  }

  /** Creates a transfer, or returns the one that was created with the same customerTransactionId. */
  function create(body: Json, batchId: string | null = null): { transfer: Transfer; isNew: boolean } | Refusal {
    const customerTransactionId = textOf(body['customerTransactionId']) ?? '';
    if (!UUID.test(customerTransactionId)) return refused('NOT_VALID', 'Must be a UUID', 'customerTransactionId');
    const first = transfers.get(byCustomerId.get(customerTransactionId) ?? '');
    if (first && first.batchId !== batchId)
      return refused('validation.failure.group.incompatible.state', 'Transfer belongs to another group');
    if (first) return { transfer: first, isNew: false };

    const quote = quotes.get(textOf(body['quoteUuid']) ?? '');
    const recipient = recipients.get(writtenOf(body['targetAccount']) ?? '');
    const details = objectOf(body['details']);
    const reference = textOf(details['reference']) ?? '';
    const refusal = whyNot(quote, recipient, details);
    if (refusal || !quote || !recipient) return refusal ?? refused('NOT_VALID', 'Not valid');

    const dueAt = clock.now() + UNFUNDED_AFTER_MS;
    const transfer = transfers.put({
      id: String(nextId++),
      quoteId: quote.id,
      targetAccount: recipient.id,
      state: 'incoming_payment_waiting',
      plan: ['cancelled'],
      isFunded: false,
      createdAt: clock.iso(),
      customerTransactionId,
      reference,
      dueAt,
      batchId,
      ...priceOf(quote),
      ...fateOf(recipient, reference, quote.targetAmount),
    });
    quotes.change(quote.id, { transferId: transfer.id });
    byCustomerId.set(customerTransactionId, transfer.id);
    schedule(transfer.id, dueAt);
    publishState(transfer, null);
    return { transfer, isNew: true };
  }

  const canAfford = (rows: readonly Transfer[]): boolean => {
    const currency = rows[0]?.sourceCurrency ?? '';
    return rows.reduce((sum, row) => sum + costOf(row), 0n) <= books.balance(currency);
  };

  /** Takes the money for a transfer, which then moves through its states on its own. */
  function fund(transfer: Transfer): Transfer {
    move(transfer, 'paid', transfer.sourceAmount);
    move(transfer, 'fee', transfer.fee);
    return replan(transfer, PLANS[transfer.outcome], { isFunded: true });
  }

  /** Cancels a transfer at our request. Money that was taken comes back one step later. */
  function cancel(transfer: Transfer): Transfer {
    const next = enter(transfer, 'cancelled');
    return replan(next, transfer.isFunded ? ['funds_refunded'] : []);
  }

  /** Puts a transfer into the state that a simulation call asks for. The rest of its plan continues from there. */
  function simulate(transfer: Transfer, state: string): Transfer {
    const at = transfer.plan.indexOf(state);
    const next = enter(transfer, state);
    return replan(next, at < 0 ? [] : transfer.plan.slice(at + 1));
  }

  function resume() {
    for (const { id, customerTransactionId, dueAt } of transfers.all()) {
      byCustomerId.set(customerTransactionId, id);
      nextId = Math.max(nextId, Number(id) + 1);
      schedule(id, dueAt);
    }
  }

  /** The longest reference for a quote's route, or the strictest limit if there is no such quote, and the details that it requires. */
  const requirementsOf = (quoteId: string) => {
    const quote = quotes.get(quoteId);
    return {
      referenceMax: referenceMax(quote?.targetCurrency ?? 'USD'),
      required: quote ? requiredDetails(quote) : [],
    };
  };

  resume();
  return { ...transfers, requirementsOf, create, canAfford, fund, cancel, simulate, publish };
}
