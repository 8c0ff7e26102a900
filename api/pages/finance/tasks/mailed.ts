import { getMailing, recordMailed } from '../../../../commands/checks/mailings.ts';
import { listUnmailed } from '../../../../db/checks/mailings.ts';
import { attemptRecord, unseal } from '../../../../db/vault.ts';
import { Failure } from '../../../../domain/errors.ts';
import { drawFrozenChecks } from '../../../../gateways/check-paper.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { refuseFields } from '../../../http/router.ts';
import { MailedForm } from '../../../routes/checks/mailings.ts';
import { orObjections } from '../../form.ts';
import { type definePages, idOf, readForm } from '../../guard.ts';
import { sendTask } from './task.ts';

/** The checks of a task as one file, and the record that they were mailed. */
export function mailedPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;

  pages.on('GET /tasks/{id}/checks.pdf', async (c) => {
    const id = idOf(c, 'task');
    const checks = await listUnmailed(db, await getMailing(db, id));
    const pdf = await drawFrozenChecks(
      checks.map(({ attemptId, requestSealed }) => unseal(vault, attemptRecord(attemptId), requestSealed)),
    );
    if (!pdf) throw new Failure('not_found', `No check of task ${id} waits to be mailed.`);
    return c.body(new Uint8Array(pdf), 200, {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="checks-${id}.pdf"`,
      'cache-control': 'no-store',
    });
  });

  pages.on('POST /tasks/{id}/mailed', async (c, visitor) => {
    const id = idOf(c, 'task');
    const { mailedOn } = await readForm(c, 'mailedOn');
    const form = await c.req.parseBody({ all: true });
    const numbers = [form['numbers'] ?? []].flat().filter((number) => typeof number === 'string');
    const values = { mailedOn, numbers: numbers.join(' ') };
    const read = MailedForm.safeParse({ mailedOn, numbers });
    if (!read.success)
      return sendTask(
        c,
        deps,
        visitor,
        { values, objections: refuseFields(read.error, (count) => count).details },
        400,
      );
    const today = new Date().toISOString().slice(0, 10);
    const done = await orObjections(() => recordMailed(db, id, { ...read.data, by: visitor.actorId }, today));
    if (!done.success) return sendTask(c, deps, visitor, { values, objections: done.objections }, 400);
    return c.redirect(`/tasks/${id}`, 303);
  });
}
