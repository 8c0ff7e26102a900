import type { Question, QuestionMessage } from '../../db/earnings/questions.ts';
import { money } from '../../domain/money.ts';
import { facts } from './components.ts';
import { formatDay, formatInstant, sayAmount } from './format.ts';
import { html, type Html, type Part } from './html.ts';
import { MESSAGE, QUESTION_ABOUT } from './question-words.ts';

/** The parts of a question that both sides see. */

/** Everything that was said, oldest first. `nameOf` says who it was. */
export const thread = (
  messages: readonly QuestionMessage[],
  zone: string,
  nameOf: (message: QuestionMessage) => string,
): Html =>
  html`<ol class="thread" aria-label="What was said">
    ${messages.map(
      (message) =>
        html`<li data-side="${message.side}">
          <p>
            <strong>${message.side !== 'bursar' && nameOf(message)} ${MESSAGE[message.kind]}</strong>
            <small>${formatInstant(message.at, zone)}</small>
          </p>
          ${message.text && html`<p class="said">${message.text}</p>`}
        </li>`,
    )}
  </ol>`;

/** The line that a question is about. `payout` links to it. */
export function lineOf(question: Question, payout: Part): Html {
  const { about, payoutId, source, eventId, line, day, minor, currency } = question;
  return facts([
    ['About', QUESTION_ABOUT[about]],
    ...(line === null ? [] : [['Line', line] as const]),
    ...(source === null ? [] : [['Event', `${source} ${eventId}`] as const]),
    ...(payoutId === null ? [] : [['Payout', payout] as const]),
    ...(day === null ? [] : [['Day', formatDay(day)] as const]),
    ...(minor === null || currency === null ? [] : [['Amount', sayAmount(money(minor, currency))] as const]),
  ]);
}

/** The shortest name of a question in a list. */
export const titleOf = ({ about, line, source, eventId }: Question): string =>
  line ?? (source === null ? QUESTION_ABOUT[about] : `${source} ${eventId}`);
