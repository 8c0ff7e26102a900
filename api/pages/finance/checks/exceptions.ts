import { decideException } from '../../../../commands/checks/exceptions.ts';
import { findPresented } from '../../../../db/checks/exceptions.ts';
import { whyNotPay } from '../../../../domain/checks/check.ts';
import { wakeCheckDesk } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { askReason, facts } from '../../components.ts';
import { type definePages, idOf, readReason } from '../../guard.ts';
import { html } from '../../html.ts';
import { ATTEMPT_STATE } from '../../words.ts';
import type { Work } from '../tasks/work.ts';

/** The bank was shown a check that it doubts. A person has it paid or returned. */
export const exceptionWork: Work = async ({ db }, { id, subject }, { roles, actorId }) => {
  const check = await findPresented(db, subject.replace('check-exception/', ''), actorId);
  const why = check?.isPayee ? 'the check pays you' : whyNotPay(check);
  return html`<section class="card">
    <h2>Our register</h2>
    ${
      check === null
        ? html`<p>No check of ours has this number.</p>`
        : facts([
            ['State', check.state ? ATTEMPT_STATE[check.state] : 'spoiled'],
            ['Amount', check.isSameAmount ? 'the same' : 'another one'],
            ['Stop', check.hasStop ? 'somebody asked for one' : 'none'],
          ])
    }
    ${why && html`<p>The bank must not pay it: ${why}.</p>`}
    ${
      mayUse(roles, 'POST /tasks/{id}/return') &&
      html`<div class="actions">
        ${askReason({
          id: 'return',
          action: `/tasks/${id}/return`,
          button: 'Return the check',
          title: 'Have the bank return this check?',
          about: 'The holder gets no money for it. A check of ours that is returned is still owed.',
        })}
        ${
          !why &&
          mayUse(roles, 'POST /tasks/{id}/pay') &&
          askReason({
            id: 'pay',
            action: `/tasks/${id}/pay`,
            button: 'Pay the check',
            title: 'Have the bank pay this check?',
            about: 'This cannot be taken back. Compare payee and signature on the image of the bank first.',
          })
        }
      </div>`
    }
  </section>`;
};

const ACTIONS = { return: 'operator', pay: 'approver' } as const;

export function exceptionPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  for (const decision of ['return', 'pay'] as const)
    pages.on(`POST /tasks/{id}/${decision}`, async (c, { actorId }) => {
      const id = idOf(c, 'task');
      await decideException(db, id, { decision, reason: await readReason(c), by: actorId, role: ACTIONS[decision] });
      await wakeQuietly({ temporal, log }, { task: id }, () => wakeCheckDesk(temporal));
      return c.redirect(`/tasks/${id}`, 303);
    });
}
