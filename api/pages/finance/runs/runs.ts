import { z } from 'zod';

import { listRuns, type Run } from '../../../../db/runs/runs.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { Instant } from '../../../http/schemas.ts';
import { nextPage, table, tag } from '../../components.ts';
import { formatDay } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { RUN_STATUS } from '../../words.ts';

const RUNS_A_PAGE = 50;
const Place = z.strictObject({ createdAt: Instant, id: z.uuid() });

/** The period of a run, as people call it. Its end is the day after its last day. */
export const periodOf = ({ periodStart, periodEnd }: Pick<Run, 'periodStart' | 'periodEnd'>): string => {
  const lastDay = new Date(new Date(`${periodEnd}T00:00:00Z`).getTime() - 1).toISOString().slice(0, 10);
  return `${formatDay(periodStart)} to ${formatDay(lastDay)}`;
};

export const runTable = (caption: string, runs: readonly Run[], empty: string): Html =>
  table({
    caption,
    columns: ['Run', 'Period', 'Pays on', 'Status', 'Asked by'],
    rows: runs.map((run) => ({
      head: html`<a href="/runs/${run.id}">${run.schedule}</a>`,
      cells: [periodOf(run), formatDay(run.payOn), tag(RUN_STATUS[run.status]), run.preparer ?? 'its schedule'],
    })),
    empty,
  });

/** All runs, the newest first. */
export function runPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /runs', async (c, visitor) => {
    const place = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data;
    const before = place ? { id: place.id, createdAt: new Date(place.createdAt) } : null;
    const { items, nextCursor } = await readPage(RUNS_A_PAGE, (count) => listRuns(db, {}, before, count), {
      key: ({ createdAt, id }) => ({ createdAt, id }),
      item: (run) => run,
    });
    const main = html`<header class="title">
        <h1>Runs</h1>
        ${mayUse(visitor.roles, 'GET /runs/new') && html`<div class="actions"><a class="button primary" href="/runs/new">Request a run…</a></div>`}
      </header>
      ${runTable('Payout runs', items, 'There is no run yet. A schedule opens its first one at the next cut-off.')}
      ${nextPage('/runs', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Runs', here: '/runs', main }, visitor));
  });
}
