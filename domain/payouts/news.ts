import { type AttemptState, canAttemptBecome, isAttemptFinal } from './attempt.ts';

/** A provider's message about a payment, in our terms. */
export type Message = {
  readonly word: string;
  /** The state that it reports. Null where it reports something else, such as a question about the payment. */
  readonly state: AttemptState | null;
  /** Whether it only reports that a batch goes on, which says nothing about its payments. */
  readonly isProgress: boolean;
};

/** The known facts about the attempt that a message is about. */
export type Known = {
  readonly state: AttemptState;
  readonly word: string | null;
  /** Two people decided that it was not paid, so a provider that says otherwise contradicts them. */
  readonly isDenied: boolean;
};

/**
 * Whether a message is worth a look at the provider. One that repeats what we know is not, and neither is a late one about a payment that
 * has ended. A settled payment may still come back.
 */
export function isNews({ state, word, isDenied }: Known, message: Message): boolean {
  if (message.isProgress) return false;
  if (!isAttemptFinal(state)) return message.state === null || message.state !== state || message.word !== word;
  if (state !== 'settled') return isDenied && message.state !== state;
  return message.state === null || canAttemptBecome(state, message.state);
}
