import { holdPayout, releasePayout } from '../../../../commands/runs/holds.ts';
import { cutFromRun } from '../../../../commands/runs/changes.ts';
import { listAttemptHistory, listAttempts } from '../../../../db/payouts/attempts.ts';
import { findNeighbours } from '../../../../db/payouts/pages.ts';
import { listPayoutLines } from '../../../../db/payouts/lines.ts';
import { getPayout, type Payout } from '../../../../db/payouts/payouts.ts';
import { listResolutions } from '../../../../db/payouts/resolutions.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { getRun } from '../../../../db/runs/runs.ts';
import { readWaiting } from '../../../../db/runs/waiting.ts';
import { listAlarmsAbout } from '../../../../db/tasks/alarms.ts';
import { listTasks, type Task } from '../../../../db/tasks/tasks.ts';
import { money } from '../../../../domain/money.ts';
import { adviceFor } from '../../../../domain/payouts/advice.ts';
import { waitsFor } from '../../../../domain/runs/waiting.ts';
import { TASK } from '../../../../domain/tasks/task.ts';
import { payoutWorkflowId } from '../../../../temporal/messages.ts';
import { wakeRun } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { askReason, facts, table, tag } from '../../components.ts';
import { formatAmount, formatDay, formatInstant, readersVoice } from '../../format.ts';
import { type definePages, idOf, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { ATTEMPT_STATE, GATEWAY, METHOD, PAYOUT_STATUS } from '../../words.ts';
import { partnerPath } from '../partners/address.ts';
import { checkCard } from '../checks/check.ts';
import { alarmCard } from '../tasks/alarms.ts';
import { attemptTable, resolutionTable } from './case.ts';
import { followActions } from './follow.ts';
import { readWish } from './payouts.ts';

const ZONE = 'UTC';
const WHO = { partner: 'The partner', us: 'We', provider: 'The provider' } as const;

const TASKS_MAX = 20;

/** The payouts before and after this one in the list that led here, also by the keyboard: with the access keys k and j. */
const neighbours = ({ before, after }: { before: string | null; after: string | null }, query: string): Html =>
  html`<nav class="near" aria-label="Neighbours in the list">
    ${before && html`<a href="/payouts/${before}?${query}" rel="prev" accesskey="k">Previous</a>`}
    ${after && html`<a href="/payouts/${after}?${query}" rel="next" accesskey="j">Next</a>`}
  </nav>`;

const taskCard = ({ id, kind, detail }: Task): Html =>
  html`<section class="card notice" data-tone="watch">
    <h2>${TASK[kind]}</h2>
    <p>${detail}</p>
    <p><a class="button primary" href="/tasks/${id}">Open the task</a></p>
  </section>`;

const advice = (payout: Payout): Html | null => {
  const next = adviceFor(payout);
  return (
    next &&
    html`<section class="card" data-tone="alert">
      <h2>What to do</h2>
      <p>${next.text}</p>
      <p><small>${WHO[next.who]} must act.</small></p>
    </section>`
  );
};

/** A payout that was not asked for yet can be held, released, or taken out of its run. */
function actions(payout: Payout, { roles }: Visitor): Html | null {
  if (!['draft', 'approved', 'executing'].includes(payout.status) || !mayUse(roles, 'POST /payouts/{id}/hold'))
    return null;
  const path = `/payouts/${payout.id}`;
  return html`${
    payout.heldAt
      ? html`<form method="post" action="${path}/release"><button>Release</button></form>`
      : askReason({
          id: 'hold',
          action: `${path}/hold`,
          button: 'Hold',
          title: 'Hold this payout?',
          about: 'It stays in its run, with its approvals. Its provider is not asked before you release it.',
        })
  }
  ${askReason({
    id: 'cut',
    action: `${path}/cut`,
    button: 'Take out',
    title: 'Take this payout out of its run?',
    about: 'Its lines are free for the next run. In review, the approvals given before are void.',
  })}`;
}

/** One payout, from the amount to the provider's last word. */
export function payoutPage({ db, temporal, log, settings }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const wake = async (runId: string): Promise<void> => {
    const { id, schedule, periodEnd } = await getRun(db, runId);
    await wakeQuietly({ temporal, log }, { run: id }, () =>
      wakeRun(temporal, { id, scheduleCode: schedule, periodEnd }),
    );
  };

  pages.on('GET /payouts/{id}', async (c, visitor) => {
    const payout = await getPayout(db, idOf(c, 'payout'));
    const subject = `payout/${payout.id}`;
    const { query, filter } = await readWish(db, c);
    const [lines, asked, history, waiting, resolutions, tasks, alarms, check, near] = await Promise.all([
      listPayoutLines(db, payout.id),
      listAttempts(db, payout.id),
      listAttemptHistory(db, payout.id),
      readWaiting(db, payout.id),
      listResolutions(db, payout.id),
      listTasks(db, { payoutId: payout.id, isOpen: true }, null, TASKS_MAX),
      listAlarmsAbout(db, subject),
      payout.method === 'check' && checkCard(db, payout.id, visitor),
      filter && findNeighbours(db, filter, payout.id),
    ]);
    const say = (minor: bigint) => formatAmount(money(minor, payout.currency));
    const wait = waitsFor(waiting, 'staff', readersVoice());
    const ui = settings.temporalUiUrl;
    const main = html`<header class="title">
        <p>
          <a href="/payouts?${new URLSearchParams(query).toString()}">Payouts</a> /
          <a href="/runs/${payout.runId}">run of ${formatDay(payout.periodEnd)}</a>
        </p>
        ${near && neighbours(near, new URLSearchParams(query).toString())}
        <h1>
          <span>
            ${say(payout.net)} ${payout.currency} to
            <a href="${partnerPath(payout.partner)}">${payout.partner}</a>
          </span>
          ${tag(PAYOUT_STATUS[payout.status])}
        </h1>
        ${wait && html`<p>${wait.words}</p>`}
        ${payout.statusReason && payout.status !== 'sent' && payout.status !== 'settled' && html`<p>Reason: ${payout.statusReason}</p>`}
        ${payout.heldReason && html`<p>On hold: ${payout.heldReason}</p>`}
        <div class="actions">${actions(payout, visitor)} ${followActions(payout, visitor)}</div>
      </header>
      <div class="columns">
        <section>
          ${advice(payout)} ${tasks.map(taskCard)}
          ${alarms.map((alarm) => alarmCard(alarm, mayUse(visitor.roles, 'POST /alarms/{id}/clear')))}
          ${table({
            caption: 'What it pays',
            columns: [
              'Program',
              'Kind',
              'Free since',
              { label: 'Earnings', number: true },
              { label: 'Amount', number: true },
            ],
            rows: lines.map(({ program, kind, availableOn, earningCount, minor, releasedAt }) => ({
              head: html`${program} ${releasedAt && tag({ label: 'free again', tone: 'plain' })}`,
              cells: [kind, formatDay(availableOn), earningCount, say(minor)],
            })),
            empty: 'This payout has no lines.',
            aside: html`<a href="/payouts/${payout.id}/events">Every event behind it</a>`,
          })}
          ${attemptTable(asked)} ${resolutionTable(resolutions)}
        </section>
        <aside>
          ${check}
          <section class="card">
            <h2>Amounts</h2>
            ${facts([
              ['Earned', say(payout.gross)],
              ['Withheld', say(payout.withheld)],
              ['Fee', say(payout.fee)],
              ['Paid', html`<strong>${say(payout.net)} ${payout.currency}</strong>`],
              ['By', `${METHOD[payout.method]}, ${GATEWAY[payout.gateway]}`],
            ])}
            ${ui && html`<p><a href="${ui}/namespaces/default/workflows/${payoutWorkflowId(payout.id)}">Its workflow</a></p>`}
          </section>
          <section class="card">
            <h2>What happened</h2>
            <ol class="timeline">
              <li><strong>Drafted</strong><small>${formatInstant(payout.createdAt, ZONE)}</small></li>
              ${history.map(
                ({ to, word, reason, at, saidBy }) =>
                  html`<li>
                    <strong>${ATTEMPT_STATE[to]}</strong>
                    <small
                      >${formatInstant(at, ZONE)}${saidBy === 'provider' && ', said by the provider'}${saidBy === 'people' && ', decided by people'}</small
                    >
                    ${(word ?? reason) && html`<small>${word} ${reason}</small>`}
                  </li>`,
              )}
            </ol>
          </section>
        </aside>
      </div>`;
    return sendPage(c, consolePage({ title: `Payout to ${payout.partner}`, here: '/payouts', main }, visitor));
  });

  pages.on('POST /payouts/{id}/hold', async (c, { actorId }) => {
    const { id } = await holdPayout(db, idOf(c, 'payout'), actorId, await readReason(c));
    return c.redirect(`/payouts/${id}`, 303);
  });

  pages.on('POST /payouts/{id}/release', async (c, { actorId }) => {
    const { id, runId } = await releasePayout(db, idOf(c, 'payout'), actorId);
    await wake(runId);
    return c.redirect(`/payouts/${id}`, 303);
  });

  pages.on('POST /payouts/{id}/cut', async (c, { actorId }) => {
    const { id, runId } = await cutFromRun(db, idOf(c, 'payout'), actorId, await readReason(c));
    await wake(runId);
    return c.redirect(`/payouts/${id}`, 303);
  });
}
