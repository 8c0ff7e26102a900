import type { StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { Rows } from '../json.ts';
import type { WiseClient, WiseTransaction } from './client.ts';

const TRANSFER_LINE = /^TRANSFER-(\d+)$/;

/** The transfer that a line of the statement belongs to, or null. Money that we add has the same form of reference, but another type. */
export const transferIdOf = ({ details, referenceNumber }: WiseTransaction): string | null =>
  details.type === 'TRANSFER' ? (TRANSFER_LINE.exec(referenceNumber)?.[1] ?? null) : null;

/**
 * The lines of the balance in a currency, both ends included. Null if Wise requires a person to approve reading it. A currency without
 * a balance has no lines.
 */
export async function statementOf(
  client: WiseClient,
  profileId: string,
  currency: string,
  interval: readonly [Date, Date],
  signal: AbortSignal,
): Promise<Rows<WiseTransaction> | null> {
  const balances = lookedUp('Wise', await client.balances(profileId, signal));
  const balanceId = balances.find((balance) => balance.currency === currency)?.id;
  if (!balanceId) return { readable: [], unreadable: [] };
  const result = await client.statement({ profileId, balanceId, currency }, interval, signal);
  if (result.kind === 'refused' && result.status === 403) return null;
  return lookedUp('Wise', result).transactions;
}

function kindOf({ type, details }: WiseTransaction, transferId: string | null): StatementLine['kind'] {
  if (transferId) return type === 'DEBIT' ? 'payout' : 'return';
  return details.type === 'DEPOSIT' || details.type === 'MONEY_ADDED' ? 'funding' : 'other';
}

/** Wise includes its fee in the amount of a line. Here, amount and fee are two lines, as in our books. */
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
