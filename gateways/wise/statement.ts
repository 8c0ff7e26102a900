import type { StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { WiseClient, WiseTransaction } from './client.ts';

const TRANSFER_LINE = /^TRANSFER-(\d+)$/;

/** The transfer that a line of the statement belongs to, or null. */
export const transferIdOf = ({ referenceNumber }: WiseTransaction): string | null =>
  TRANSFER_LINE.exec(referenceNumber)?.[1] ?? null;

/**
 * The lines of the balance in a currency, both ends included; null where Wise wants a person to approve the look. A currency
 * without a balance has no lines.
 */
export async function statementOf(
  client: WiseClient,
  profileId: string,
  currency: string,
  interval: readonly [Date, Date],
  signal: AbortSignal,
): Promise<WiseTransaction[] | null> {
  const balances = lookedUp('Wise', await client.balances(profileId, signal));
  const balanceId = balances.find((balance) => balance.currency === currency)?.id;
  if (!balanceId) return [];
  const reply = await client.statement({ profileId, balanceId, currency }, interval, signal);
  if (reply.kind === 'refused' && reply.status === 403) return null;
  return lookedUp('Wise', reply).transactions;
}

function kindOf({ type, details }: WiseTransaction, transferId: string | null): StatementLine['kind'] {
  if (transferId) return type === 'DEBIT' ? 'payout' : 'return';
  return details.type === 'DEPOSIT' || details.type === 'MONEY_ADDED' ? 'funding' : 'other';
}

/** Wise puts its fee into the amount of a line; here amount and fee are two lines, as in our books. */
export function toLines(transaction: WiseTransaction): StatementLine[] {
  const { type, date, amount, totalFees, referenceNumber } = transaction;
  const reference = transferIdOf(transaction);
  const common = { occurredAt: new Date(date), reference, key: null };
  const id = `${referenceNumber}:${type}:${date}`;
  const fee = totalFees?.minor ?? 0n;
  const main: StatementLine = {
    ...common,
    id,
    kind: kindOf(transaction, reference),
    amount: { ...amount, minor: amount.minor + fee },
  };
  if (fee === 0n) return [main];
  return [main, { ...common, id: `${id}:fee`, kind: 'fee', amount: { ...amount, minor: -fee } }];
}
