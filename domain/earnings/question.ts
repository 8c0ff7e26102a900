import { DAY_MS } from '../durations.ts';

/** A question of a partner about a line: an earning, a payout, a row of a statement, or something that they miss. */
export const QUESTION_SUBJECTS = ['earning', 'payout', 'statement', 'missing'] as const;
export type QuestionSubject = (typeof QUESTION_SUBJECTS)[number];

/**
 * `open` waits for us, and `asked_back` waits for the partner. `adjusting`: a correction is proposed, and a second person decides it. The
 * others are ends. A partner may reopen an end once.
 */
export const QUESTION_STATUSES = ['open', 'asked_back', 'adjusting', 'answered', 'adjusted', 'closed'] as const;
export type QuestionStatus = (typeof QUESTION_STATUSES)[number];

/** The statuses that may follow each one. `guard-question.sql` has a second copy. */
export const QUESTION_NEXT: Readonly<Record<QuestionStatus, readonly QuestionStatus[]>> = {
  open: ['asked_back', 'adjusting', 'answered', 'closed'],
  asked_back: ['open', 'closed'],
  adjusting: ['open', 'adjusted'],
  answered: ['open'],
  adjusted: ['open'],
  closed: ['open'],
};

const ENDS: readonly QuestionStatus[] = ['answered', 'adjusted', 'closed'];
export const isQuestionOver = (status: QuestionStatus): boolean => ENDS.includes(status);

/** The time in which we answer. A task with this deadline reminds people, and goes on to do so every day after it. */
export const ANSWER_MS = 5 * DAY_MS;
/** The time in which a partner replies when we ask back. After it, the question is closed. */
export const REPLY_MS = 14 * DAY_MS;
/** The time in which a partner may reopen a question that ended. */
export const REOPEN_MS = 14 * DAY_MS;

/** The most questions of a partner that are not over. */
export const OPEN_QUESTIONS_MAX = 50;

/** The steps of a question, each with its words. `silence`, `confirmed` and `refused` come from Bursar alone. */
export const MESSAGE_KINDS = [
  'question',
  'answer',
  'ask_back',
  'reply',
  'adjustment',
  'close',
  'reopen',
  'silence',
  'confirmed',
  'refused',
] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

export const MESSAGE_SIDES = ['partner', 'staff', 'bursar'] as const;
export type MessageSide = (typeof MESSAGE_SIDES)[number];

type Ended = { readonly status: QuestionStatus; readonly statusAt: Date; readonly reopenedAt: Date | null };

/** The reason why a partner may not reopen a question, or undefined. */
export function whyNotReopen({ status, statusAt, reopenedAt }: Ended, nowMs: number): string | undefined {
  if (!isQuestionOver(status)) return `The question is ${status}, and not over.`;
  if (reopenedAt !== null) return 'The question was reopened once. Ask a new question.';
  return nowMs > statusAt.getTime() + REOPEN_MS ? 'The time to reopen it is over. Ask a new question.' : undefined;
}
