import type { Visitor } from '../../../../db/people/sessions.ts';
import type { NoticeReader } from '../../../../db/tasks/notices.ts';
import { audiencesOf } from '../../../../domain/tasks/notice.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { consolePage } from '../../layout.ts';
import { noticesOf, readAll, readOne } from '../../notices.ts';

const PATH = '/notices';
const EMPTY = 'A run to approve, a task, a payment that failed or an alarm writes one.';

/** The notices to the audiences that a person belongs to. */
export const readerOf = ({ actorId, roles }: Visitor): NoticeReader => ({
  actorId,
  partnerId: null,
  audiences: audiencesOf(roles),
  language: 'en',
});

/** The notices to finance and to operators, for the people who belong to them. */
export function staffNoticePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /notices', async (c, visitor) => {
    const main = await noticesOf(deps, c, { reader: readerOf(visitor), path: PATH, zone: 'UTC', empty: EMPTY });
    return sendPage(c, consolePage({ title: 'Notices', here: PATH, main }, visitor));
  });
  pages.on('POST /notices/read', (c, visitor) => readAll(deps, c, readerOf(visitor), PATH));
  pages.on('POST /notices/{id}/read', (c, visitor) => readOne(deps, c, readerOf(visitor), PATH));
}
