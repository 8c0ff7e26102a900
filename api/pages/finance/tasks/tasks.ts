import { z } from 'zod';

import { countQueue, listQueue, type QueuedTask, type QueueFilter } from '../../../../db/tasks/queue.ts';
import { DAY_MS } from '../../../../domain/durations.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { TASK, TASK_KINDS } from '../../../../domain/tasks/task.ts';
import { csvHeaders, csvStreamOf, everyRow } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Instant } from '../../../http/schemas.ts';
import { nextPage, table } from '../../components.ts';
import { filters } from '../../form.ts';
import { countOf, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { subjectLink } from '../../subjects.ts';
import { ROLE } from '../../words.ts';
import { workTabs } from './tabs.ts';

const TASKS_A_PAGE = 100;
const OWNERS = ['operator', 'preparer', 'approver'] as const;
const AGES = { '1': 'a day', '3': 'three days', '7': 'a week', '30': 'a month' } as const;
const Query = z.object({
  kind: z.enum(TASK_KINDS).optional().catch(undefined),
  owner: z.enum(OWNERS).optional().catch(undefined),
  age: z.enum(['1', '3', '7', '30']).optional().catch(undefined),
});
const Place = z.strictObject({ deadlineAt: Instant.nullable(), id: z.uuid() });

const dayOf = (at: Date | null): Html | string =>
  at ? html`<span class="day">${formatInstant(at, 'UTC')}</span>` : 'none';

/** Open tasks as a table. The oldest deadline stands first. */
export const taskTable = (caption: string, tasks: readonly QueuedTask[], empty: Html | string, aside?: Html): Html =>
  table({
    caption,
    columns: ['Task', 'Deadline', 'About', { label: 'Amount', number: true }, 'Since'],
    rows: tasks.map(({ id, kind, detail, subject, partner, netMinor, currency, deadlineAt, openedAt }) => ({
      head: html`<a href="/tasks/${id}">${TASK[kind]}</a> <small class="cut">${detail}</small>`,
      cells: [
        dayOf(deadlineAt),
        html`${subjectLink(subject)} ${partner && html`<small>${partner}</small>`}`,
        netMinor === null || currency === null ? '' : sayAmount(money(netMinor, currency)),
        dayOf(openedAt),
      ],
      ...(deadlineAt && deadlineAt.getTime() < Date.now() ? { tone: 'late' } : {}),
    })),
    empty,
    aside,
  });

function readWish(c: PageContext) {
  const query = Query.parse(c.req.query());
  const { kind, owner, age } = query;
  const openedBefore = age && new Date(Date.now() - Number(age) * DAY_MS);
  const filter: QueueFilter = { kind, role: owner, openedBefore };
  const values = Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  );
  return { filter, values };
}

const WISHES = [
  { name: 'kind', label: 'Task', noChoice: 'all', choices: TASK_KINDS.map((value) => ({ value, label: TASK[value] })) },
  {
    name: 'owner',
    label: 'Done by',
    noChoice: 'anybody',
    choices: OWNERS.map((value) => ({ value, label: ROLE[value] })),
  },
  {
    name: 'age',
    label: 'Open for longer than',
    noChoice: 'any time',
    choices: Object.entries(AGES).map(([value, label]) => ({ value, label })),
  },
];

const COLUMNS = ['id', 'kind', 'subject', 'partner', 'currency', 'amount', 'deadline', 'openedAt', 'detail'] as const;

/** The work that waits for people: a queue that empties, with filters in the address, and the same rows as a file. */
export function taskPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /tasks', async (c, visitor) => {
    const { filter, values } = readWish(c);
    const cursor = parseCursor(c.req.query('cursor') ?? '');
    const place = Place.safeParse(cursor).data;
    const after = place ? { id: place.id, deadlineAt: place.deadlineAt ? new Date(place.deadlineAt) : null } : null;
    const read = (count: number) => listQueue(db, filter, after, count);
    const [counts, { items, nextCursor }] = await Promise.all([
      countQueue(db),
      readPage(TASKS_A_PAGE, read, { key: ({ deadlineAt, id }) => ({ deadlineAt, id }), item: (task) => task }),
    ]);
    const open = counts.reduce((sum, { count }) => sum + count, 0);
    const query = new URLSearchParams(values).toString();
    const main = html`<header class="title">
        <h1>Tasks</h1>
        <p>
          ${open === 0 ? 'Nothing waits for a person.' : `${countOf(open, 'task waits', 'tasks wait')} for a person.`}
        </p>
      </header>
      ${workTabs('/tasks', visitor)}
      ${
        counts.length > 0 &&
        html`<ul class="differences" aria-label="Open tasks by kind">
          ${counts.map(
            ({ kind, count, late }) =>
              html`<li data-tone="${late > 0 ? 'alert' : 'watch'}">
                <a href="/tasks?kind=${kind}"><strong>${count}</strong> ${TASK[kind]}</a
                >${late > 0 && html`<small>, ${late} late</small>`}
              </li>`,
          )}
        </ul>`
      }
      ${filters('/tasks', WISHES, { values })}
      ${taskTable(
        'Open tasks',
        items,
        Object.keys(values).length > 0
          ? html`No task fits these filters. <a href="/tasks">Show all</a>.`
          : 'No task is open. A failure, a proposal or a question of a provider opens one.',
        html`<a href="/tasks.csv?${query}">CSV</a>`,
      )}
      ${nextPage('/tasks', nextCursor, values)}`;
    return sendPage(c, consolePage({ title: 'Tasks', here: '/tasks', main }, visitor));
  });

  pages.on('GET /tasks.csv', async (c) => {
    const { filter } = readWish(c);
    const rows = everyRow(
      (after: QueuedTask | null, count) => listQueue(db, filter, after, count),
      ({ id, kind, subject, partner, currency, netMinor, deadlineAt, openedAt, detail }) => [
        id,
        kind,
        subject,
        partner ?? '',
        currency ?? '',
        netMinor === null || currency === null ? '' : formatDecimal(money(netMinor, currency)),
        deadlineAt?.toISOString() ?? '',
        openedAt.toISOString(),
        detail,
      ],
    );
    return c.body(csvStreamOf(COLUMNS, rows), 200, { ...csvHeaders('tasks.csv'), 'cache-control': 'no-store' });
  });
}
