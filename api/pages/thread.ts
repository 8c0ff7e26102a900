import type { Question, QuestionMessage } from '../../db/earnings/questions.ts';
import { money } from '../../domain/money.ts';
import { facts } from './components.ts';
import { formatDay, formatInstant, sayAmount } from './format.ts';
import { html, type Html, type Part } from './html.ts';
import { say } from './say.ts';

/** The parts of a question that both sides see. */

/** Everything that was said, oldest first. `headOf` says who did what. */
export const thread = (
  messages: readonly QuestionMessage[],
  zone: string,
  headOf: (message: QuestionMessage) => string,
): Html =>
  html`<ol class="thread" aria-label="${say('said.title')}">
    ${messages.map(
      (message) =>
        html`<li data-side="${message.side}">
          <p>
            <strong>${headOf(message)}</strong>
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
    [say('line.about'), say(`questionAbout.${about}`)],
    ...(line === null ? [] : [[say('line.line'), line] as const]),
    ...(source === null ? [] : [[say('line.event'), `${source} ${eventId}`] as const]),
    ...(payoutId === null ? [] : [[say('line.payout'), payout] as const]),
    ...(day === null ? [] : [[say('line.day'), formatDay(day)] as const]),
    ...(minor === null || currency === null ? [] : [[say('line.amount'), sayAmount(money(minor, currency))] as const]),
  ]);
}

/** The shortest name of a question in a list. */
export const titleOf = ({ about, line, source, eventId }: Question): string =>
  line ?? (source === null ? say(`questionAbout.${about}`) : `${source} ${eventId}`);
