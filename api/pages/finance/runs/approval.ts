import { randomUUID } from 'node:crypto';

import { keepSignature } from '../../../../commands/people/signatures.ts';
import { listOutcomeTotals } from '../../../../db/runs/outcomes.ts';
import { listReviewTotals } from '../../../../db/runs/review.ts';
import { getRun } from '../../../../db/runs/runs.ts';
import { Failure } from '../../../../domain/errors.ts';
import { approvalStatement } from '../../../../domain/people/statement.ts';
import { decideRun } from '../../../http/decide-run.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { countOf, formatDay } from '../../format.ts';
import { type definePages, idOf, readForm, readReason, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { readSigned, signatureForm, signingPlace } from '../../people/signature.ts';
import { OUTCOME } from '../../words.ts';
import { totalsOf } from './review.ts';

const HASH = /^[0-9a-f]{64}$/;

/** An approver confirms what they saw, with the signature of their passkey, or rejects it with a reason. */
export function approvalPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, temporal } = deps;

  pages.on('GET /runs/{id}/approval', async (c, visitor) => {
    const run = await getRun(db, idOf(c, 'run'));
    if (run.status !== 'review' || run.contentHash === null)
      throw new Failure('run_not_in_review', `The run is ${run.status}. It does not wait for a decision.`);
    const approval = { runId: run.id, contentHash: run.contentHash };
    const signer = { actorId: visitor.actorId, statement: approvalStatement(approval) };
    const [totals, outcomes, form] = await Promise.all([
      listReviewTotals(db, run),
      listOutcomeTotals(db, run.id),
      signatureForm(deps, signer, {
        action: `/runs/${run.id}/approval`,
        button: 'Approve and sign',
        hidden: { hash: run.contentHash },
      }),
    ]);
    const unpaid = outcomes.filter(({ outcome }) => outcome !== 'paid' && outcome !== 'nothing_due');
    const main = html`<header class="title">
        <p><a href="/runs/${run.id}">${run.schedule}</a></p>
        <h1>Pay this run on ${formatDay(run.payOn)}?</h1>
      </header>
      ${totalsOf(totals)}
      <section class="card">
        <h2>Does not leave</h2>
        ${
          unpaid.length === 0
            ? html`<p>Everybody who is owed money is paid.</p>`
            : html`<ul class="plain">
                ${unpaid.map(({ outcome, count }) => html`<li>${countOf(count, 'partner')}: ${OUTCOME[outcome]}</li>`)}
              </ul>`
        }
      </section>
      <p>
        You sign content <code>${run.contentHash.slice(0, 12)}</code>. If one cent changes before your signature
        arrives, it is refused.
      </p>
      ${form}
      <p><a href="/runs/${run.id}">Not yet</a></p>`;
    return sendPage(c, consolePage({ title: 'Approve', here: '/runs', main }, visitor));
  });

  pages.on('POST /runs/{id}/approval', async (c, { actorId }) => {
    const run = await getRun(db, idOf(c, 'run'));
    const { hash } = await readForm(c, 'hash');
    const approval = { runId: run.id, contentHash: contentHashOf(hash) };
    const signer = { actorId, statement: approvalStatement(approval) };
    const signed = await readSigned(c);
    const signatureId = await db.transaction((tx) => keepSignature(tx, signingPlace(deps), signer, signed));
    const decision = { decision: 'approve', contentHash: approval.contentHash, signatureId } as const;
    await decideRun({ db, temporal }, run, { ...decision, actorId, note: null, key: signatureId });
    return c.redirect(`/runs/${run.id}`, 303);
  });

  pages.on('GET /runs/{id}/rejection', async (c, visitor) => {
    const run = await getRun(db, idOf(c, 'run'));
    const main = html`<header class="title">
        <p><a href="/runs/${run.id}">${run.schedule}</a></p>
        <h1>Reject this run?</h1>
        <p>Nobody is paid by it. Its lines are free for the next run.</p>
      </header>
      <form method="post" action="/runs/${run.id}/rejection" class="card">
        <input type="hidden" name="hash" value="${run.contentHash}" />
        <input type="hidden" name="key" value="${randomUUID()}" />
        <label>Why? <textarea name="reason" rows="3" maxlength="500" required></textarea></label>
        <p class="buttons">
          <a class="button" href="/runs/${run.id}">Keep it</a> <button class="primary">Reject</button>
        </p>
      </form>`;
    return sendPage(c, consolePage({ title: 'Reject', here: '/runs', main }, visitor));
  });

  pages.on('POST /runs/{id}/rejection', async (c, { actorId }) => {
    const run = await getRun(db, idOf(c, 'run'));
    const { hash, key } = await readForm(c, 'hash', 'key');
    const note = await readReason(c);
    await decideRun({ db, temporal }, run, {
      decision: 'reject',
      contentHash: contentHashOf(hash),
      actorId,
      note,
      key,
    });
    return c.redirect(`/runs/${run.id}`, 303);
  });
}

function contentHashOf(text: string): string {
  if (HASH.test(text)) return text;
  throw new Failure('invalid_input', 'The form names no content of a run. Nothing was recorded. Open the page again.');
}
