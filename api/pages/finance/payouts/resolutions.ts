import { listResolutions, readUndecided, type Resolution } from '../../../../db/payouts/resolutions.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { RESOLUTION_OUTCOMES, whyNotDecideResolution, whyNotPropose } from '../../../../domain/payouts/resolution.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { RESOLUTION } from '../../words.ts';
import type { Work } from '../tasks/work.ts';

const EVIDENCE: FieldWish = {
  name: 'evidence',
  label: 'Evidence',
  help: 'Say what you saw, where you saw it, and who said so.',
  long: true,
  required: true,
  lengthMax: 2000,
};
const REFERENCE: FieldWish = {
  name: 'reference',
  label: "The provider's reference",
  help: 'Give it if you found the payment and Bursar did not know its number.',
  lengthMax: 100,
};
const NOTE: FieldWish = { name: 'note', label: 'Note', help: 'Say how you checked it.', long: true, lengthMax: 500 };

/** One person proposes what happened to a payment, and another one confirms or refuses it. */
export const resolutionWork: Work = async ({ db }, { id, payoutId }, visitor, filled) => {
  if (payoutId === null) return null;
  const [payout, proposals] = await Promise.all([
    readUndecided(db, payoutId, visitor.actorId),
    listResolutions(db, payoutId),
  ]);
  const proposal = proposals.findLast(({ status }) => status === 'proposed');
  if (proposal) {
    const why = whyNotDecideResolution(proposal, { ...payout, id: visitor.actorId });
    return decisionForm(id, proposal, visitor, why?.message, filled);
  }
  if (proposals.some(({ status }) => status === 'confirmed'))
    return html`<p class="card notice" data-tone="good">
      Two people decided. Bursar puts it into the books with its next look at the payment.
    </p>`;
  if (!mayUse(visitor.roles, 'POST /tasks/{id}/resolution'))
    return html`<p class="card">An operator proposes what happened. Then an approver confirms or refuses it.</p>`;
  const outcomes = RESOLUTION_OUTCOMES.map((outcome) => ({ outcome, why: whyNotPropose(payout, outcome)?.message }));
  const possible = outcomes.filter(({ why }) => why === undefined);
  if (possible.length === 0) return html`<p class="card">You cannot propose an outcome. ${outcomes[0]?.why}</p>`;
  return html`<form method="post" action="/tasks/${id}/resolution" class="card fields">
    <h2>Propose what happened</h2>
    ${objectionsOf(['outcome', 'evidence', 'reference'], filled.objections)}
    ${field(
      {
        name: 'outcome',
        label: 'Outcome',
        required: true,
        choices: possible.map(({ outcome }) => ({ value: outcome, label: RESOLUTION[outcome].label })),
      },
      filled,
    )}
    <ul class="plain quiet">
      ${possible.map(({ outcome }) => html`<li>${RESOLUTION[outcome].label}: ${RESOLUTION[outcome].effect}.</li>`)}
    </ul>
    ${field(EVIDENCE, filled)} ${field(REFERENCE, filled)}
    <p class="quiet">Nothing moves before another person confirms it.</p>
    <p class="buttons"><button class="primary">Propose…</button></p>
  </form>`;
};

function decisionForm(
  id: string,
  { outcome, evidence, proposedBy }: Resolution,
  { roles }: Visitor,
  why: string | undefined,
  filled: Filled,
): Html {
  const { label, effect } = RESOLUTION[outcome];
  const said = html`<h2>${label}, says ${proposedBy}</h2>
    <p><q>${evidence}</q></p>
    <p class="quiet">If a second person confirms this, ${effect}.</p>`;
  if (!mayUse(roles, 'POST /tasks/{id}/confirmation'))
    return html`<section class="card">
      ${said}
      <p>An approver confirms or refuses it.</p>
    </section>`;
  if (why !== undefined)
    return html`<section class="card">
      ${said}
      <p><strong>You cannot decide it.</strong> ${why}</p>
    </section>`;
  return html`<form method="post" action="/tasks/${id}/confirmation" class="card fields">
    ${said} ${objectionsOf(['note'], filled.objections)} ${field(NOTE, filled)}
    <p class="buttons">
      <button formaction="/tasks/${id}/refusal">Refuse…</button> <button class="primary">Confirm…</button>
    </p>
  </form>`;
}
