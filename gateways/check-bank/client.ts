import { z } from 'zod';

import { positivePayFile, type PositivePayRow } from '../../domain/positive-pay.ts';
import { createHttp, type HttpSettings, json } from '../http.ts';
import { writeJson } from '../json.ts';
import { readCamt } from './camt.ts';

export type CheckBankSettings = { bankBaseUrl: string; bankKey: string };

const Filed = z.object({ fileId: z.string(), rejected: z.array(z.object({ line: z.string(), reason: z.string() })) });
const Stopped = z.object({ status: z.string() });
const Inquiry = z.object({ status: z.string() });

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** The bank that checks are drawn on: positive pay, stop payments, inquiries and statements (sandbox/README.md says the wire). */
export function createCheckBank({ bankBaseUrl, bankKey }: CheckBankSettings, fetch: HttpSettings['fetch']) {
  const http = createHttp({
    provider: 'The bank',
    baseUrl: bankBaseUrl,
    authorize: async () => `Bearer ${bankKey}`,
    traceHeader: 'x-request-id',
    fetch,
  });

  return {
    /** Tells the bank of one check, issued or void. The same row again changes nothing. */
    file: (row: PositivePayRow, signal: AbortSignal) =>
      http({
        method: 'POST',
        path: '/positive-pay/files',
        headers: { 'content-type': 'text/csv' },
        body: positivePayFile([row]),
        read: json(Filed),
        signal,
      }),

    /** Asks the bank not to pay a check that has left the house. */
    stop: (account: string, number: bigint, signal: AbortSignal) =>
      http({
        method: 'POST',
        path: '/stop-payments',
        headers: { 'content-type': 'application/json' },
        body: writeJson({ account, number: String(number) }),
        read: json(Stopped),
        signal,
      }),

    inquire: (account: string, number: bigint, signal: AbortSignal) =>
      http({ method: 'GET', path: `/checks/${account}/${number}`, read: json(Inquiry), signal }),

    /** The booked entries of whole days (UTC), the second moment left out; of one check where its number is given. */
    entries: (account: string, [from, to]: readonly [Date, Date], checkNumber: bigint | null, signal: AbortSignal) => {
      const query = new URLSearchParams({ from: dayOf(from), to: dayOf(new Date(to.getTime() - 1)) });
      if (checkNumber !== null) query.set('checkNumber', String(checkNumber));
      const headers = { accept: 'application/xml' };
      return http({ method: 'GET', path: `/statements/${account}?${query}`, headers, read: readCamt, signal });
    },
  };
}

export type CheckBank = ReturnType<typeof createCheckBank>;
