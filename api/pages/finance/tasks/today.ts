import { listRuns } from '../../../../db/runs/runs.ts';
import { countUnread } from '../../../../db/tasks/notices.ts';
import { listQueue } from '../../../../db/tasks/queue.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { countOf, formatDay } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Part } from '../../html.ts';
import { consolePage, isStaff } from '../../layout.ts';
import { pageOf } from '../../subjects.ts';
import { TASK } from '../../words.ts';
import { runTable } from '../runs/runs.ts';
import { readerOf } from './notices.ts';
import { taskTable } from './tasks.ts';

const TASKS_MAX = 50;
const RUNS_MAX = 20;

/** The places of the things that a task may be about. */
const PLACE_OF: Readonly<Record<string, string>> = {
  deal: '/deals',
  request: '/requests',
  claim: '/claims',
  question: '/questions',
  payout: '/payouts',
  run: '/runs',
};

/** The name of a task, which leads to the page where it is done, if there is one. */
function linkTo(subject: string, name: string): Html | string {
  const [thing = '', id = ''] = subject.split('/');
  const place = PLACE_OF[thing];
  return place && isUuid(id) ? html`<a href="${place}/${id}">${name}</a>` : name;
}

/** A task leads to the page about its subject, where there is one. */
const workOf = (kind: TaskKind, subject: string): Part => {
  const page = pageOf(subject);
  return page === null ? TASK[kind] : html`<a href="${page}">${TASK[kind]}</a>`;
};

/** Shows the work that waits for people now, the oldest deadline first. A person who is only a partner has theirs in the portal. */
export function todayPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /', async (c, visitor) => {
    if (!isStaff(visitor)) return c.redirect('/portal', 303);
    const [tasks, reviews, disbursing, unread] = await Promise.all([
      listQueue(db, {}, null, TASKS_MAX),
      listRuns(db, { status: 'review' }, null, RUNS_MAX),
      listRuns(db, { status: 'disbursing' }, null, RUNS_MAX),
      countUnread(db, readerOf(visitor)),
    ]);
    const main = html`<header class="title">
        <h1>Today</h1>
        <p>
          ${formatDay(new Date().toISOString().slice(0, 10))}
          ${unread > 0 && html`<a href="/notices">${countOf(unread, 'notice')} that you have not read</a>`}
        </p>
      </header>
      ${runTable('Runs to approve', reviews, 'No run waits for an approval. A schedule opens the next one at its cut-off.')}
      ${runTable('Runs being paid', disbursing, 'No run is being paid now.')}
      ${table({
        caption: 'Tasks',
        columns: ['Task', 'What happened', 'Deadline', 'Since'],
        rows: tasks.toSorted(byDeadline).map(({ kind, subject, detail, deadlineAt, openedAt }) => ({
          head: workOf(kind, subject),
          cells: [detail, deadlineAt ? formatInstant(deadlineAt, 'UTC') : 'none', formatInstant(openedAt, 'UTC')],
          ...(deadlineAt && deadlineAt.getTime() < Date.now() ? { tone: 'late' } : {}),
        })),
        empty: 'No task is open. A failure, a proposal or a question of a provider opens one.',
        aside: html`<small>${countOf(tasks.length, 'open task')}</small>`,
      })}`;
    return sendPage(c, consolePage({ title: 'Today', here: '/', main }, visitor));
  });
}
