import type { Question } from '../../../../db/earnings/questions.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { field, type FieldWish, type Filled, foldedForm, objectionsOf } from '../../form.ts';
import { html, type Html } from '../../html.ts';

/** The forms by which people end a question, and its row in a file. */

const TEXT: FieldWish = {
  name: 'text',
  label: 'To the partner',
  help: 'The partner reads this as it is. Name no other partner',
  required: true,
  long: true,
  lengthMax: 2000,
};

/** The ways in which a person may go on with a question, or the reason why they may not. */
export function formsFor(
  question: Question,
  visitor: Visitor,
  isPayee: boolean,
  forms: { answer?: Filled; adjust?: Filled },
  programs: readonly string[],
): Html | false {
  if (!mayUse(visitor.roles, 'POST /questions/{id}/answer')) return false;
  if (isPayee)
    return html`<section class="card notice" data-tone="watch">
      <p><strong>Not you:</strong> you are paid through this partner, so somebody else must answer.</p>
    </section>`;
  const filled = forms.answer ?? { values: {} };
  return html`<section class="card notice" data-tone="good">
      <h2>Your answer</h2>
      ${objectionsOf(['text'], filled.objections)}
      <form method="post" action="/questions/${question.id}/answer" class="fields">
        ${field(TEXT, filled)}
        <p class="buttons">
          <button name="act" value="close">Close with this reason</button>
          <button name="act" value="back">Ask back</button>
          <button class="primary" name="act" value="answer">Answer</button>
        </p>
      </form>
    </section>
    ${
      mayUse(visitor.roles, 'POST /questions/{id}/adjustment') &&
      foldedForm(
        {
          action: `/questions/${question.id}/adjustment`,
          title: 'Propose a correction',
          about: 'Another person confirms or refuses it. Nothing counts before that.',
          button: 'Propose it',
          wishes: correctionFields(programs),
        },
        forms.adjust ?? { values: suggestionFor(question) },
      )
    }`;
}

/** The line that the partner asked about, as a first guess. */
const suggestionFor = ({ currency, minor }: Question): Record<string, string> =>
  currency === null || minor === null ? {} : { currency, amount: formatDecimal(money(minor, currency)) };

const correctionFields = (programs: readonly string[]): FieldWish[] => [
  {
    name: 'program',
    label: 'Program',
    required: true,
    choices: programs.map((program) => ({ value: program, label: program })),
  },
  {
    name: 'currency',
    label: 'Currency',
    required: true,
    choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
  },
  {
    name: 'amount',
    label: 'Amount',
    help: 'Below zero to take an amount, such as -15.00',
    required: true,
    lengthMax: 40,
  },
  {
    name: 'reason',
    label: 'Reason of the correction',
    help: 'One line. The partner reads it next to the amount',
    required: true,
    lengthMax: 500,
  },
  { ...TEXT, id: 'adjust-text' },
];

export const CSV_COLUMNS = [
  'id',
  'partner',
  'about',
  'payout',
  'source',
  'event',
  'line',
  'day',
  'currency',
  'amount',
  'status',
  'statusAt',
  'dueAt',
  'correction',
  'askedAt',
];

export const csvRow = (question: Question): readonly string[] => [
  question.id,
  question.partner,
  question.about,
  question.payoutId ?? '',
  question.source ?? '',
  question.eventId ?? '',
  question.line ?? '',
  question.day ?? '',
  question.currency ?? '',
  question.minor === null || question.currency === null ? '' : formatDecimal(money(question.minor, question.currency)),
  question.status,
  question.statusAt.toISOString(),
  question.dueAt?.toISOString() ?? '',
  question.correctionId ?? '',
  question.askedAt.toISOString(),
];
