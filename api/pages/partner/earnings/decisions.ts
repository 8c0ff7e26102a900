import type { Review } from '../../../../db/programs/reviews.ts';
import { Reason } from '../../../http/schemas.ts';
import { reviewStep } from '../../decision-words.ts';
import { type FieldWish, type Filled, foldedForm, readBy, type Read } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type PageContext, readForm } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { say } from '../../say.ts';
import type { Ask, PolicySubject } from '../../../../domain/programs/policies.ts';

/** The parts of the pages about what a partner registered, asked for or claimed. */

type Step = { at: Date; words: string; about?: string | null };

/** The history of a thing that is decided. A partner never sees who decides. */
export function historyOf(steps: readonly Step[], reviews: readonly Review[], zone: string): Html {
  const decided = reviews.flatMap(({ ask, status, reason, endedAt }): Step[] =>
    endedAt === null ? [] : [{ at: endedAt, words: reviewStep(ask as Ask, status), about: reason }],
  );
  const waiting = reviews.find(({ status }) => status === 'waiting');
  const all = [...steps, ...decided].toSorted((one, other) => one.at.getTime() - other.at.getTime());
  return html`<section class="card">
    <h2>${say('decisions.happened')}</h2>
    <ol class="timeline">
      ${all.map(
        ({ at, words, about }) =>
          html`<li>
            <strong>${words}</strong><small>${formatInstant(at, zone)}</small>${about && html`<small>${about}</small>`}
          </li>`,
      )}
      ${
        waiting &&
        html`<li data-is="now">
          <strong>${say(`deciding.${waiting.ask as Ask}`)}</strong>
          ${waiting.dueAt && html`<small>${say('decisions.by', { day: formatInstant(waiting.dueAt, zone) })}</small>`}
        </li>`
      }
    </ol>
  </section>`;
}

export const reasonField = (about: string, id = 'reason'): FieldWish => ({
  name: 'reason',
  id,
  label: say('form.reason'),
  help: about,
  required: true,
  lengthMax: 500,
});

/** Withdraws something that is not decided yet, with a reason. */
export const withdrawal = (what: PolicySubject, path: string, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/withdrawal`,
      title: say(`decisions.withdraw.${what}`),
      button: say('decisions.withdraw'),
      wishes: [reasonField(say('decisions.withdraw.reason'), 'withdraw-reason')],
    },
    filled,
  );

/** The reason of a withdrawal as it was typed, and checked. */
export async function readWithdrawal(c: PageContext): Promise<{ values: { reason: string }; read: Read<string> }> {
  const values = await readForm(c, 'reason');
  const read = readBy(Reason, values.reason.trim() === '' ? undefined : values.reason);
  return {
    values,
    read: read.success
      ? read
      : { success: false, objections: read.objections.map(({ reason }) => ({ field: 'reason', reason })) },
  };
}
