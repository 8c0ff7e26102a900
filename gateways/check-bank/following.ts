import { DAY_MS } from '../../domain/durations.ts';
import { type Money, money } from '../../domain/money.ts';
import type { Reply } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { reply, type StatusTable, translate } from '../replies.ts';
import { type BankEntry, isUnread, type UnreadEntry } from './camt.ts';
import type { CheckBank } from './client.ts';
import { type CheckOnFile, deadAtBank, statusAtBank, voidAtBank } from './issuing.ts';

/**
 * The status of a check in the bank's inquiry, while the statement does not show the check. `paid` waits for the statement. A stop or
 * void that the bank confirms proves that no money has moved and none will.
 */
const BANK_STATUSES: StatusTable = {
  issued: { state: 'sent' },
  paid: { state: 'sent' },
  stopped: { state: 'failed' },
  void: { state: 'failed' },
};

/** A check of ours as the bank has it on file. */
type DrawnCheck = CheckOnFile & { issuedAt: Date };

const noFee = (amount: Money) => ({ amount, fee: money(0n, amount.currency) });

/** The bookings of one check on the statement. A check that bounced may be presented again, so each kind of booking may occur more than once. */
type Bookings = { debit: BankEntry; reversal: BankEntry | undefined; paid: Money };

/** Finds the last booking of each kind and adds up what the bank has paid. Null if it never paid. */
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
 * Reads the bank's view of a check. It is settled when the statement shows that it cleared, returned when it bounced and its number is
 * void, and failed when the bank confirms a stop. Until then it is only sent.
 */
export async function followCheck(
  bank: CheckBank,
  { issuedAt, ...check }: DrawnCheck,
  { reference, now }: { reference: string | null; now: Date },
  signal: AbortSignal,
): Promise<Reply> {
  const { account, number, amount } = check;
  const days = [new Date(issuedAt.getTime() - DAY_MS), new Date(now.getTime() + DAY_MS)] as const; // clocks and time zones differ
  const entries = lookedUp('The bank', await bank.entries(account, days, number, signal));
  const unread = entries.filter(isUnread).find(({ checkNumber }) => checkNumber === null || checkNumber === number);
  if (unread) return ofUnread(unread, reference);
  const readable = entries.filter((entry): entry is BankEntry => !isUnread(entry));
  const bookings = bookingsOf(readable, number);
  if (!bookings) return ofInquiry(bank, account, number, reference, signal);
  const { debit, reversal, paid } = bookings;
  if (reversal && paid.minor === 0n) return ofBounce(bank, check, { debit, reversal, reference }, signal);
  return ofPayment(debit, paid, amount, reference);
}

/** Nothing is concluded about a check while the bank shows a line about it that we cannot read. */
const ofUnread = ({ id, problem }: UnreadEntry, reference: string | null): Reply =>
  reply(null, 'a line cannot be read', {
    reference,
    alarm: `The bank's statement has a line about this check that cannot be read (${id}: ${problem}). The payout was not changed. Ask the bank for the line, and compare it with the check.`,
  });

function ofPayment({ id }: BankEntry, paid: Money, amount: Money, reference: string | null): Reply {
  const found = { reference, debited: noFee(paid), evidence: { statementLine: id } };
  if (paid.minor === amount.minor && paid.currency === amount.currency) return reply('settled', 'cleared', found);
  return reply('needs_person', 'cleared with another amount', {
    ...found,
    alarm: 'The bank paid a different amount than the one written on this check. Dispute it with the bank today.',
  });
}

const NOT_VOID =
  'This check bounced, and the bank refuses to void its number. It may have been presented and paid again, so we keep reading the statement until it shows this. Ask the bank, or request a stop. Nothing is paid again in the meantime.';

/** A check that bounced may be presented again. It counts as returned only when the bank confirms that it will never pay it. */
async function ofBounce(
  bank: CheckBank,
  check: CheckOnFile,
  { debit, reversal, reference }: { debit: BankEntry; reversal: BankEntry; reference: string | null },
  signal: AbortSignal,
): Promise<Reply> {
  const debited = noFee(money(-debit.amount.minor, debit.amount.currency));
  const bounced = { reference, debited, reason: reversal.reason, evidence: { statementLine: debit.id } };
  const proof = await proofOfDeath(bank, check, signal);
  if (!proof) return reply('on_hold', 'bounced', { ...bounced, alarm: NOT_VOID });
  const evidence = { ...bounced.evidence, ...proof };
  return reply('returned', 'bounced', { ...bounced, returned: noFee(reversal.amount), evidence });
}

/** Voids the check. If the bank refuses, the check may already be void or stopped. Null means that it can still be paid. */
async function proofOfDeath(
  bank: CheckBank,
  check: CheckOnFile,
  signal: AbortSignal,
): Promise<Reply['evidence'] | null> {
  if (await voidAtBank(bank, check, signal)) return { bank: 'void' };
  return (await deadAtBank(bank, check, signal))?.evidence ?? null;
}

async function ofInquiry(
  bank: CheckBank,
  account: string,
  number: bigint,
  reference: string | null,
  signal: AbortSignal,
): Promise<Reply> {
  const status = await statusAtBank(bank, { account, number }, signal);
  if (status === null) return reply('sent', 'not presented', { reference });
  const { state, alarm } = translate(BANK_STATUSES, 'The bank', status);
  const isDead = state === 'failed';
  return reply(state, status, {
    reference,
    alarm,
    reason: isDead ? status : null,
    evidence: isDead ? { bank: status } : {}, // the proof that makes its lines payable again
  });
}
