import type { Review } from '../../../../db/programs/reviews.ts';
import { Reason } from '../../../http/schemas.ts';
import { ASK, REVIEW_STEP } from '../../decision-words.ts';
import { type FieldWish, type Filled, foldedForm, readBy, type Read } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type PageContext, readForm } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import type { Ask } from '../../../../domain/programs/policies.ts';

/** The parts of the pages about what a partner registered, asked for or claimed. */

type Step = { at: Date; words: string; about?: string | null };

/** The history of a thing that is decided. A partner never sees who decides. */
export function historyOf(steps: readonly Step[], reviews: readonly Review[], zone: string): Html {
  const decided = reviews.flatMap(({ ask, status, reason, endedAt }): Step[] =>
    endedAt === null ? [] : [{ at: endedAt, words: `${ASK[ask as Ask]} ${REVIEW_STEP[status]}`, about: reason }],
  );
  const waiting = reviews.find(({ status }) => status === 'waiting');
  const all = [...steps, ...decided].toSorted((one, other) => one.at.getTime() - other.at.getTime());
  return html`<section class="card">
    <h2>What happened</h2>
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
          <strong>We decide about the ${ASK[waiting.ask as Ask].toLowerCase()}</strong>
          ${waiting.dueAt && html`<small>by ${formatInstant(waiting.dueAt, zone)}</small>`}
        </li>`
      }
    </ol>
  </section>`;
}

export const reasonField = (about: string, id = 'reason'): FieldWish => ({
  name: 'reason',
  id,
  label: 'Reason',
  help: about,
  required: true,
  lengthMax: 500,
});

/** Withdraws something that is not decided yet, with a reason. */
export const withdrawal = (what: string, path: string, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/withdrawal`,
      title: `Withdraw this ${what}`,
      button: 'Withdraw',
      wishes: [reasonField('In one line, for the people who decide', 'withdraw-reason')],
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
