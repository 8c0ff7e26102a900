import { z } from 'zod';

import { parseDecimal } from '../../domain/money.ts';
import { positivePayFile, type PositivePayRow } from '../../domain/checks/positive-pay.ts';
import { createHttp, type HttpSettings, json } from '../http.ts';
import { Currency, Decimal, Id, writeJson } from '../json.ts';
import { readCamt } from './camt.ts';

export type CheckBankSettings = { bankBaseUrl: string; bankKey: string };

const Filed = z.object({
  fileId: z.string(),
  /** How many of its rows the bank already had on file. */
  alreadyOnFile: z.string().regex(/^\d+$/),
  rejected: z.array(z.object({ line: z.string(), reason: z.string() })),
});
/** `stopExpiresOn` is the day on which the current stop lapses. */
const OnFile = z.object({ status: z.string(), stopExpiresOn: z.string().nullish() });
const ExceptionStatus = z.enum(['open', 'paid', 'returned']);
const Exception = z
  .object({
    id: Id,
    number: z.string().regex(/^\d+$/),
    amount: Decimal,
    currency: Currency,
    reason: z.string(),
    at: z.iso.datetime(),
    decideBy: z.iso.datetime(),
    status: ExceptionStatus,
  })
  .transform(({ number, amount, currency, at, decideBy, ...rest }) => ({
    ...rest,
    number: BigInt(number),
    amount: parseDecimal(amount, currency),
    at: new Date(at),
    decideBy: new Date(decideBy),
  }));

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** The bank that checks are drawn on: positive pay, stop payments, inquiries and statements. sandbox/README.md describes its API. */
export function createCheckBank({ bankBaseUrl, bankKey }: CheckBankSettings, fetch: HttpSettings['fetch']) {
  const http = createHttp({
    provider: 'The bank',
    baseUrl: bankBaseUrl,
    authorize: async () => `Bearer ${bankKey}`,
    traceHeader: 'x-request-id',
    fetch,
  });

  return {
    /** Files one check with the bank, as issued or void. Filing the same row again changes nothing. */
    file: (row: PositivePayRow, signal: AbortSignal) =>
      http({
        method: 'POST',
        path: '/positive-pay/files',
        headers: { 'content-type': 'text/csv' },
        body: positivePayFile([row]),
        read: json(Filed),
        signal,
      }),

    /** Asks the bank not to pay a check that is already out, or renews the stop whose last day is given. */
    stop: (account: string, number: bigint, renews: string | null, signal: AbortSignal) =>
      http({
        method: 'POST',
        path: '/stop-payments',
        headers: { 'content-type': 'application/json' },
        body: writeJson({ account, number: String(number), ...(renews ? { renews } : {}) }),
        read: json(OnFile),
        signal,
      }),

    inquire: (account: string, number: bigint, signal: AbortSignal) =>
      http({ method: 'GET', path: `/checks/${account}/${number}`, read: json(OnFile), signal }),

    /** The checks that were presented on an account but do not match the file, whether decided or not. */
    exceptions: (account: string, signal: AbortSignal) =>
      http({
        method: 'GET',
        path: `/exceptions?account=${account}`,
        read: json(z.object({ exceptions: z.array(Exception) })),
        signal,
      }),

    /** Decides an exception and returns what the bank did. A second or late decision changes nothing. */
    decide: (id: string, decision: 'pay' | 'return', signal: AbortSignal) =>
      http({
        method: 'POST',
        path: `/exceptions/${encodeURIComponent(id)}/decision`,
        headers: { 'content-type': 'application/json' },
        body: writeJson({ decision }),
        read: json(z.object({ status: ExceptionStatus })),
        signal,
      }),

    /** The booked entries of whole days (UTC), from the first moment up to but without the second. With a number, only those of that check. */
    entries: (account: string, [from, to]: readonly [Date, Date], checkNumber: bigint | null, signal: AbortSignal) => {
      const query = new URLSearchParams({ from: dayOf(from), to: dayOf(new Date(to.getTime() - 1)) });
      if (checkNumber !== null) query.set('checkNumber', String(checkNumber));
      const headers = { accept: 'application/xml' };
      return http({ method: 'GET', path: `/statements/${account}?${query}`, headers, read: readCamt, signal });
    },
  };
}

export type CheckBank = ReturnType<typeof createCheckBank>;
