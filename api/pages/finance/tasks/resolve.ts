import { decideResolution, proposeResolution } from '../../../../commands/payouts/resolutions.ts';
import type { Database } from '../../../../db/database.ts';
import { lockPayout } from '../../../../db/payouts/payouts.ts';
import { listResolutions, type Resolution } from '../../../../db/payouts/resolutions.ts';
import { getPayoutStart } from '../../../../db/payouts/starts.ts';
import { getTask } from '../../../../db/tasks/tasks.ts';
import { Failure } from '../../../../domain/errors.ts';
import { money } from '../../../../domain/money.ts';
import { wakePayout } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { DecisionForm, ProposalForm } from '../../../routes/payouts/resolutions.ts';
import { facts } from '../../components.ts';
import { checkFields } from '../../form.ts';
import { sayAmount } from '../../format.ts';
import { type definePages, idOf, type PageContext, readForm } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { defineSigning } from '../../signing.ts';
import { RESOLUTION } from '../../words.ts';
import { drawTask, sendTask } from './task.ts';

const aboutProposal = ({ outcome, evidence, reference, proposedBy }: Resolution): Html =>
  html`${facts([
      ['Outcome', RESOLUTION[outcome].label],
      ['Evidence', evidence],
      ...(reference ? [['Reference', html`<code>${reference}</code>`] as const] : []),
      ['Proposed by', proposedBy],
    ])}
    <p>If you confirm it, ${RESOLUTION[outcome].effect}.</p>`;

/** The proposal that waits, locked with its payout. */
async function lockProposal(tx: Database, payoutId: string): Promise<Resolution> {
  await lockPayout(tx, payoutId);
  const proposal = (await listResolutions(tx, payoutId)).findLast(({ status }) => status === 'proposed');
  if (proposal) return proposal;
  throw new Failure('resolution_not_open', 'No proposal waits for a decision. Nothing was recorded.');
}

/** Two people say what happened to a payment, or who owns a part that came back. Each of them signs. */
export function resolvePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, temporal, log } = deps;
  const sign = defineSigning(deps);

  /** The task in an address, and the payout that it is about. */
  const caseOf = async (c: PageContext) => {
    const task = await getTask(db, idOf(c, 'task'));
    if (task.payoutId !== null) return { task, payoutId: task.payoutId, back: `/tasks/${task.id}` };
    throw new Failure('not_found', `Task ${task.id} is not about one payout. Nothing was recorded.`);
  };

  pages.on('POST /tasks/{id}/resolution', async (c, visitor) => {
    const { actorId } = visitor;
    const values = await readForm(c, 'outcome', 'evidence', 'reference');
    const { data, objections } = checkFields(ProposalForm, values);
    if (!data) return sendTask(c, deps, visitor, { values, objections }, 400);
    const { task, payoutId, back } = await caseOf(c);
    const { outcome, evidence, reference = null } = data;
    return sign(c, visitor, {
      act: 'propose outcome',
      subject: `payout/${payoutId}`,
      read: (tx) => lockPayout(tx, payoutId),
      content: ({ id, status, net, currency }) => ({ id, status, net: String(net), currency }),
      typed: values,
      perform: (tx, signatureId) =>
        proposeResolution(tx, { payoutId, actorId, outcome, evidence, reference, signatureId }),
      title: 'Propose what happened?',
      here: '/tasks',
      about: ({ net, currency, partner }) =>
        html`${facts([
            ['Payout', `${sayAmount(money(net, currency))} to ${partner}`],
            ['Outcome', RESOLUTION[outcome].label],
            ['Evidence', evidence],
            ...(reference ? [['Reference', html`<code>${reference}</code>`] as const] : []),
          ])}
          <p>Nothing moves before another person confirms it. Then ${RESOLUTION[outcome].effect}.</p>`,
      button: 'Propose and sign',
      back,
      again: (notice) => drawTask(deps, task, visitor, { values, notice }),
      answer: () => c.redirect(back, 303),
    });
  });

  for (const [path, decision] of [
    ['confirmation', 'confirm'],
    ['refusal', 'refuse'],
  ] as const)
    pages.on(`POST /tasks/{id}/${path}`, async (c, visitor) => {
      const { actorId } = visitor;
      const values = await readForm(c, 'note');
      const { data, objections } = checkFields(DecisionForm, { ...values, decision });
      if (!data) return sendTask(c, deps, visitor, { values, objections }, 400);
      const { task, payoutId, back } = await caseOf(c);
      const { id } = (await listResolutions(db, payoutId)).at(-1) ?? { id: payoutId };
      return sign(c, visitor, {
        act: `${decision} outcome`,
        subject: `resolution/${id}`,
        read: (tx) => lockProposal(tx, payoutId),
        content: ({ outcome, evidence, reference, proposedBy, minor }) => ({
          outcome,
          evidence,
          reference,
          proposedBy,
          amount: minor === null ? null : String(minor),
        }),
        typed: values,
        perform: (tx, signatureId) =>
          decideResolution(tx, { payoutId, actorId, decision, note: data.note ?? null, signatureId }),
        title: decision === 'confirm' ? 'Confirm what happened?' : 'Refuse the proposal?',
        here: '/tasks',
        about: aboutProposal,
        button: decision === 'confirm' ? 'Confirm and sign' : 'Refuse and sign',
        back,
        again: (notice) => drawTask(deps, task, visitor, { values, notice }),
        answer: async () => {
          const start = await getPayoutStart(db, payoutId);
          await wakeQuietly({ temporal, log }, { payout: payoutId }, () => wakePayout(temporal, start));
          return c.redirect(back, 303);
        },
      });
    });
}
