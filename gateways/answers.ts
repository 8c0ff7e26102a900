import { Failure } from '../domain/errors.ts';
import type { Answer, AnswerState, BatchAnswer, PayerAccount } from './gateway.ts';
import type { z } from 'zod';

const NOTHING = {
  reference: null,
  debited: null,
  returned: null,
  reason: null,
  alarm: null,
  task: null,
  evidence: {},
} as const;

/** An answer that says only what is given; everything else is null. */
export const answer = (state: AnswerState | null, word: string, more: Partial<Answer> = {}): Answer => ({
  ...NOTHING,
  ...more,
  state,
  word,
});

/** The same of a batch. */
export const batchAnswer = (
  state: BatchAnswer['state'],
  word: string,
  { reference = null, reason = null, task = null, evidence = {}, refused = [] }: Partial<BatchAnswer> = {},
): BatchAnswer => ({ state, word, reference, reason, task, evidence, refused });

/** The provider may have done what we asked, or not. Only `resolve` leaves this state. */
export const unclear = (evidence: Answer['evidence'], reference: string | null = null): Answer =>
  answer('unknown', 'no clear answer', { reference, evidence });

/** Neither look-up nor repeat can tell any more: it stays unknown until the provider or a person says what became of it. */
export const undecidable = (word: string, detail: string): Answer =>
  answer('unknown', word, { task: { kind: 'outcome_unknown', detail } });

/** One gateway's words in ours. An alarm is the sentence that a person must read when the word comes up. */
export type Words = Readonly<Record<string, { state: AnswerState | null; alarm?: string }>>;

/** What a provider's word means. A word that is not in the table moves nothing and is an alarm, never a guess. */
export function translate(
  words: Words,
  provider: string,
  word: string,
): { state: AnswerState | null; alarm: string | null } {
  const known = Object.hasOwn(words, word) ? words[word] : undefined;
  if (known) return { state: known.state, alarm: known.alarm ?? null };
  return {
    state: null,
    alarm: `${provider} says "${word}", a word this version does not know. The payout stays where it is: read it at ${provider}, then add the word to the table.`,
  };
}

/** Says which detail of a payment cannot be sent. The message may name fields and limits, never the details themselves. */
export const rejected = (field: string, reason: string): Failure =>
  new Failure(
    'recipient_rejected',
    `The payment was not frozen and nothing was sent: ${field} ${reason}. Correct it and pay again.`,
    {
      details: [{ field, reason }],
    },
  );

/** The provider refuses us as a whole. Nothing was paid; the gateway pauses until a person has seen to it. */
export const refusedAsAWhole = (provider: string, code: string): Failure =>
  new Failure(
    'gateway_refused',
    `${provider} refuses our account (${code}). This payment was not made. Put it right with ${provider} (funds, key, permissions), then resume the gateway.`,
    { details: [{ field: 'code', reason: code }] },
  );

/** Reads the payer's settings for a gateway; Failure `gateway_refused` names the fields that are missing, not their values. */
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
