import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { TASK_KINDS, type TaskKind } from '../../domain/tasks/task.ts';
import { changesRow, type Database } from '../database.ts';
import { Instant } from '../column-types.ts';

const TaskRow = z
  .strictObject({
    id: z.string(),
    kind: z.enum(TASK_KINDS),
    subject: z.string(),
    payout_id: z.string().nullable(),
    detail: z.string(),
    evidence: z.record(z.string(), z.unknown()),
    deadline_at: Instant.nullable(),
    opened_at: Instant,
    closed_at: Instant.nullable(),
    closed_by: z.string().nullable(),
    resolution: z.string().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    payoutId: row.payout_id,
    detail: row.detail,
    evidence: row.evidence,
    deadlineAt: row.deadline_at,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    /** The code of whoever decided; null while it is open, and where its cause went away by itself. */
    closedBy: row.closed_by,
    resolution: row.resolution,
  }));
/** What waits, or waited, for a person's decision. */
export type Task = z.infer<typeof TaskRow>;

const selectTask = sql.fragment`
  select task.id, task.kind, task.subject, task.payout_id, task.detail, task.evidence, task.deadline_at, task.opened_at, task.closed_at,
    actor.code as closed_by, task.resolution
  from task left join actor on actor.id = task.closed_by`;

export type NewTask = {
  kind: TaskKind;
  /** What it is about, as `payout/<id>`; one task of a kind is open for a subject. */
  subject: string;
  payoutId: string | null;
  /** What happened, what did not, and what to do. Ids, codes and state words only. */
  detail: string;
  evidence?: Readonly<Record<string, string | number | null>>;
  deadlineAt?: Date | null;
};

/** Asks a person, once while it is open; returns whether it is new. */
export const insertTask = (db: Database, { kind, subject, payoutId, detail, evidence = {}, deadlineAt }: NewTask) =>
  changesRow(
    db,
    sql.unsafe`
    insert into task(kind, subject, payout_id, detail, evidence, deadline_at)
    values (${kind}, ${subject}, ${payoutId}, ${detail}, ${sql.jsonb(evidence)}, ${deadlineAt?.toISOString() ?? null})
    on conflict (kind, subject) where closed_at is null do nothing`,
  );

/**
 * Asks about each payment of a batch that nobody knows of, so that people can decide every one by itself. There is no notice for each:
 * the batch's own task tells of them all.
 */
export const insertItemTasks = (db: Database, batchId: string, detail: string) =>
  db.query(sql.unsafe`
    insert into task(kind, subject, payout_id, detail, evidence)
    select 'outcome_unknown', 'payout/' || payout_id, payout_id, ${detail},
      jsonb_build_object('gateway', gateway, 'attempt', id, 'batch', batch_id)
    from payout_attempt where batch_id = ${batchId} and state in ('unknown', 'needs_person')
    on conflict (kind, subject) where closed_at is null do nothing`);

/** Closes the open tasks of a kind about many payouts at once; `payouts` is a query of their ids. */
export const closeTasksAbout = (db: Database, kind: TaskKind, payouts: FragmentSqlToken, resolution: string) =>
  db.query(sql.unsafe`
    update task set closed_at = now(), resolution = ${resolution}
    where kind = ${kind} and closed_at is null and payout_id in (${payouts})`);

/** Closes the open task of a kind about a subject; returns whether there was one. Nobody closes it where its cause went away. */
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

/** Open tasks whose deadline comes within this time, or has passed; the next to lapse first. */
export const listTasksDue = (db: Database, withinMs: number, limit: number): Promise<readonly Task[]> =>
  db.any(sql.type(TaskRow)`
    ${selectTask}
    where task.closed_at is null and task.deadline_at < now() + ${withinMs} * interval '1 millisecond'
    order by task.deadline_at, task.id limit ${limit}`);

export async function getTask(db: Database, id: string): Promise<Task> {
  const task = await db.maybeOne(sql.type(TaskRow)`${selectTask} where task.id = ${id}`);
  if (!task) throw new Failure('not_found', `There is no task ${id}.`);
  return task;
}

/** Reads a task and keeps it for this transaction, so that two people cannot both decide it. */
export async function lockTask(db: Database, id: string): Promise<Task> {
  await db.query(sql.unsafe`select from task where id = ${id} for update`);
  return getTask(db, id);
}

export type TaskFilter = {
  kind?: TaskKind | undefined;
  payoutId?: string | undefined;
  /** Open ones unless said otherwise. */
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
