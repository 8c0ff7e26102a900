import type { MessageKind, QuestionStatus } from '../../domain/earnings/question.ts';
import { say } from './say.ts';
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

const YOURS: Record<QuestionStatus, Tone> = {
  open: 'watch',
  asked_back: 'alert',
  adjusting: 'watch',
  answered: 'good',
  adjusted: 'good',
  closed: 'plain',
};

/** The state of a question for the partner who asked it. */
export const yourQuestion = (status: QuestionStatus) => ({
  label: say(`question.${status}`),
  tone: YOURS[status],
  about: say(`question.${status}.about`),
});

/** The steps for staff, as sentences without their subject. */
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
