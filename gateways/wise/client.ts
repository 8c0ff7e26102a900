import { z } from 'zod';

import { createHttp, type HttpSettings, json, type Result } from '../http.ts';
import { Decimal, exactNumber, Id, MoneyBody, rowsOf, writeJson } from '../json.ts';

export type WiseSettings = { baseUrl: string; token: string; webhookPublicKey: string };

const Recipient = z.object({ id: Id });

/** A way to pay a quote. Some ways that we do not use have no fee, or only a `price`. */
const PaymentOption = z.object({ payIn: z.string(), fee: z.object({ total: Decimal }) });

const Quote = z.object({
  id: Id,
  paymentOptions: rowsOf(PaymentOption, 'payIn').default({ readable: [], unreadable: [] }),
  notices: z.array(z.object({ type: z.string(), code: z.string().nullish() })).default([]),
});
export type WiseQuote = z.infer<typeof Quote>;

/** A field that Wise asks for on a route. An attribute that we cannot read limits nothing. */
const RequiredField = z.object({
  key: z.string(),
  required: z.boolean().nullish().catch(null),
  maxLength: z.string().nullish().catch(null),
  valuesAllowed: z
    .array(z.object({ key: z.string() }))
    .nullish()
    .catch(null),
});

const Requirements = z.array(
  z.object({
    fields: z.array(z.object({ group: z.array(RequiredField) })).default([]),
  }),
);
export type WiseRequirements = z.infer<typeof Requirements>;

const Transfer = z.object({
  id: Id,
  status: z.string(),
  customerTransactionId: z.string().nullish(),
  targetCurrency: z.string().nullish(),
  targetValue: z.string().nullish(),
  hasActiveIssues: z.boolean().nullish(),
});
export type WiseTransfer = z.infer<typeof Transfer>;

const Funding = z.object({ status: z.string(), errorCode: z.string().nullish() });

/** The payments that Wise has taken for a transfer. As documented, a row has no status. */
const Payments = z.array(z.object({ status: z.string().nullish() }));
export type WisePayments = z.infer<typeof Payments>;

const Group = z.object({ id: Id, version: Id, status: z.string(), transferIds: z.array(Id).default([]) });
export type WiseGroup = z.infer<typeof Group>;

const Balances = z.array(z.object({ id: Id, currency: z.string() }));

const Transaction = z.object({
  type: z.enum(['DEBIT', 'CREDIT']),
  date: z.iso.datetime({ offset: true }),
  amount: MoneyBody,
  totalFees: MoneyBody.nullish(),
  details: z.object({ type: z.string() }),
  referenceNumber: z.string(),
});
export type WiseTransaction = z.infer<typeof Transaction>;

const Statement = z.object({ transactions: rowsOf(Transaction, 'referenceNumber') });

export type WiseQuoteOrder = {
  profileId: string;
  currency: string;
  amount: string;
  recipientId: string;
  /** Facts about the payment that some routes require. */
  paymentMetadata: Readonly<Record<string, string>> | null;
};
export type WiseTransferOrder = {
  recipientId: string;
  quoteId: string;
  key: string;
  /** The reference, and whatever else the route requires. */
  details: Readonly<Record<string, string>>;
};

const transferBody = ({ recipientId, quoteId, key, details }: WiseTransferOrder) => ({
  targetAccount: exactNumber(recipientId),
  quoteUuid: quoteId,
  customerTransactionId: key,
  details,
});

const JSON_BODY = { 'content-type': 'application/json' };

/** The calls to Wise that we use, on the paths that Wise calls legacy but still supports (docs.wise.com, 2026). Amounts are in major units. */
export function createWiseClient({ baseUrl, token }: WiseSettings, fetch: HttpSettings['fetch']) {
  const http = createHttp({
    provider: 'Wise',
    baseUrl,
    authorize: async () => `Bearer ${token}`,
    traceHeader: 'x-trace-id',
    correlationHeader: 'x-external-correlation-id',
    fetch,
  });
  const get = <T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Result<T>> =>
    http({ method: 'GET', path, read: json(schema), signal });
  const post = <T>(path: string, body: unknown, schema: z.ZodType<T>, signal: AbortSignal): Promise<Result<T>> =>
    http({ method: 'POST', path, headers: JSON_BODY, body: writeJson(body), read: json(schema), signal });

  return {
    createRecipient: (body: string, signal: AbortSignal) =>
      http({ method: 'POST', path: '/v1/accounts', headers: JSON_BODY, body, read: json(Recipient), signal }),

    /** The payee receives exactly the amount. Our balance pays the fee on top. */
    createQuote: ({ profileId, currency, amount, recipientId, paymentMetadata }: WiseQuoteOrder, signal: AbortSignal) =>
      post(
        `/v3/profiles/${profileId}/quotes`,
        {
          sourceCurrency: currency,
          targetCurrency: currency,
          targetAmount: exactNumber(amount),
          targetAccount: exactNumber(recipientId),
          ...(paymentMetadata && { paymentMetadata }),
        },
        Quote,
        signal,
      ),

    transferRequirements: ({ recipientId, quoteId, details }: WiseTransferOrder, signal: AbortSignal) =>
      post(
        '/v1/transfer-requirements',
        { targetAccount: exactNumber(recipientId), quoteUuid: quoteId, details },
        Requirements,
        signal,
      ),

    createTransfer: (order: WiseTransferOrder, signal: AbortSignal) =>
      post('/v1/transfers', transferBody(order), Transfer, signal),

    fund: (profileId: string, transferId: string, signal: AbortSignal) =>
      post(`/v3/profiles/${profileId}/transfers/${transferId}/payments`, { type: 'BALANCE' }, Funding, signal),

    /** Creates a batch group. Its name must never have been used before. */
    createGroup: (profileId: string, name: string, currency: string, signal: AbortSignal) =>
      post(`/v3/profiles/${profileId}/batch-groups`, { sourceCurrency: currency, name }, Group, signal),

    group: (profileId: string, groupId: string, signal: AbortSignal) =>
      get(`/v3/profiles/${profileId}/batch-groups/${groupId}`, Group, signal),

    addToGroup: (profileId: string, groupId: string, order: WiseTransferOrder, signal: AbortSignal) =>
      post(`/v3/profiles/${profileId}/batch-groups/${groupId}/transfers`, transferBody(order), Transfer, signal),

    /** Closes or cancels a group. `version` is the one read last, an opaque signed number. */
    changeGroup: (
      profileId: string,
      { id, version }: WiseGroup,
      status: 'COMPLETED' | 'CANCELLED',
      signal: AbortSignal,
    ) =>
      http({
        method: 'PATCH',
        path: `/v3/profiles/${profileId}/batch-groups/${id}`,
        headers: JSON_BODY,
        body: writeJson({ status, version: exactNumber(version) }),
        read: json(Group),
        signal,
      }),

    fundGroup: (profileId: string, groupId: string, signal: AbortSignal) =>
      post(`/v3/profiles/${profileId}/batch-payments/${groupId}/payments`, { type: 'BALANCE' }, Funding, signal),

    transfer: (transferId: string, signal: AbortSignal) => get(`/v1/transfers/${transferId}`, Transfer, signal),

    payments: (transferId: string, signal: AbortSignal) =>
      get(`/v1/transfers/${transferId}/payments`, Payments, signal),

    /** One page of the transfers created since a day, in the order in which Wise returns them. */
    transfers: (profileId: string, since: Date, limit: number, offset: number, signal: AbortSignal) => {
      const query = new URLSearchParams({
        profile: profileId,
        createdDateStart: since.toISOString(),
        limit: String(limit),
        offset: String(offset),
      });
      return get(`/v1/transfers?${query}`, z.array(Transfer), signal);
    },

    balances: (profileId: string, signal: AbortSignal) =>
      get(`/v4/profiles/${profileId}/balances?types=STANDARD`, Balances, signal),

    /** The lines of one balance, both ends included. A line's amount includes its fees (type COMPACT). */
    statement: (
      { profileId, balanceId, currency }: { profileId: string; balanceId: string; currency: string },
      [first, last]: readonly [Date, Date],
      signal: AbortSignal,
    ) => {
      const query = new URLSearchParams({
        currency,
        intervalStart: first.toISOString(),
        intervalEnd: last.toISOString(),
        type: 'COMPACT',
      });
      return get(
        `/v1/profiles/${profileId}/balance-statements/${balanceId}/statement.json?${query}`,
        Statement,
        signal,
      );
    },
  };
}

export type WiseClient = ReturnType<typeof createWiseClient>;
