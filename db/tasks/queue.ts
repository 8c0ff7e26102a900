import { sql } from 'slonik';
import { z } from 'zod';

import type { Role } from '../../domain/people/role.ts';
import { TASK_KINDS, TASK_ROLES, type TaskKind } from '../../domain/tasks/task.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';
import { taskColumns, TaskRow } from './tasks.ts';

/** The open tasks as people work through them: the oldest deadline first, and those without one at the end. */

const QueueRow = TaskRow.extend({
  partner: z.string().nullable(),
  currency: Currency.nullable(),
  netMinor: z.bigint().nullable(),
});
/** A task, with the partner and the amount of its payout if it is about one. */
export type QueuedTask = z.infer<typeof QueueRow>;

export type QueueFilter = {
  kind?: TaskKind | undefined;
  /** Only tasks that a person in this role can do something about. */
  role?: Role | undefined;
  openedBefore?: Date | undefined;
};
export type QueuePlace = { deadlineAt: Date | null; id: string };

const selectQueued = sql.fragment`
  select ${taskColumns}, partner.code as partner, payout.currency, payout.net_minor as "netMinor"
  from task left join actor on actor.id = task.closed_by
  left join payout on payout.id = task.payout_id left join partner on partner.id = payout.partner_id`;

const fits = ({ kind, role, openedBefore }: QueueFilter) => {
  const kinds = TASK_KINDS.filter(
    (one) => (kind ?? one) === one && (role === undefined || TASK_ROLES[one].includes(role)),
  );
  return sql.fragment`
    task.kind = any(${sql.array(kinds, 'text')})
    and (${role ?? null}::text is null or coalesce(nullif(task.evidence ->> 'role', ''), ${role ?? null}) = ${role ?? null})
    and (${openedBefore?.toISOString() ?? null}::timestamptz is null or task.opened_at < ${openedBefore?.toISOString() ?? null}::timestamptz)`;
};

export const listQueue = (
  db: Database,
  filter: QueueFilter,
  after: QueuePlace | null,
  limit: number,
): Promise<readonly QueuedTask[]> =>
  db.any(sql.type(QueueRow)`
    ${selectQueued}
    where task.closed_at is null and ${fits(filter)}
      and (${after?.id ?? null}::uuid is null
        or (coalesce(task.deadline_at, 'infinity'), task.id) > (coalesce(${after?.deadlineAt?.toISOString() ?? null}::timestamptz, 'infinity'), ${after?.id ?? null}::uuid))
    order by coalesce(task.deadline_at, 'infinity'), task.id limit ${limit}`);

const CountRow = z.strictObject({ kind: z.enum(TASK_KINDS), count: Count, late: Count });

/** How many open tasks there are of each kind, and how many of them are late. */
export const countQueue = (db: Database): Promise<readonly z.infer<typeof CountRow>[]> =>
  db.any(sql.type(CountRow)`
    select kind, count(*) as count, count(*) filter (where deadline_at < now()) as late
    from task where closed_at is null group by kind order by late desc, count desc, kind`);
