import { z } from 'zod';

import { formatDecimal, type Money, parseDecimal } from '../../domain/money.ts';
import { answer, refusedAsAWhole, unclear, undecidable } from '../answers.ts';
import type { Answer, SaveStep, Submission } from '../gateway.ts';
import { lookedUp, type Reply } from '../http.ts';
import { Decimal, Id, readJson, writeJson } from '../json.ts';
import type { WiseClient, WiseQuote, WiseTransfer, WiseTransferOrder } from './client.ts';
import { wantsPerson, wiseErrorClass, wiseErrorCode } from './errors.ts';
import { type FollowedTransfer, followTransfer, transferAnswer, waitsForMoney } from './following.ts';
import { thawWise, type WiseRequest } from './request.ts';

/** How far the calls came. A quote that is written here may already have been turned into a transfer. */
const StepBody = z.object({
  recipientId: Id.optional(),
  quoteId: Id.optional(),
  fee: Decimal.optional(),
  transferId: Id.optional(),
});
export type WiseStep = z.infer<typeof StepBody>;

export const readStep = (step: string | null): WiseStep => (step === null ? {} : StepBody.parse(readJson(step)));

/** What Wise takes on top of the amount, as its quote said. */
export const feeOf = (step: WiseStep, amount: Money): Money => parseDecimal(step.fee ?? '0', amount.currency);

type Sending = {
  client: WiseClient;
  submission: Submission;
  request: WiseRequest;
  /** Whether an earlier try may have asked for the transfer. */
  isResumed: boolean;
  /** Makes the transfer: one by itself, or one within a group. */
  make: (order: WiseTransferOrder, signal: AbortSignal) => Promise<Reply<WiseTransfer>>;
  save: SaveStep;
  now: Date;
  signal: AbortSignal;
};

/** One call of the payment: the next step, or the answer that ends it here. */
type Part = (sending: Sending, step: WiseStep) => Promise<WiseStep | Answer>;

export const ends = (outcome: WiseStep | Answer): outcome is Answer => 'state' in outcome;

/** The parts in order. Each is skipped where an earlier try has done it. */
const PARTS: readonly Part[] = [addRecipient, takeQuote, makeTransfer];

type Drafting = Pick<Sending, 'client' | 'submission' | 'save' | 'now' | 'signal'> & Partial<Pick<Sending, 'make'>>;

const open = ({ make, ...drafting }: Drafting): Sending => ({
  ...drafting,
  request: thawWise(drafting.submission.request),
  isResumed: readStep(drafting.submission.step).quoteId !== undefined,
  make: make ?? drafting.client.createTransfer,
});

/**
 * Goes on from wherever an earlier try stopped: recipient, quote, transfer. Every part is committed before the next is called, and
 * the transfer is asked for by our key only. Nothing is funded. Answers how far it is, or what ended it.
 */
export const draft = (drafting: Drafting): Promise<WiseStep | Answer> => draftWith(open(drafting));

async function draftWith(sending: Sending): Promise<WiseStep | Answer> {
  let step = readStep(sending.submission.step);
  for (const part of PARTS) {
    const outcome = await part(sending, step);
    if (ends(outcome)) return outcome;
    if (outcome !== step) await sending.save(writeJson(outcome), outcome.transferId ?? null);
    step = outcome;
  }
  return step;
}

/** Makes a transfer and funds it. Funding is never repeated before Wise was read. */
export async function send(drafting: Drafting): Promise<Answer> {
  const sending = open(drafting);
  const step = await draftWith(sending);
  if (ends(step)) return step;
  return sending.isResumed ? readThenFund(sending, step) : fund(sending, step);
}

/** A part that was refused before any transfer was asked for: nothing can have moved. */
function refusal({ status, error, evidence }: Extract<Reply<unknown>, { kind: 'refused' }>): Answer {
  const { code, reason } = wiseErrorCode(error);
  const errorClass = wiseErrorClass(status, code);
  if (errorClass === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  return errorClass === 'rejected'
    ? answer('failed', code, { reason, evidence })
    : unclear({ ...evidence, error: code });
}

async function addRecipient({ client, request, signal }: Sending, step: WiseStep): Promise<WiseStep | Answer> {
  if (step.recipientId) return step;
  const reply = await client.createRecipient(request.recipient, signal);
  if (reply.kind === 'refused') return refusal(reply);
  return reply.kind === 'done' ? { recipientId: reply.value.id } : unclear(reply.evidence, step.transferId);
}

async function takeQuote(sending: Sending, step: WiseStep): Promise<WiseStep | Answer> {
  if (step.quoteId) return step;
  const { client, request, signal } = sending;
  const recipientId = step.recipientId ?? '';
  const reply = await client.createQuote({ ...request, recipientId }, signal);
  if (reply.kind === 'refused') return refusal(reply);
  if (reply.kind === 'unclear') return unclear(reply.evidence, step.transferId);
  const quote = reply.value;
  const blocked = quote.notices.find(({ type }) => type === 'BLOCKED');
  if (blocked)
    return answer('failed', 'BLOCKED', { reason: blocked.code ?? 'quote blocked', evidence: reply.evidence });
  const tooLong = await referenceTooLong(sending, recipientId, quote.id);
  return tooLong ?? { ...step, quoteId: quote.id, fee: balanceFee(quote) };
}

/** What paying from our balance costs. */
function balanceFee({ paymentOptions }: WiseQuote): string {
  const option = paymentOptions.find(({ payIn }) => payIn === 'BALANCE');
  if (!option) throw refusedAsAWhole('Wise', 'no payment from balance');
  return option.fee.total;
}

/** Asks the route for its limit: a reference is refused, never cut. */
async function referenceTooLong(sending: Sending, recipientId: string, quoteId: string): Promise<Answer | null> {
  const { client, request, submission, signal } = sending;
  const order = { recipientId, quoteId, key: submission.key, reference: request.reference };
  const reply = await client.transferRequirements(order, signal);
  if (reply.kind === 'refused') return refusal(reply);
  if (reply.kind === 'unclear') return unclear(reply.evidence);
  const fields = reply.value.flatMap((form) => form.fields.flatMap(({ group }) => group));
  const limit = fields.find(({ key }) => key === 'reference')?.maxLength;
  if (!limit || request.reference.length <= Number(limit)) return null;
  return answer('failed', 'reference too long', { reason: `reference has more than ${limit} characters` });
}

async function makeTransfer(sending: Sending, step: WiseStep): Promise<WiseStep | Answer> {
  if (step.transferId) return step;
  const { make, submission, request, isResumed, signal } = sending;
  const order = {
    recipientId: step.recipientId ?? '',
    quoteId: step.quoteId ?? '',
    key: submission.key,
    reference: request.reference,
  };
  const reply = await make(order, signal).catch(async (failure: unknown) => {
    // The first ask certainly was not processed, so the next try may take a fresh quote: this one expires in half an hour.
    if (!isResumed) await sending.save(writeJson({ recipientId: step.recipientId }), null);
    throw failure;
  });
  if (reply.kind === 'done') return ours(submission, step, reply.value);
  if (reply.kind === 'unclear') return unclear(reply.evidence, step.transferId);
  // Our key may be in another group, as after a restore: that transfer may pay.
  const mayStand = wiseErrorClass(reply.status, wiseErrorCode(reply.error).code) === 'read_first';
  return isResumed || mayStand ? findTransfer(sending, step) : refusal(reply);
}

const NOT_OURS =
  'Wise holds a transfer of another amount under the key of this payment. It was not funded. Compare the two before anybody pays again.';

/** A repeat is answered with whatever was made first under our key: it must be this payment. */
function ours({ amount }: Submission, step: WiseStep, { id, status, targetValue, targetCurrency }: WiseTransfer) {
  const made = targetValue && targetCurrency ? parseDecimal(targetValue, targetCurrency) : amount;
  if (made.minor === amount.minor && made.currency === amount.currency) return { ...step, transferId: id };
  return answer('needs_person', status, { reference: id, alarm: NOT_OURS });
}

const LIST_PAGE = 100;
const LIST_PAGES_MAX = 500;
const DAY_MS = 24 * 60 * 60_000;

/** A repeat was refused: the first transfer may stand all the same, so it is looked for by our key. */
async function findTransfer(sending: Sending, step: WiseStep): Promise<WiseStep | Answer> {
  const { client, request, submission, now, signal } = sending;
  const askedAt = submission.submittedAt ?? now;
  const since = new Date(askedAt.getTime() - DAY_MS); // a margin for two clocks that differ
  for (let page = 0; page < LIST_PAGES_MAX; page += 1) {
    const rows = lookedUp(
      'Wise',
      await client.transfers(request.profileId, since, LIST_PAGE, page * LIST_PAGE, signal),
    );
    const found = rows.find(({ customerTransactionId }) => customerTransactionId === submission.key);
    if (found) return ours(submission, step, found);
    if (rows.length === 0) break;
  }
  if (now.getTime() - askedAt.getTime() < DAY_MS) return answer('unknown', 'transfer not found');
  return undecidable(
    'transfer not found',
    'Wise refused to repeat this transfer and lists none with its key after 24 hours. Ask Wise whether it exists; only then say by hand what became of it.',
  );
}

/** After an unclear try: funds only a transfer that Wise says still waits for its money, with no payment on it. */
async function readThenFund(sending: Sending, step: WiseStep): Promise<Answer> {
  const followed = await followTransfer(sending.client, step.transferId ?? '', sending.signal);
  return waitsForMoney(followed) ? fund(sending, step) : whatItSays(sending, step, followed);
}

function whatItSays(sending: Sending, step: WiseStep, followed: FollowedTransfer): Promise<Answer> {
  const { client, submission, request, now, signal } = sending;
  const { amount, submittedAt } = submission;
  const payment = { profileId: request.profileId, amount, fee: feeOf(step, amount), submittedAt, now };
  return transferAnswer(client, followed, payment, signal);
}

async function fund(sending: Sending, step: WiseStep): Promise<Answer> {
  const { client, submission, request, signal } = sending;
  const transferId = step.transferId ?? '';
  if (request.funding === 'person') return standsUnfunded('DRAFT_ONLY', step, {}, draftOnly(transferId, submission));
  const reply = await client.fund(request.profileId, transferId, signal);
  if (reply.kind === 'unclear') return unclear(reply.evidence, step.transferId);
  if (reply.kind === 'refused') return fundingRefused(sending, step, reply);
  const { status, errorCode } = reply.value;
  if (status === 'REJECTED') return fundingRejected(errorCode ?? 'unnamed', step, reply.evidence);
  if (status !== 'COMPLETED') return { ...unclear(reply.evidence, step.transferId), word: status };
  const debited = { amount: submission.amount, fee: feeOf(step, submission.amount) };
  return answer('accepted', status, { reference: transferId, debited, evidence: reply.evidence });
}

const draftOnly = (transferId: string, { amount }: Submission): string =>
  `Wise holds transfer ${transferId} of ${formatDecimal(amount)} ${amount.currency} as a draft, and our token may not fund it. Fund it at Wise; the payout then goes on by itself.`;

/** The transfer stands and is not funded; a person has to look, for Wise will cancel it by itself in about two weeks. */
const standsUnfunded = (code: string, step: WiseStep, evidence: Answer['evidence'], detail: string): Answer =>
  answer('needs_person', code, {
    reference: step.transferId ?? null,
    reason: code,
    task: { kind: 'provider_approval', detail },
    evidence,
  });

function fundingRejected(code: string, step: WiseStep, evidence: Answer['evidence']): Answer {
  if (wiseErrorClass(200, code) === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  return standsUnfunded(
    code,
    step,
    evidence,
    `Wise did not take the money for this transfer (${code}). Fund or cancel it at Wise.`,
  );
}

function fundingRefused(
  sending: Sending,
  step: WiseStep,
  { status, headers, error, evidence }: Extract<Reply<unknown>, { kind: 'refused' }>,
): Promise<Answer> | Answer {
  const { code } = wiseErrorCode(error);
  if (wantsPerson(status, headers))
    return standsUnfunded(
      'SCA',
      step,
      evidence,
      'Wise wants a person to approve this transfer. Fund it in the Wise app.',
    );
  const errorClass = wiseErrorClass(status, code);
  if (errorClass === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  if (errorClass === 'read_first') return readFunded(sending, step);
  if (errorClass === 'unclear') return unclear({ ...evidence, error: code }, step.transferId);
  return standsUnfunded(
    code,
    step,
    evidence,
    `Wise refused to fund this transfer (${code}). Fund or cancel it at Wise.`,
  );
}

/** Wise says that the transfer does not wait for money: whatever it does now is the answer. */
const readFunded = async (sending: Sending, step: WiseStep): Promise<Answer> =>
  whatItSays(sending, step, await followTransfer(sending.client, step.transferId ?? '', sending.signal));
