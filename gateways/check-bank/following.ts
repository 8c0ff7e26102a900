import { type Money, money } from '../../domain/money.ts';
import { answer, translate, type Words } from '../answers.ts';
import type { Answer, StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { BankEntry } from './camt.ts';
import type { CheckBank } from './client.ts';

/**
 * What the bank's inquiry says of a check that its statement does not show. `paid` waits for the statement. A stop or void that the
 * bank confirms proves that no money moved, and that none will.
 */
const BANK_WORDS: Words = {
  issued: { state: 'sent' },
  paid: { state: 'sent' },
  stopped: { state: 'failed' },
  void: { state: 'failed' },
};

/** A check of ours on the bank's account it is drawn on. */
type DrawnCheck = { account: string; number: bigint; amount: Money; issuedAt: Date };

const DAY_MS = 24 * 60 * 60_000;

/** Unsigned. */
const size = ({ minor, currency }: Money): Money => money(minor < 0n ? -minor : minor, currency);
const noFee = (amount: Money) => ({ amount, fee: money(0n, amount.currency) });

/**
 * What the bank knows of a check: settled when its statement shows that it cleared, returned when it bounced, failed when the
 * bank confirms a stop. Until then it is as far as the mail says.
 */
export async function followCheck(
  bank: CheckBank,
  { account, number, amount, issuedAt }: DrawnCheck,
  { reference, now }: { reference: string | null; now: Date },
  signal: AbortSignal,
): Promise<Answer> {
  const days = [new Date(issuedAt.getTime() - DAY_MS), new Date(now.getTime() + DAY_MS)] as const; // clocks and zones differ
  const entries = lookedUp('The bank', await bank.entries(account, days, number, signal));
  const cleared = entries.find(({ checkNumber, amount: { minor } }) => checkNumber === number && minor < 0n);
  if (!cleared) return ofInquiry(bank, account, number, reference, signal);
  const bounced = entries.find(({ checkNumber, isReversal }) => checkNumber === number && isReversal);
  return ofStatement(cleared, bounced, amount, reference);
}

function ofStatement(
  cleared: BankEntry,
  bounced: BankEntry | undefined,
  amount: Money,
  reference: string | null,
): Answer {
  const paid = size(cleared.amount);
  const debited = noFee(paid);
  const evidence = { statementLine: cleared.id };
  if (bounced)
    return answer('returned', 'bounced', {
      reference,
      debited,
      returned: noFee(size(bounced.amount)),
      reason: bounced.reason,
      evidence,
    });
  if (paid.minor === amount.minor && paid.currency === amount.currency)
    return answer('settled', 'cleared', { reference, debited, evidence });
  return answer('needs_person', 'cleared with another amount', {
    reference,
    debited,
    evidence,
    alarm: 'The bank paid this check with another amount than was written on it. Dispute it with the bank today.',
  });
}

async function ofInquiry(
  bank: CheckBank,
  account: string,
  number: bigint,
  reference: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  const reply = await bank.inquire(account, number, signal);
  if (reply.kind === 'refused' && reply.status === 404) return answer('sent', 'not presented', { reference });
  const { status } = lookedUp('The bank', reply);
  const { state, alarm } = translate(BANK_WORDS, 'The bank', status);
  const isDead = state === 'failed';
  return answer(state, status, {
    reference,
    alarm,
    reason: isDead ? status : null,
    evidence: isDead ? { bank: status } : {}, // the proof that frees the lines
  });
}

/** A line of the bank's statement; `reference` finds its check among ours. */
export function toLine(entry: BankEntry, reference: string | null): StatementLine {
  const { id, amount, bookedAt, checkNumber } = entry;
  const ofCheck = amount.minor < 0n ? 'payout' : 'return';
  const ofOther = amount.minor < 0n ? 'other' : 'funding';
  return { id, kind: checkNumber === null ? ofOther : ofCheck, amount, occurredAt: bookedAt, reference, key: null };
}
