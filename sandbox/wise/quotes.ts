import { randomUUID } from 'node:crypto';

import { Hono } from 'hono';

import { CURRENCIES, divideHalfUp, isoExponent, minorOf, toDecimal, toMinor } from '../decimals.ts';
import type { HttpEnv } from '../faults.ts';
import { type Json, objectOf, textOf, writtenOf } from '../json.ts';
import type { StandIn } from '../site.ts';
import { accountRequirements } from './recipients.ts';
import { answer, bodyOf, complaint, exact } from './wire.ts';

const QUOTE_LIFE_MS = 30 * 60_000;
const RATE_DECIMALS = 6;
const RATE_ONE = 10n ** BigInt(RATE_DECIMALS);

/** Millionths of a US dollar per unit. The rates are fixed, so that a test knows what a payout costs. Any other currency is 0.05. */
const DOLLARS: Record<string, bigint> = {
  AUD: 660_000n,
  CAD: 730_000n,
  CHF: 1_120_000n,
  EUR: 1_100_000n,
  GBP: 1_270_000n,
  HUF: 2_800n,
  INR: 12_000n,
  JPY: 6_700n,
  KRW: 730n,
  KWD: 3_250_000n,
  BHD: 2_650_000n,
  MXN: 55_000n,
  PLN: 250_000n,
  SEK: 95_000n,
  SGD: 750_000n,
  USD: 1_000_000n,
};
const OTHER_DOLLARS = 50_000n;

/** Wise's fee for a transfer: a fixed part in hundredths of a unit, and a share of the amount if the currencies differ. */
const FIXED_FEE_HUNDREDTHS = 31n;
const EXCHANGE_FEE_BPS = 45n;

export type Quote = {
  id: string;
  profile: string;
  sourceCurrency: string;
  targetCurrency: string;
  /** The amount that leaves our balance to be converted, without the fee. */
  sourceAmount: string;
  fee: string;
  targetAmount: string;
  rate: string;
  isTargetFixed: boolean;
  targetAccount: string | null;
  createdAt: string;
  expiresAt: number;
  transferId: string | null;
};

/** Currencies to which Wise pays only if the quote says what kind of payment it is. */
const WITH_NATURE: ReadonlySet<string> = new Set(['BRL']);
/** Currencies to which Wise pays only if the transfer says what it is for. */
const WITH_PURPOSE: ReadonlySet<string> = new Set(['CNY', 'INR', 'THB']);
/** Above this amount in dollars, Wise asks where the money comes from. */
const DOLLARS_WITHOUT_SOURCE = 80_000n;

/** The details that a transfer by this quote must have. */
export const requiredDetails = ({ targetCurrency, targetAmount }: Quote): string[] => {
  const isLarge = targetCurrency === 'USD' && minorOf(targetAmount, 2) > DOLLARS_WITHOUT_SOURCE * 100n;
  return [...(WITH_PURPOSE.has(targetCurrency) ? ['transferPurpose'] : []), ...(isLarge ? ['sourceOfFunds'] : [])];
};

const rateOf = (source: string, target: string) =>
  divideHalfUp((DOLLARS[source] ?? OTHER_DOLLARS) * RATE_ONE, DOLLARS[target] ?? OTHER_DOLLARS);

function feeOf(sourceMinor: bigint, source: string, target: string): bigint {
  const fixed = divideHalfUp(FIXED_FEE_HUNDREDTHS * 10n ** BigInt(isoExponent(source)), 100n);
  const share = source === target ? 0n : divideHalfUp(sourceMinor * EXCHANGE_FEE_BPS, 10_000n);
  return (fixed === 0n ? 1n : fixed) + share;
}

/** Converts minor units between currencies with different exponents. */
function convert(minor: bigint, source: string, target: string, numerator: bigint, denominator: bigint): bigint {
  const up = 10n ** BigInt(isoExponent(target));
  const down = 10n ** BigInt(isoExponent(source));
  return divideHalfUp(minor * numerator * up, denominator * down);
}

/** Computes the amounts of a quote from the one that is fixed. A fixed source amount includes the fee, as at Wise. */
function priceOf(source: string, target: string, fixed: { source?: bigint; target?: bigint }) {
  const rate = rateOf(source, target);
  if (fixed.target !== undefined) {
    const net = convert(fixed.target, target, source, RATE_ONE, rate);
    return { rate, net, fee: feeOf(net, source, target), targetMinor: fixed.target };
  }
  const gross = fixed.source ?? 0n;
  const fee = feeOf(gross, source, target);
  return { rate, net: gross - fee, fee, targetMinor: convert(gross - fee, source, target, rate, RATE_ONE) };
}

const isCurrency = (value: unknown): value is string => CURRENCIES.some((currency) => currency === value);

type Fixed = { source?: bigint; target?: bigint };

/** Reads the one amount that is given. A text is the reason why the quote is refused. */
function readFixed(body: Json, source: string, target: string): Fixed | string {
  const [sourceText, targetText] = [writtenOf(body['sourceAmount']), writtenOf(body['targetAmount'])];
  if (Boolean(sourceText) === Boolean(targetText)) return 'exactly one of sourceAmount and targetAmount';
  const minor = toMinor(sourceText ?? targetText ?? '', isoExponent(sourceText ? source : target));
  if (minor === undefined || minor <= 0n) return 'an amount above zero with the decimals of its currency';
  return sourceText ? { source: minor } : { target: minor };
}

function show(quote: Quote, now: number) {
  const exponent = isoExponent(quote.sourceCurrency);
  const gross = toDecimal(minorOf(quote.sourceAmount, exponent) + minorOf(quote.fee, exponent), exponent);
  const amounts = { sourceAmount: exact(gross), targetAmount: exact(quote.targetAmount) };
  const isExpired = !quote.transferId && now > quote.expiresAt;
  const expires = new Date(quote.expiresAt).toISOString();
  return {
    id: quote.id,
    profile: exact(quote.profile),
    sourceCurrency: quote.sourceCurrency,
    targetCurrency: quote.targetCurrency,
    ...amounts,
    fee: exact(quote.fee),
    rate: exact(quote.rate),
    rateType: 'FIXED',
    payOut: 'BANK_TRANSFER',
    providedAmountType: quote.isTargetFixed ? 'TARGET' : 'SOURCE',
    targetAccount: quote.targetAccount && exact(quote.targetAccount),
    status: quote.transferId ? 'ACCEPTED' : isExpired ? 'EXPIRED' : 'PENDING',
    createdTime: quote.createdAt,
    expirationTime: expires,
    rateExpirationTime: expires,
    notices: [],
    paymentOptions: [
      {
        payIn: 'BALANCE',
        payOut: 'BANK_TRANSFER',
        disabled: false,
        fee: { transferwise: exact(quote.fee), payIn: exact('0'), discount: exact('0'), total: exact(quote.fee) },
        sourceCurrency: quote.sourceCurrency,
        targetCurrency: quote.targetCurrency,
        ...amounts,
      },
    ],
  };
}

/** Quotes with fixed rates and small, known fees. */
export function quoteRoutes({ books, clock }: StandIn) {
  const quotes = books.table<Quote>('quote');
  const app = new Hono<HttpEnv>();

  app.post('/profiles/:profile/quotes', async (c) => {
    const body = await bodyOf(c);
    const { sourceCurrency: source, targetCurrency: target } = body;
    if (!isCurrency(source) || !isCurrency(target))
      return answer(c, complaint('NOT_VALID', 'Currency is not supported', 'sourceCurrency'), 422);
    if (WITH_NATURE.has(target) && !textOf(objectOf(body['paymentMetadata'])['transferNature']))
      return answer(c, complaint('error.missing.transferNature', 'Required', 'paymentMetadata.transferNature'), 422);
    const fixed = readFixed(body, source, target);
    if (typeof fixed === 'string') return answer(c, complaint('NOT_VALID', `Give ${fixed}`, 'sourceAmount'), 422);
    const { rate, net, fee, targetMinor } = priceOf(source, target, fixed);
    if (net <= 0n) return answer(c, complaint('NOT_VALID', 'The fee is more than the amount', 'sourceAmount'), 422);
    const quote = quotes.put({
      id: randomUUID(),
      profile: c.req.param('profile'),
      sourceCurrency: source,
      targetCurrency: target,
      sourceAmount: toDecimal(net, isoExponent(source)),
      fee: toDecimal(fee, isoExponent(source)),
      targetAmount: toDecimal(targetMinor, isoExponent(target)),
      rate: toDecimal(rate, RATE_DECIMALS),
      isTargetFixed: fixed.target !== undefined,
      targetAccount: writtenOf(body['targetAccount']) ?? null,
      createdAt: clock.iso(),
      expiresAt: clock.now() + QUOTE_LIFE_MS,
      transferId: null,
    });
    return answer(c, show(quote, clock.now()));
  });

  app.get('/profiles/:profile/quotes/:id', (c) => {
    const quote = quotes.get(c.req.param('id'));
    return quote
      ? answer(c, show(quote, clock.now()))
      : answer(c, complaint('quote.not-found', 'There is no such quote'), 404);
  });

  app.on(['GET', 'POST'], '/quotes/:id/account-requirements', (c) => {
    const quote = quotes.get(c.req.param('id'));
    if (!quote) return answer(c, complaint('quote.not-found', 'There is no such quote'), 404);
    return answer(c, accountRequirements(quote.targetCurrency));
  });

  app.get('/account-requirements', (c) => answer(c, accountRequirements(textOf(c.req.query('target')) ?? 'USD')));

  return app;
}
