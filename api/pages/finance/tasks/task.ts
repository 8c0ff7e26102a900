import { getPayout } from '../../../../db/payouts/payouts.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { getTask, type Task } from '../../../../db/tasks/tasks.ts';
import { money } from '../../../../domain/money.ts';
import { TASK, TASK_ROLES, type TaskKind } from '../../../../domain/tasks/task.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { facts, tag } from '../../components.ts';
import type { Filled } from '../../form.ts';
import { formatInstant, sayAmount } from '../../format.ts';
import { type definePages, idOf, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { pageOf, subjectLink } from '../../subjects.ts';
import { ROLE } from '../../words.ts';
import { checkWork } from '../checks/check.ts';
import { exceptionWork } from '../checks/exceptions.ts';
import { mailingWork } from '../checks/mailings.ts';
import { readCase } from '../payouts/case.ts';
import { resolutionWork } from '../payouts/resolutions.ts';
import { GUIDE } from './guide.ts';
import type { Work } from './work.ts';

/** Work that is done on the page of the task's subject. */
const atSubject: Work = async (_deps, { subject }) => {
  const page = pageOf(subject);
  return page && html`<p><a class="button primary" href="${page}">Open it</a></p>`;
};

/** The form of each kind of task. */
const WORK: Record<TaskKind, Work> = {
  outcome_unknown: resolutionWork,
  partial_return: resolutionWork,
  provider_approval: atSubject,
  check_exception: exceptionWork,
  check_stop_expiring: checkWork,
  check_stale: checkWork,
  check_returned_mail: checkWork,
  checks_to_mail: mailingWork,
  correction_proposed: atSubject,
  decision_waiting: atSubject,
  conversion_proposed: atSubject,
  re_rating_proposed: atSubject,
  policy_proposed: atSubject,
  role_proposed: atSubject,
  passkey_lost: atSubject,
  partner_question: atSubject,
  events_quarantined: atSubject,
};

const SHOWN = ['gateway', 'reference', 'number', 'amount', 'currency', 'reason', 'word', 'items', 'stage', 'ask'];
const evidenceOf = ({ evidence }: Task): (readonly [string, Part])[] =>
  SHOWN.flatMap((name) => {
    const value = evidence[name];
    if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return [];
    return [[name.replace(/^./, (first) => first.toUpperCase()), html`<code>${value}</code>`] as const];
  });

const stateOf = ({ closedAt, deadlineAt }: Task): Html => {
  if (closedAt) return tag({ label: 'done', tone: 'good' });
  return deadlineAt && deadlineAt.getTime() < Date.now()
    ? tag({ label: 'late', tone: 'alert' })
    : tag({ label: 'open', tone: 'watch' });
};

/** One task: what happened, what did not happen, the fix, and its action as a form. */
export async function drawTask(deps: ApiDeps, task: Task, visitor: Visitor, filled: Filled): Promise<Html> {
  const { db } = deps;
  const { kind, detail, payoutId, deadlineAt, openedAt, closedAt, closedBy, resolution } = task;
  const payout = payoutId === null ? null : await getPayout(db, payoutId);
  const [work, known] = await Promise.all([
    closedAt ? null : WORK[kind](deps, task, visitor, filled),
    payoutId === null ? null : readCase(db, payoutId),
  ]);
  const at = (instant: Date) => formatInstant(instant, 'UTC');
  return html`<header class="title">
      <p><a href="/tasks">Tasks</a></p>
      <h1>${TASK[kind]} ${stateOf(task)}</h1>
      ${
        payout &&
        html`<p>
          <a href="/payouts/${payout.id}">${sayAmount(money(payout.net, payout.currency))} to ${payout.partner}</a>
        </p>`
      }
    </header>
    ${filled.notice}
    <div class="columns">
      <section>
        <section class="card told">
          <h2 class="unseen">What happened</h2>
          <p><strong>What happened</strong> ${detail}</p>
          <p><strong>What did not happen</strong> ${GUIDE[kind].not}</p>
          ${!closedAt && html`<p><strong>What to do</strong> ${GUIDE[kind].fix}</p>`}
        </section>
        ${work} ${known}
      </section>
      <aside>
        <section class="card">
          <h2>The task</h2>
          ${facts([
            ['About', subjectLink(task.subject)],
            ['Opened', at(openedAt)],
            ['Deadline', deadlineAt ? at(deadlineAt) : 'none'],
            ['Done by', TASK_ROLES[kind].map((role) => ROLE[role]).join(' and ')],
            ...(closedAt
              ? ([
                  ['Ended', at(closedAt)],
                  ['Ended by', closedBy ?? 'itself: its cause went away'],
                  ['How', resolution],
                ] as const)
              : []),
            ...evidenceOf(task),
          ])}
        </section>
      </aside>
    </div>`;
}

export async function sendTask(
  c: PageContext,
  deps: ApiDeps,
  visitor: Visitor,
  filled: Filled = { values: {} },
  status = 200,
) {
  const task = await getTask(deps.db, idOf(c, 'task'));
  const main = await drawTask(deps, task, visitor, filled);
  return sendPage(c, consolePage({ title: TASK[task.kind], here: '/tasks', main }, visitor), status);
}

export function taskPage(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /tasks/{id}', (c, visitor) => sendTask(c, deps, visitor));
}
