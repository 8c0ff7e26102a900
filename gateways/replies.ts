import type { z } from 'zod';

import { Failure } from '../domain/errors.ts';
import type { BatchReply, PayerAccount, Reply, ReplyState } from './gateway.ts';

const NOTHING = {
  reference: null,
  debited: null,
  returned: null,
  reason: null,
  objections: [],
  alarm: null,
  task: null,
  evidence: {},
} as const;

/** A reply with only the given fields; all others are null. */
export const reply = (state: ReplyState | null, providerStatus: string, more: Partial<Reply> = {}): Reply => ({
  ...NOTHING,
  ...more,
  state,
  providerStatus,
});

/** The same for a batch. */
export const batchReply = (
  state: BatchReply['state'],
  providerStatus: string,
  { reference = null, reason = null, task = null, evidence = {}, refused = [] }: Partial<BatchReply> = {},
): BatchReply => ({ state, providerStatus, reference, reason, task, evidence, refused });

/** The provider may or may not have done what we asked. Only `resolve` leaves this state. */
export const unclear = (evidence: Reply['evidence'], reference: string | null = null): Reply =>
  reply('unknown', 'no clear answer', { reference, evidence });

/** Neither a look-up nor a repeat can tell any longer. It stays unknown until the provider or a person reports the outcome. */
export const undecidable = (providerStatus: string, detail: string): Reply =>
  reply('unknown', providerStatus, { task: { kind: 'outcome_unknown', detail } });

/** One provider's statuses, with our state for each. An alarm is what a person must read when the status appears. */
export type StatusTable = Readonly<Record<string, { state: ReplyState | null; alarm?: string }>>;

/** Finds an entry of an open table. Only its own keys count, so that a code such as `toString` is unknown. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Translates a provider's status. A status that is not in the table changes nothing and raises an alarm; we never guess. */
export function translate(
  statuses: StatusTable,
  provider: string,
  status: string,
): { state: ReplyState | null; alarm: string | null } {
  const known = entryOf(statuses, status);
  if (known) return { state: known.state, alarm: known.alarm ?? null };
  return {
    state: null,
    alarm: `${provider} reports the status "${status}", which this version does not know. The payout was not changed. Look at it on ${provider}'s side, then add the status to the table.`,
  };
}

/** The state that a status stands for. Null if it is not in the table, or if there is no status. */
export const stateOf = (statuses: StatusTable, status: string | null | undefined): ReplyState | null =>
  (status && entryOf(statuses, status)?.state) || null;

/** Says which detail of a payment cannot be sent. The message may name fields and limits, but never the details themselves. */
export const rejected = (field: string, reason: string): Failure =>
  new Failure(
    'recipient_rejected',
    `This payment cannot be sent: ${field} ${reason}. It was not frozen, and nothing was sent. Correct the detail and pay again.`,
    {
      details: [{ field, reason }],
    },
  );

/** The provider refuses our whole account. Nothing was paid, and the gateway pauses until a person resumes it. */
export const refusedAsAWhole = (provider: string, code: string): Failure =>
  new Failure(
    'gateway_refused',
    `${provider} refuses our account (${code}). This payment was not made. Fix the cause with ${provider} (funds, key or permissions), then resume the gateway.`,
    { details: [{ field: 'code', reason: code }] },
  );

/** Reads the payer's settings for a gateway. Failure `gateway_refused` names the fields that are missing, not their values. */
export function readAccount<T>(schema: z.ZodType<T>, provider: string, account: PayerAccount): T {
  const read = schema.safeParse(account);
  if (read.success) return read.data;
  const fields = read.error.issues.map(({ path, message }) => ({ field: path.join('.'), reason: message }));
  throw new Failure(
    'gateway_refused',
    `The payer's ${provider} settings are incomplete (${fields.map(({ field }) => field).join(', ')}). Nothing was sent. Complete them, then resume the gateway.`,
    { details: fields },
  );
}
