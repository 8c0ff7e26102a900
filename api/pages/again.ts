import type { Context } from 'hono';

import type { FailureDetail } from '../../domain/errors.ts';
import type { ApiEnv } from '../http/deps.ts';
import { hiddenFields } from './components.ts';
import { field } from './form.ts';
import { html, type Html } from './html.ts';
import { say } from './say.ts';

type Typed = Readonly<Record<string, string>>;

/** The texts that were typed. Null if there are none, or if they cannot be sent again: a file, a signature, or a character that no browser sends. */
async function readTyped(c: Context<ApiEnv>): Promise<Typed | null> {
  if (c.req.method !== 'POST') return null;
  const form = await c.req.parseBody().catch(() => ({}));
  const isText = (one: unknown) => typeof one === 'string' && !one.includes('\0');
  const canBeSent = Object.entries(form).flat().every(isText) && !('credential' in form);
  return canBeSent ? (form as Typed) : null;
}

const labelOf = (name: string): string => name.replace(/^./, (first) => first.toUpperCase());

/**
 * A form that was refused, where its page does not draw it again, such as one in a dialog: what was typed stays, and each objection stands
 * next to its field. Null where nothing that was typed can be corrected.
 */
export async function formAgain(c: Context<ApiEnv>, objections: readonly FailureDetail[]): Promise<Html | null> {
  const values = await readTyped(c);
  const wrong = objections.map((objection) => objection.field).filter((name) => values && name in values);
  if (!values || wrong.length === 0) return null;
  const others = Object.entries(values).filter(([name]) => !wrong.includes(name));
  return html`<form method="post" action="${c.req.path}" class="card fields">
    ${hiddenFields(Object.fromEntries(others))}
    ${wrong.map((name) => field({ name, label: labelOf(name), long: true, required: true }, { values, objections }))}
    <p class="buttons">
      <a class="button" href="/">${say('error.toStart')}</a>
      <button class="primary">${say('error.sendAgain')}</button>
    </p>
  </form>`;
}
