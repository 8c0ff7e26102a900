import { Hono } from 'hono';

import type { Movement } from '../books.ts';
import { CURRENCIES, isoExponent, minorOf, toDecimal, toMinor } from '../decimals.ts';
import type { HttpEnv } from '../faults.ts';
import { textOf, writtenOf } from '../json.ts';
import type { StandIn } from '../site.ts';
import type { Transfer } from './transfer.ts';
import type { Transfers } from './transfers.ts';
import { answer, bodyOf, complaint, exact, exactMinor } from './wire.ts';

const INTERVAL_MAX_MS = 469 * 86_400_000;
const FIRST_BALANCE_ID = 200_001;

const balanceIdOf = (currency: string) =>
  String(FIRST_BALANCE_ID + CURRENCIES.findIndex((known) => known === currency));
const money = (value: string, currency: string) => ({ value: exact(value), currency, zero: false });

/** A line of the statement. Money that leaves is negative, and a compact line includes its fee. */
function line(movement: Movement, transfer: Transfer, value: string, fee: string, balance: string) {
  const { currency } = movement;
  const isCredit = movement.kind === 'returned';
  const prefix = movement.kind === 'fee' ? 'FEE-TRANSFER' : 'TRANSFER';
  return {
    type: isCredit ? 'CREDIT' : 'DEBIT',
    date: movement.at,
    amount: money(isCredit ? value : `-${value}`, currency),
    totalFees: money(fee, currency),
    details: {
      type: movement.kind === 'fee' ? 'FEE' : 'TRANSFER',
      description: isCredit ? `Refund of transfer ${transfer.id}` : `Sent money, transfer ${transfer.id}`,
      paymentReference: transfer.reference,
      targetAmount: money(transfer.targetAmount, transfer.targetCurrency),
      rate: exact(transfer.rate),
    },
    exchangeDetails: null,
    runningBalance: money(balance, currency),
    referenceNumber: `${prefix}-${transfer.id}`,
  };
}

/** FLAT shows a fee as a separate line. COMPACT adds it to its payment. */
function statementLine(movement: Movement, transfer: Transfer, isCompact: boolean) {
  const { currency, kind, amount, balance } = movement;
  const exponent = isoExponent(currency);
  const nothing = toDecimal(0n, exponent);
  if (!isCompact) return [line(movement, transfer, amount, nothing, balance)];
  if (kind === 'fee') return [];
  if (kind === 'returned') return [line(movement, transfer, amount, nothing, balance)];
  const fee = minorOf(transfer.fee, exponent);
  const total = toDecimal(minorOf(amount, exponent) + fee, exponent);
  return [line(movement, transfer, total, transfer.fee, toDecimal(minorOf(balance, exponent) - fee, exponent))];
}

/** Balances and their statements, which reconciliation reads. */
export function balanceRoutes({ books, clock }: StandIn, transfers: Transfers) {
  const app = new Hono<HttpEnv>();

  app.get('/profiles/:profile/balances', (c) =>
    answer(
      c,
      CURRENCIES.map((currency) => ({
        id: exact(balanceIdOf(currency)),
        currency,
        type: 'STANDARD',
        name: null,
        investmentState: 'NOT_INVESTED',
        amount: { value: exactMinor(books.balance(currency), currency), currency },
        reservedAmount: { value: exactMinor(0n, currency), currency },
        visible: true,
        primary: true,
      })),
    ),
  );

  app.get('/profiles/:profile/balance-statements/:balance/statement.json', (c) => {
    const { currency = '', intervalStart = '', intervalEnd = '', type = 'COMPACT' } = c.req.query();
    const [from, to] = [Date.parse(intervalStart), Date.parse(intervalEnd)];
    if (c.req.param('balance') !== balanceIdOf(currency))
      return answer(c, complaint('balance.not-found', 'There is no balance in that currency'), 404);
    if (!(to >= from && to - from <= INTERVAL_MAX_MS))
      return answer(c, complaint('NOT_VALID', 'The interval must be at most 469 days', 'intervalStart'), 422);
    const isWithin = ({ at }: Movement) => Date.parse(at) >= from && Date.parse(at) <= to;
    const movements = books.movements.filter((movement) => movement.currency === currency && isWithin(movement));
    const transactions = movements.flatMap((movement) => {
      const transfer = transfers.get(movement.reference);
      return transfer ? statementLine(movement, transfer, type === 'COMPACT') : [];
    });
    return answer(c, {
      accountHolder: { type: 'BUSINESS', businessName: 'Sandbox Business' },
      issuer: { name: 'Wise sandbox' },
      bankDetails: null,
      transactions,
      endOfStatementBalance: { value: exactMinor(books.balance(currency), currency), currency },
      query: { intervalStart, intervalEnd, type, currency, accountId: exact(balanceIdOf(currency)) },
      createdAt: clock.iso(),
    });
  });

  app.post('/simulation/balance/topup', async (c) => {
    const body = await bodyOf(c);
    const currency = textOf(body['currency']) ?? '';
    const minor = toMinor(writtenOf(body['amount']) ?? '', isoExponent(currency));
    if (minor === undefined || minor <= 0n)
      return answer(c, complaint('NOT_VALID', 'The amount must be above zero', 'amount'), 422);
    books.setBalance(currency, toDecimal(books.balance(currency) + minor, isoExponent(currency)));
    const balanceAfter = { value: exactMinor(books.balance(currency), currency), currency };
    return answer(c, { transactionId: exact('1'), state: 'COMPLETED', balanceAfter });
  });

  return app;
}
