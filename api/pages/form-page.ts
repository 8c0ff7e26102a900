import type { z } from 'zod';

import type { Visitor } from '../../db/people/sessions.ts';
import { Failure } from '../../domain/errors.ts';
import type { PageRoute } from '../http/page-permissions.ts';
import { problemOf } from '../http/problem.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf } from './form.ts';
import { type definePages, type PageContext, readForm, sendPage } from './guard.ts';
import { html, type Html } from './html.ts';
import { consolePage, type PageContent } from './layout.ts';

/** A page of the console that is one form. */
type FormPage = {
  show: PageRoute & `GET ${string}`;
  send: PageRoute & `POST ${string}`;
  names: readonly string[];
  draw: (c: PageContext, filled: Filled, visitor: Visitor) => Promise<PageContent>;
  /** Does what the form asks, and returns the address of the page that shows it. */
  act: (c: PageContext, values: Filled['values'], visitor: Visitor) => Promise<string>;
};

/** Registers a form. If a field is refused, the form comes back with what was typed. */
export function defineForm(pages: ReturnType<typeof definePages>, { show, send, names, draw, act }: FormPage): void {
  pages.on(show, async (c, visitor) => {
    const asked = Object.fromEntries(names.flatMap((name) => [[name, c.req.query(name) ?? '']]));
    return sendPage(c, consolePage(await draw(c, { values: asked }, visitor), visitor));
  });
  pages.on(send, async (c, visitor) => {
    const values = await readForm(c, ...names);
    try {
      return c.redirect(await act(c, values, visitor), 303);
    } catch (error) {
      if (!(error instanceof Failure) || error.details.length === 0) throw error;
      const page = await draw(c, { values, objections: error.details }, visitor);
      return sendPage(c, consolePage(page, visitor), problemOf(error, c.get('requestId')).status);
    }
  });
}

/** The form of such a page: its fields, its button, and the way back. */
export const formCard = (
  { action, fields, button, back }: { action: string; fields: readonly FieldWish[]; button: string; back: string },
  filled: Filled,
): Html =>
  html`${objectionsOf(
      fields.map(({ name }) => name),
      filled.objections,
    )}
    <form method="post" action="${action}" class="card fields">
      ${fields.map((wish) => field(wish, filled))}
      <p class="buttons"><a class="button" href="${back}">Not now</a> <button class="primary">${button}</button></p>
    </form>`;

/** Reads the fields of a form by a schema. An empty field is missing. Throws Failure `invalid_input`, which names each wrong field. */
export function readFields<Shape>(schema: z.ZodType<Shape>, values: Filled['values']): Shape {
  const { data, objections } = checkFields(schema, values);
  if (objections)
    throw new Failure('invalid_input', 'Nothing was done: a field cannot be accepted.', { details: objections });
  return data;
}
