import { z } from 'zod';

import { createHttp, type HttpSettings, json, type Result } from '../http.ts';
import { Currency, Id, MoneyBody, rowsOf, toMoney } from '../json.ts';
import { createAuthorize } from './token.ts';

export type PayPalSettings = {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  webhookId: string;
  /** The only address from which PayPal's signing certificates may come. Anything else is a forgery. */
  certUrlPrefix: string;
  /** PEM of the authorities that may sign them. Default: those that Node trusts. */
  certCa?: string | undefined;
  /** How many payments of a batch are read at once. PayPal returns at most 1,000. */
  itemsPerPage?: number | undefined;
};

const Batch = z.object({ batch_header: z.object({ payout_batch_id: Id, batch_status: z.string() }) });

const Item = z.object({
  payout_item_id: Id,
  payout_batch_id: z.string().nullish(),
  transaction_id: z.string().nullish(),
  transaction_status: z.string().nullish(),
  payout_item_fee: MoneyBody.nullish(),
  payout_item: z.object({ sender_item_id: z.string().nullish(), amount: MoneyBody }),
  errors: z.object({ name: z.string() }).nullish(),
});
export type PayPalItem = z.infer<typeof Item>;

const BatchPage = Batch.extend({ items: rowsOf(Item, 'payout_item_id').nullish() });

const ReportedAmount = z
  .object({ value: z.string(), currency_code: Currency })
  .transform(({ value, currency_code: currency }, context) => toMoney({ value, currency }, context));

const Transaction = z.object({
  transaction_id: Id,
  paypal_reference_id: z.string().nullish(),
  transaction_event_code: z.string(),
  transaction_initiation_date: z.string(),
  transaction_amount: ReportedAmount,
  fee_amount: ReportedAmount.nullish(),
  custom_field: z.string().nullish(),
});
export type PayPalTransaction = z.infer<typeof Transaction>;

const Transactions = z.object({
  transaction_details: z
    .array(z.object({ transaction_info: z.unknown() }))
    .default([])
    .transform((rows) => rows.map(({ transaction_info }) => transaction_info))
    .pipe(rowsOf(Transaction, 'transaction_id')),
  total_pages: z.string().nullish(),
});

const ITEMS_PER_PAGE_DEFAULT = 1000;
export const TRANSACTIONS_PER_PAGE = 500;

/** PayPal's date format has no milliseconds. */
const second = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** The calls to PayPal that we use (Payouts v1, Transaction Search v1). */
export function createPayPalClient(
  settings: PayPalSettings,
  { now, fetch }: { now: () => Date; fetch: HttpSettings['fetch'] },
) {
  const { baseUrl, clientId, clientSecret, itemsPerPage = ITEMS_PER_PAGE_DEFAULT } = settings;
  const http = createHttp({
    provider: 'PayPal',
    baseUrl,
    authorize: createAuthorize({ baseUrl, clientId, clientSecret, now, fetch }),
    traceHeader: 'paypal-debug-id',
    fetch,
  });
  const get = <T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Result<T>> =>
    http({ method: 'GET', path, read: json(schema), signal });

  return {
    itemsPerPage,

    /** The batch id in the body guards against a second batch. The header alone does not; it is only sent along. */
    createBatch: (key: string, body: string, signal: AbortSignal) =>
      http({
        method: 'POST',
        path: '/v1/payments/payouts',
        headers: { 'content-type': 'application/json', 'paypal-request-id': key },
        body,
        read: json(Batch),
        signal,
      }),

    batchPage: (batchId: string, page: number, signal: AbortSignal) =>
      get(`/v1/payments/payouts/${batchId}?page=${page}&page_size=${itemsPerPage}`, BatchPage, signal),

    item: (itemId: string, signal: AbortSignal) => get(`/v1/payments/payouts-item/${itemId}`, Item, signal),

    transactions: ([start, end]: readonly [Date, Date], currency: string, page: number, signal: AbortSignal) => {
      const query = new URLSearchParams({
        start_date: second(start),
        end_date: second(end),
        transaction_currency: currency,
        fields: 'transaction_info',
        page_size: String(TRANSACTIONS_PER_PAGE),
        page: String(page),
      });
      return get(`/v1/reporting/transactions?${query}`, Transactions, signal);
    },
  };
}

export type PayPalClient = ReturnType<typeof createPayPalClient>;
