import type { MessageKind, QuestionStatus, QuestionSubject } from '../../domain/earnings/question.ts';
import type { Tone } from './words.ts';

/** The words for the questions of partners: one record for each audience where they differ. */

type Word = { label: string; tone: Tone };

export const QUESTION_STATUS: Record<QuestionStatus, Word> = {
  open: { label: 'waits for us', tone: 'watch' },
  asked_back: { label: 'waits for the partner', tone: 'plain' },
  adjusting: { label: 'correction proposed', tone: 'watch' },
  answered: { label: 'answered', tone: 'good' },
  adjusted: { label: 'corrected', tone: 'good' },
  closed: { label: 'closed', tone: 'plain' },
};

export const YOUR_QUESTION: Record<QuestionStatus, Word & { about: string }> = {
  open: { label: 'we look at it', tone: 'watch', about: 'We answer, and you get a mail.' },
  asked_back: { label: 'waits for you', tone: 'alert', about: 'We need something from you. Please reply below.' },
  adjusting: { label: 'correction proposed', tone: 'watch', about: 'A second person decides about the correction.' },
  answered: { label: 'answered', tone: 'good', about: 'We answered. Read what we wrote below.' },
  adjusted: { label: 'corrected', tone: 'good', about: 'The correction is in your balance.' },
  closed: { label: 'closed', tone: 'plain', about: 'It is closed. Read the reason below.' },
};

export const QUESTION_ABOUT: Record<QuestionSubject, string> = {
  earning: 'An earning',
  payout: 'A payout',
  statement: 'A row of a statement',
  missing: 'Something that is missing',
};

/** The steps, as sentences without their subject. */
export const MESSAGE: Record<MessageKind, string> = {
  question: 'asked',
  answer: 'answered',
  ask_back: 'asked back',
  reply: 'replied',
  adjustment: 'proposed a correction',
  close: 'closed it',
  reopen: 'reopened it',
  silence: 'Nobody replied in time, so it was closed.',
  confirmed: 'A second person confirmed the correction.',
  refused: 'A second person did not confirm the correction.',
};
