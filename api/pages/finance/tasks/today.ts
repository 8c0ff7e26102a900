import { listRuns } from '../../../../db/runs/runs.ts';
import { countUnread } from '../../../../db/tasks/notices.ts';
import { listQueue } from '../../../../db/tasks/queue.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { countOf, formatDay } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage, isStaff } from '../../layout.ts';
import { runTable } from '../runs/runs.ts';
import { readerOf } from './notices.ts';
import { taskTable } from './tasks.ts';

const TASKS_MAX = 50;
const RUNS_MAX = 20;

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
      ${taskTable(
        'Tasks',
        tasks,
        'No task is open. A failure, a proposal or a question of a provider opens one.',
        html`<a href="/tasks">All tasks</a>`,
      )}`;
    return sendPage(c, consolePage({ title: 'Today', here: '/', main }, visitor));
  });
}
