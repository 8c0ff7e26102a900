import { z } from 'zod';

import { DAY_MS } from '../../domain/durations.ts';
import { formatDecimal, formatMoney, type Money, parseDecimal } from '../../domain/money.ts';
import type { Reply, SaveStep, Submission } from '../gateway.ts';
import { lookedUp, type Result } from '../http.ts';
import { Decimal, Id, readJson, readMoney, writeJson } from '../json.ts';
import { refusedAsAWhole, reply, unclear, undecidable } from '../replies.ts';
import type { WiseClient, WiseQuote, WiseTransfer, WiseTransferOrder } from './client.ts';
import { recipientObjections, recipientReason, wantsPerson, wiseErrorClass, wiseErrorCode } from './errors.ts';
import { type FollowedTransfer, followTransfer, transferReply, waitsForMoney } from './following.ts';
import { thawWise, type WiseRequest } from './request.ts';
import { quoteMetadata, transferDetails, whyNotAccepted } from './requirements.ts';

/** How far the calls got. A quote stored here may already have been turned into a transfer. */
const StepBody = z.object({
  recipientId: Id.optional(),
  quoteId: Id.optional(),
  fee: Decimal.optional(),
  transferId: Id.optional(),
});
export type WiseStep = z.infer<typeof StepBody>;

export const readStep = (step: string | null): WiseStep => (step === null ? {} : StepBody.parse(readJson(step)));

/** The fee that Wise takes on top of the amount, according to its quote. */
export const feeOf = (step: WiseStep, amount: Money): Money => parseDecimal(step.fee ?? '0', amount.currency);

type Sending = {
  client: WiseClient;
  submission: Submission;
  request: WiseRequest;
  /** Whether an earlier try may have requested the transfer. */
  isResumed: boolean;
  /** Whether this try has taken a new quote because the repeat with the first one was refused. */
  isRequoted?: boolean;
  /** Creates the transfer, either on its own or within a group. */
  make: (order: WiseTransferOrder, signal: AbortSignal) => Promise<Result<WiseTransfer>>;
  save: SaveStep;
  now: Date;
  signal: AbortSignal;
};

/** One call of the payment. It returns the next step, or the reply that ends the payment here. */
type Part = (sending: Sending, step: WiseStep) => Promise<WiseStep | Reply>;

export const ends = (outcome: WiseStep | Reply): outcome is Reply => 'state' in outcome;

/** The parts in order. A part that an earlier try has done is skipped. */
const PARTS: readonly Part[] = [addRecipient, takeQuote, makeTransfer];

type Drafting = Pick<Sending, 'client' | 'submission' | 'save' | 'now' | 'signal'> & Partial<Pick<Sending, 'make'>>;

const open = ({ make, ...drafting }: Drafting): Sending => ({
  ...drafting,
  request: thawWise(drafting.submission.request),
  isResumed: readStep(drafting.submission.step).quoteId !== undefined,
  make: make ?? drafting.client.createTransfer,
});

/**
 * Continues where an earlier try stopped: recipient, quote, transfer. Every part is committed before the next is called, and the
 * transfer is requested only under our key. Nothing is funded. Returns how far it got, or the reply that ended it.
 */
export const draft = (drafting: Drafting): Promise<WiseStep | Reply> => draftWith(open(drafting));

async function draftWith(sending: Sending): Promise<WiseStep | Reply> {
  let step = readStep(sending.submission.step);
  for (const part of PARTS) {
    const outcome = await part(sending, step);
    if (ends(outcome)) return outcome;
    if (outcome !== step) await sending.save(writeJson(outcome), outcome.transferId ?? null);
    step = outcome;
  }
  return step;
}

/** Creates a transfer and funds it. Funding is never repeated before the transfer has been read at Wise. */
export async function send(drafting: Drafting): Promise<Reply> {
  const sending = open(drafting);
  const step = await draftWith(sending);
  if (ends(step)) return step;
  return sending.isResumed ? readThenFund(sending, step) : fund(sending, step);
}

/** A part was refused before any transfer was requested, so no money can have moved. */
function refusal(
  { status, error, evidence }: Extract<Result<unknown>, { kind: 'refused' }>,
  about: Pick<Reply, 'reason' | 'objections'> = { reason: wiseErrorCode(error).reason, objections: [] },
): Reply {
  const { code } = wiseErrorCode(error);
  const errorClass = wiseErrorClass(status, code);
  if (errorClass === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  return errorClass === 'rejected'
    ? reply('failed', code, { ...about, evidence })
    : unclear({ ...evidence, error: code });
}

async function addRecipient({ client, request, signal }: Sending, step: WiseStep): Promise<WiseStep | Reply> {
  if (step.recipientId) return step;
  const result = await client.createRecipient(request.recipient, signal);
  if (result.kind === 'refused') {
    const { error } = result;
    return refusal(result, {
      reason: recipientReason(error),
      objections: recipientObjections(error, request.recipient),
    });
  }
  return result.kind === 'done' ? { recipientId: result.value.id } : unclear(result.evidence, step.transferId);
}

async function takeQuote(sending: Sending, step: WiseStep): Promise<WiseStep | Reply> {
  if (step.quoteId) return step;
  const { client, request, submission, signal } = sending;
  const recipientId = step.recipientId ?? '';
  const result = await client.createQuote({ ...request, recipientId, paymentMetadata: quoteMetadata(request) }, signal);
  if (result.kind === 'refused') return refusal(result);
  if (result.kind === 'unclear') return unclear(result.evidence, step.transferId);
  const quote = result.value;
  const blocked = quote.notices.find(({ type }) => type === 'BLOCKED');
  if (blocked)
    return reply('failed', 'BLOCKED', { reason: blocked.code ?? 'quote blocked', evidence: result.evidence });
  const fee = formatDecimal(balanceFee(quote, submission.amount));
  const refused = await refuseByForm(sending, recipientId, quote.id);
  return refused ?? { ...step, quoteId: quote.id, fee };
}

/** The fee for paying from our balance, in the balance's currency. It is read before any money moves. */
function balanceFee({ paymentOptions }: WiseQuote, { currency }: Money): Money {
  const option = paymentOptions.readable.find(({ payIn }) => payIn === 'BALANCE');
  if (!option) throw refusedAsAWhole('Wise', 'no payment from balance with a fee');
  const fee = readMoney(option.fee.total, currency);
  if (!fee) throw refusedAsAWhole('Wise', `the fee ${option.fee.total} is not an amount in ${currency}`);
  return fee;
}

/** Asks what the route requires. A payment that lacks an answer, or has one that is not allowed, fails before a transfer exists. */
async function refuseByForm(sending: Sending, recipientId: string, quoteId: string): Promise<Reply | null> {
  const { client, request, submission, signal } = sending;
  const order = { recipientId, quoteId, key: submission.key, details: transferDetails(request) };
  const result = await client.transferRequirements(order, signal);
  if (result.kind === 'refused') return refusal(result);
  if (result.kind === 'unclear') return unclear(result.evidence);
  const reason = whyNotAccepted(result.value, request);
  return reason === null ? null : reply('failed', 'not as required', { reason, evidence: result.evidence });
}

async function makeTransfer(sending: Sending, step: WiseStep): Promise<WiseStep | Reply> {
  if (step.transferId) return step;
  const { make, submission, request, isResumed, signal } = sending;
  const order = {
    recipientId: step.recipientId ?? '',
    quoteId: step.quoteId ?? '',
    key: submission.key,
    details: transferDetails(request),
  };
  const forgetQuote = async (failure: unknown) => {
    // The first request certainly changed nothing, so the next try may take a new quote. This one expires in half an hour.
    if (!isResumed) await sending.save(writeJson({ recipientId: step.recipientId }), null);
    throw failure;
  };
  const result = await make(order, signal).catch(forgetQuote);
  if (result.kind === 'done') return ours(submission, step, result.value);
  if (result.kind === 'unclear') return unclear(result.evidence, step.transferId);
  // Our key may be in another group, for example after a restore, and that transfer may still pay.
  const mayExist = wiseErrorClass(result.status, wiseErrorCode(result.error).code) === 'read_first';
  if (!isResumed && !mayExist) return Promise.resolve(result).then(refusal).catch(forgetQuote);
  const found = await findTransfer(sending);
  if (found) return ours(submission, step, found);
  return sending.isRequoted ? notFound(sending) : requote(sending, step);
}

/**
 * Takes a new quote, because the first one expires in half an hour, and asks again under the same key. Wise makes no second transfer
 * under a key, and a transfer whose id we do not have is never funded.
 */
async function requote(sending: Sending, { recipientId }: WiseStep): Promise<WiseStep | Reply> {
  const quoted = await takeQuote(sending, recipientId ? { recipientId } : {});
  if (ends(quoted)) return quoted.state === 'failed' ? notFound(sending) : quoted;
  await sending.save(writeJson(quoted), null);
  return makeTransfer({ ...sending, isRequoted: true }, quoted);
}

const NOT_OURS =
  'Wise has a transfer with a different amount under the key of this payment. It was not funded. Compare the two before anybody pays again.';

/** Wise answers a repeat with the transfer that was created first under our key. It must match this payment. */
function ours(submission: Submission, step: WiseStep, { id, status, ...target }: WiseTransfer): WiseStep | Reply {
  if (isFor(submission, target)) return { ...step, transferId: id };
  return reply('needs_person', status, { reference: id, alarm: NOT_OURS });
}

function isFor({ amount }: Submission, target: Pick<WiseTransfer, 'targetValue' | 'targetCurrency'>): boolean {
  const { targetValue, targetCurrency } = target;
  if (!targetValue || !targetCurrency) return true;
  return targetCurrency === amount.currency && readMoney(targetValue, amount.currency)?.minor === amount.minor;
}

const LIST_PAGE = 100;
const LIST_PAGES_MAX = 500;

const askedAt = ({ submission, now }: Sending): Date => submission.submittedAt ?? now;

/** A repeat was refused, but the first transfer may still exist, so we look for it by our key. */
async function findTransfer(sending: Sending): Promise<WiseTransfer | null> {
  const { client, request, submission, signal } = sending;
  const since = new Date(askedAt(sending).getTime() - DAY_MS); // allows for clocks that differ
  for (let page = 0; page < LIST_PAGES_MAX; page += 1) {
    const rows = lookedUp(
      'Wise',
      await client.transfers(request.profileId, since, LIST_PAGE, page * LIST_PAGE, signal),
    );
    const found = rows.find(({ customerTransactionId }) => customerTransactionId === submission.key);
    if (found) return found;
    if (rows.length === 0) break;
  }
  return null;
}

/** Absence proves nothing, because the first try may still appear. After a day, a person asks Wise. */
function notFound(sending: Sending): Reply {
  if (sending.now.getTime() - askedAt(sending).getTime() < DAY_MS) return reply('unknown', 'transfer not found');
  return undecidable(
    'transfer not found',
    'Wise refused to repeat this transfer, and after 24 hours it lists none with this key. Ask Wise whether it exists, and only then record the outcome by hand.',
  );
}

/** After an unclear try, funds the transfer only if Wise reports that it still waits for money and has no payment. */
async function readThenFund(sending: Sending, step: WiseStep): Promise<Reply> {
  const followed = await followTransfer(sending.client, step.transferId ?? '', sending.signal);
  return waitsForMoney(followed) ? fund(sending, step) : readReply(sending, step, followed);
}

function readReply(sending: Sending, step: WiseStep, followed: FollowedTransfer): Promise<Reply> {
  const { client, submission, request, now, signal } = sending;
  const { amount, submittedAt } = submission;
  const payment = { profileId: request.profileId, amount, fee: feeOf(step, amount), submittedAt, now };
  return transferReply(client, followed, payment, signal);
}

async function fund(sending: Sending, step: WiseStep): Promise<Reply> {
  const { client, submission, request, signal } = sending;
  const transferId = step.transferId ?? '';
  if (request.funding === 'person') return leftUnfunded('DRAFT_ONLY', step, {}, draftOnly(transferId, submission));
  const result = await client.fund(request.profileId, transferId, signal);
  if (result.kind === 'unclear') return unclear(result.evidence, step.transferId);
  if (result.kind === 'refused') return fundingRefused(sending, step, result);
  const { status, errorCode } = result.value;
  if (status === 'REJECTED') return fundingRejected(errorCode ?? 'unnamed', step, result.evidence);
  if (status !== 'COMPLETED') return { ...unclear(result.evidence, step.transferId), providerStatus: status };
  const debited = { amount: submission.amount, fee: feeOf(step, submission.amount) };
  return reply('accepted', status, { reference: transferId, debited, evidence: result.evidence });
}

const draftOnly = (transferId: string, { amount }: Submission): string =>
  `Wise holds transfer ${transferId} of ${formatMoney(amount)} as a draft, and our token is not allowed to fund it. Fund it at Wise. The payout then continues automatically.`;

/** The transfer exists but is not funded. A person must look at it, because Wise cancels it on its own after about two weeks. */
const leftUnfunded = (code: string, step: WiseStep, evidence: Reply['evidence'], detail: string): Reply =>
  reply('needs_person', code, {
    reference: step.transferId ?? null,
    reason: code,
    task: { kind: 'provider_approval', detail },
    evidence,
  });

function fundingRejected(code: string, step: WiseStep, evidence: Reply['evidence']): Reply {
  if (wiseErrorClass(200, code) === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  return leftUnfunded(
    code,
    step,
    evidence,
    `Wise did not take the money for this transfer (${code}). Fund or cancel it at Wise.`,
  );
}

function fundingRefused(
  sending: Sending,
  step: WiseStep,
  { status, headers, error, evidence }: Extract<Result<unknown>, { kind: 'refused' }>,
): Promise<Reply> | Reply {
  const { code } = wiseErrorCode(error);
  if (wantsPerson(status, headers))
    return leftUnfunded(
      'SCA',
      step,
      evidence,
      'Wise requires a person to approve this transfer. Fund it in the Wise app.',
    );
  const errorClass = wiseErrorClass(status, code);
  if (errorClass === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  if (errorClass === 'read_first') return readFunded(sending, step);
  if (errorClass === 'unclear') return unclear({ ...evidence, error: code }, step.transferId);
  return leftUnfunded(code, step, evidence, `Wise refused to fund this transfer (${code}). Fund or cancel it at Wise.`);
}

/** Wise reports that the transfer no longer waits for money, so its current status is the reply. */
const readFunded = async (sending: Sending, step: WiseStep): Promise<Reply> =>
  readReply(sending, step, await followTransfer(sending.client, step.transferId ?? '', sending.signal));
