import { type Money, money } from '../../domain/money.ts';
import { answer, translate, type Words } from '../answers.ts';
import type { Answer, StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { BankEntry } from './camt.ts';
import type { CheckBank } from './client.ts';
import { type CheckOnFile, deadAtBank, voidAtBank } from './issuing.ts';

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

/** A check of ours, as the bank has it on file. */
type DrawnCheck = CheckOnFile & { issuedAt: Date };

const DAY_MS = 24 * 60 * 60_000;

const noFee = (amount: Money) => ({ amount, fee: money(0n, amount.currency) });

/** What the statement shows of one check. It may be presented again after it bounced, so each kind may be there more than once. */
type Bookings = { debit: BankEntry; reversal: BankEntry | undefined; paid: Money };

/** The last of each kind, and what the bank has paid when they are all added up; null where it never paid. */
function bookingsOf(entries: readonly BankEntry[], number: bigint): Bookings | null {
  const ofCheck = entries.filter(({ checkNumber }) => checkNumber === number);
  const debits = ofCheck.filter(({ amount }) => amount.minor < 0n);
  const reversals = ofCheck.filter(({ amount, isReversal }) => isReversal && amount.minor > 0n);
  const debit = debits.at(-1);
  if (!debit) return null;
  const minor = [...debits, ...reversals].reduce((sum, { amount }) => sum - amount.minor, 0n);
  return { debit, reversal: reversals.at(-1), paid: money(minor, debit.amount.currency) };
}

/**
 * What the bank knows of a check: settled when its statement shows that it cleared, returned when it bounced and its number is void,
 * failed when the bank confirms a stop. Until then it is as far as the mail says.
 */
export async function followCheck(
  bank: CheckBank,
  { issuedAt, ...check }: DrawnCheck,
  { reference, now }: { reference: string | null; now: Date },
  signal: AbortSignal,
): Promise<Answer> {
  const { account, number, amount } = check;
  const days = [new Date(issuedAt.getTime() - DAY_MS), new Date(now.getTime() + DAY_MS)] as const; // clocks and zones differ
  const bookings = bookingsOf(lookedUp('The bank', await bank.entries(account, days, number, signal)), number);
  if (!bookings) return ofInquiry(bank, account, number, reference, signal);
  const { debit, reversal, paid } = bookings;
  if (reversal && paid.minor === 0n) return ofBounce(bank, check, { debit, reversal, reference }, signal);
  return ofPayment(debit, paid, amount, reference);
}

function ofPayment({ id }: BankEntry, paid: Money, amount: Money, reference: string | null): Answer {
  const found = { reference, debited: noFee(paid), evidence: { statementLine: id } };
  if (paid.minor === amount.minor && paid.currency === amount.currency) return answer('settled', 'cleared', found);
  return answer('needs_person', 'cleared with another amount', {
    ...found,
    alarm: 'The bank paid this check with another amount than was written on it. Dispute it with the bank today.',
  });
}

const NOT_VOID =
  'This check bounced, and the bank refuses to void its number. It may have been presented and paid again: the statement is read until it shows that. Ask the bank, or ask for a stop; nothing is paid anew meanwhile.';

/** Whoever holds a check that bounced may present it again: it is returned only when the bank confirms that it will never pay it. */
async function ofBounce(
  bank: CheckBank,
  check: CheckOnFile,
  { debit, reversal, reference }: { debit: BankEntry; reversal: BankEntry; reference: string | null },
  signal: AbortSignal,
): Promise<Answer> {
  const debited = noFee(money(-debit.amount.minor, debit.amount.currency));
  const bounced = { reference, debited, reason: reversal.reason, evidence: { statementLine: debit.id } };
  const proof = await proofOfDeath(bank, check, signal);
  if (!proof) return answer('on_hold', 'bounced', { ...bounced, alarm: NOT_VOID });
  const evidence = { ...bounced.evidence, ...proof };
  return answer('returned', 'bounced', { ...bounced, returned: noFee(reversal.amount), evidence });
}

/** Voids the check; where the bank will not, it may say that the check is void or stopped already. Null: it can still be paid. */
async function proofOfDeath(
  bank: CheckBank,
  check: CheckOnFile,
  signal: AbortSignal,
): Promise<Answer['evidence'] | null> {
  if (await voidAtBank(bank, check, signal)) return { bank: 'void' };
  return (await deadAtBank(bank, check, signal))?.evidence ?? null;
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
