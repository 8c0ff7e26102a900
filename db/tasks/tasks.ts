import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { TASK_KINDS, type TaskKind } from '../../domain/tasks/task.ts';
import { changesRow, type Database } from '../database.ts';
import { Id, Instant } from '../column-types.ts';

export const TaskRow = z.strictObject({
  id: z.string(),
  kind: z.enum(TASK_KINDS),
  subject: z.string(),
  payoutId: z.string().nullable(),
  detail: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  deadlineAt: Instant.nullable(),
  openedAt: Instant,
  closedAt: Instant.nullable(),
  /** The code of the person who decided. Null while the task is open, and if its cause went away. */
  closedBy: z.string().nullable(),
  resolution: z.string().nullable(),
});
/** Something that waits, or waited, for a person's decision. */
export type Task = z.infer<typeof TaskRow>;

export const taskColumns = sql.fragment`
  task.id, task.kind, task.subject, task.payout_id as "payoutId", task.detail, task.evidence,
    task.deadline_at as "deadlineAt", task.opened_at as "openedAt", task.closed_at as "closedAt", actor.code as "closedBy",
    task.resolution`;
const selectTask = sql.fragment`select ${taskColumns} from task left join actor on actor.id = task.closed_by`;

export type NewTask = {
  kind: TaskKind;
  /** The subject, such as `payout/<id>`. A subject has at most one open task of a kind. */
  subject: string;
  payoutId: string | null;
  /** Says what happened, what did not happen, and what to do. It holds ids, codes and state words only. */
  detail: string;
  evidence?: Readonly<Record<string, string | number | null>>;
  deadlineAt?: Date | null;
};

/** Asks a person, unless the same task is open. Returns its id, or null if it is not new. */
export const insertTask = (db: Database, { kind, subject, payoutId, detail, evidence = {}, deadlineAt }: NewTask) =>
  db.maybeOneFirst(sql.type(Id)`
    insert into task(kind, subject, payout_id, detail, evidence, deadline_at)
    values (${kind}, ${subject}, ${payoutId}, ${detail}, ${sql.jsonb(evidence)}, ${deadlineAt?.toISOString() ?? null})
    on conflict (kind, subject) where closed_at is null do nothing returning id`);

/**
 * Asks about each payment of a batch whose outcome nobody knows, so that people can decide each one on its own. None of these tasks is
 * announced: the batch's own task tells of them all.
 */
export const insertItemTasks = (db: Database, batchId: string, detail: string) =>
  db.query(sql.unsafe`
    insert into task(kind, subject, payout_id, detail, evidence)
    select 'outcome_unknown', 'payout/' || payout_id, payout_id, ${detail},
      jsonb_build_object('gateway', gateway, 'attempt', id, 'batch', batch_id)
    from payout_attempt where batch_id = ${batchId}
      and (state in ('unknown', 'needs_person') or state = 'accepted' and provider_ref is null)
    on conflict (kind, subject) where closed_at is null do nothing`);

/** Closes the open tasks of a kind about many payouts at once. `payouts` is a query for their ids. */
export const closeTasksAbout = (db: Database, kind: TaskKind, payouts: FragmentSqlToken, resolution: string) =>
  db.query(sql.unsafe`
    update task set closed_at = now(), resolution = ${resolution}
    where kind = ${kind} and closed_at is null and payout_id in (${payouts})`);

/** Closes the open task of a kind about a subject. Returns whether there was one. `actorId` is null if its cause went away. */
export const closeTask = (
  db: Database,
  { kind, subject }: Pick<NewTask, 'kind' | 'subject'>,
  { actorId, resolution }: { actorId: string | null; resolution: string },
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update task set closed_at = now(), closed_by = ${actorId}, resolution = ${resolution}
    where kind = ${kind} and subject = ${subject} and closed_at is null`,
  );

/**
 * Open tasks whose deadline comes within this time or has passed, the earliest deadline first. A task of which a notice was written is left
 * out: its dedupe key is `notice`, the id of the task and the day.
 */
export const listTasksDue = (
  db: Database,
  withinMs: number,
  { notice, day }: { notice: string; day: string },
  limit: number,
): Promise<readonly Task[]> =>
  db.any(sql.type(TaskRow)`
    ${selectTask}
    where task.closed_at is null and coalesce(task.deadline_at, 'infinity') < now() + ${withinMs} * interval '1 millisecond'
      and not exists (select from notification where dedupe_key = concat_ws('/', ${notice}::text, task.id, ${day}::text))
    order by coalesce(task.deadline_at, 'infinity'), task.id limit ${limit}`);

export async function getTask(db: Database, id: string): Promise<Task> {
  const task = await db.maybeOne(sql.type(TaskRow)`${selectTask} where task.id = ${id}`);
  if (!task) throw new Failure('not_found', `There is no task ${id}.`);
  return task;
}

/** Reads a task and locks it for this transaction, so that two people cannot both decide it. */
export async function lockTask(db: Database, id: string): Promise<Task> {
  await db.query(sql.unsafe`select from task where id = ${id} for update`);
  return getTask(db, id);
}

export type TaskFilter = {
  kind?: TaskKind | undefined;
  payoutId?: string | undefined;
  /** Whether to list the open tasks, or the closed ones. */
  isOpen: boolean;
};

/** Tasks after a cursor, oldest first. */
export const listTasks = (
  db: Database,
  { kind, payoutId, isOpen }: TaskFilter,
  after: string | null,
  limit: number,
): Promise<readonly Task[]> =>
  db.any(sql.type(TaskRow)`
    ${selectTask}
    where (task.closed_at is null) = ${isOpen}
      and (${kind ?? null}::text is null or task.kind = ${kind ?? null})
      and (${payoutId ?? null}::uuid is null or task.payout_id = ${payoutId ?? null}::uuid)
      and (${after}::uuid is null or task.id > ${after}::uuid)
    order by task.id limit ${limit}`);
