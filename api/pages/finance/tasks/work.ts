import type { Visitor } from '../../../../db/people/sessions.ts';
import type { Task } from '../../../../db/tasks/tasks.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import type { Filled } from '../../form.ts';
import type { Part } from '../../html.ts';

/** Draws what a person does about a task. `filled` is what they typed, if it was refused. */
export type Work = (deps: ApiDeps, task: Task, visitor: Visitor, filled: Filled) => Promise<Part>;
