import type { z } from 'zod';

import type { Visitor } from '../../db/people/sessions.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import type { ApiDeps } from '../http/deps.ts';
import type { PageRoute } from '../http/page-permissions.ts';
import { type Problem, problemOf } from '../http/problem.ts';
import { hiddenFields } from './components.ts';
import { field, filledIn, readBy, type FieldWish, type Filled, objectionsOf } from './form.ts';
import { type definePages, type PageContext, readAgain, readForm, sendPage } from './guard.ts';
import { html, type Html } from './html.ts';
import { consolePage, type PageContent } from './layout.ts';
import { say } from './say.ts';
import { defineSigning, type SignedForm } from './signing.ts';

/** A page of the console that is one form. */
type Form = {
  show: PageRoute & `GET ${string}`;
  send: PageRoute & `POST ${string}`;
  names: readonly string[];
  draw: (c: PageContext, filled: Filled, visitor: Visitor) => Promise<PageContent>;
};
type FormPage = Form & {
  /** Does what the form asks, and returns the address of the page that shows it. */
  act: (c: PageContext, values: Filled['values'], visitor: Visitor) => Promise<string>;
};
type Wish<Seen, Done> = Omit<
  SignedForm<Seen, Done>,
  'typed' | 'secret' | 'here' | 'back' | 'frame' | 'again' | 'answer'
> & {
  /** The address of the page that shows what was done. */
  answer: (done: Done) => string | Promise<string>;
};
type SignedFormPage<Seen, Done> = Form & {
  here: PageContent['here'];
  /** The names of the fields whose text nobody may find out from a hash. The content holds a keyed hash of them instead. */
  secrets?: readonly string[];
  /** Checks what was typed, and says what the person is to sign. */
  ask: (c: PageContext, values: Filled['values'], visitor: Visitor) => Promise<Wish<Seen, Done>>;
};

/** Registers a form. If it is refused, it comes back with what was typed and the reason. */
export function defineForm(pages: ReturnType<typeof definePages>, { act, ...form }: FormPage): void {
  showForm(pages, form);
  pages.on(form.send, async (c, visitor) => {
    const values = await readForm(c, ...form.names);
    try {
      return c.redirect(await act(c, values, visitor), 303);
    } catch (error) {
      return refuse(c, visitor, form, values, error);
    }
  });
}

/** Registers a form whose action is signed. If it is refused, before or after the signature, it comes back as other forms do. */
export function defineSignedForm<Seen, Done>(
  deps: ApiDeps,
  pages: ReturnType<typeof definePages>,
  { ask, here, secrets = [], ...form }: SignedFormPage<Seen, Done>,
): void {
  const sign = defineSigning(deps);
  showForm(pages, form);
  pages.on(form.send, async (c, visitor) => {
    const values = await readForm(c, ...form.names);
    const pick = (isSecret: boolean) =>
      Object.fromEntries(Object.entries(values).filter(([name]) => secrets.includes(name) === isSecret));
    try {
      const { answer, ...wish } = await ask(c, values, visitor);
      return await sign(c, visitor, {
        ...wish,
        typed: pick(false),
        secret: pick(true),
        here,
        back: c.req.path,
        again: async (_notice, problem) => (await drawAgain(c, visitor, form, values, problem)).main,
        answer: async (done) => c.redirect(await answer(done), 303),
      });
    } catch (error) {
      return refuse(c, visitor, form, values, error);
    }
  });
}

const showForm = (pages: ReturnType<typeof definePages>, { show, names, draw }: Form): void =>
  pages.on(show, async (c, visitor) => {
    const asked = Object.fromEntries(names.flatMap((name) => [[name, c.req.query(name) ?? '']]));
    return sendPage(c, consolePage(await draw(c, { values: asked }, visitor), visitor));
  });

/** The form again, with what was typed and the reasons against it. Throws what no other text in the form could change. */
async function refuse(c: PageContext, visitor: Visitor, form: Form, values: Filled['values'], error: unknown) {
  if (!(error instanceof Failure)) throw error;
  const problem = problemOf(error, c.get('requestId'));
  if (problem.status === 404 || problem.status >= 500) throw error;
  return sendPage(c, consolePage(await drawAgain(c, visitor, form, values, problem), visitor), problem.status);
}

const drawAgain = (c: PageContext, visitor: Visitor, { draw }: Form, values: Filled['values'], problem: Problem) =>
  readAgain(c, () => draw(c, { values, objections: reasonsOf(problem) }, visitor));

/** The fields that are to blame, or the reason that stands above the form. */
export const reasonsOf = ({ errors, detail }: Problem): readonly FailureDetail[] =>
  errors.length > 0 ? errors : [{ field: '', reason: detail }];

type Card = {
  action: string;
  fields: readonly FieldWish[];
  button: string;
  back: string;
  hidden?: Readonly<Record<string, string>>;
};

/** The form of such a page: its fields, its button, and the way back. */
export const formCard = ({ action, fields, button, back, hidden = {} }: Card, filled: Filled): Html =>
  html`${objectionsOf(
      fields.map(({ name }) => name),
      filled.objections,
    )}
    <form method="post" action="${action}" class="card fields">
      ${hiddenFields(hidden)} ${fields.map((wish) => field(wish, filled))}
      <p class="buttons">
        <a class="button" href="${back}">${say('form.notNow')}</a> <button class="primary">${button}</button>
      </p>
    </form>`;

/** Reads the fields of a form by a schema. An empty field is missing. Throws Failure `invalid_input`, which names each wrong field. */
export const readFields = <Shape>(schema: z.ZodType<Shape>, values: Filled['values']): Shape =>
  readBody(schema, filledIn(values));

/** The fields that were filled in, with these as whole numbers. Throws Failure `invalid_input` where one is not. */
export function withNumbers(values: Filled['values'], ...names: readonly string[]): Record<string, unknown> {
  const said = filledIn(values);
  const wrong = names.filter((name) => said[name] !== undefined && !/^\d{1,15}$/.test(said[name]));
  if (wrong.length > 0)
    throw new Failure('invalid_input', 'Nothing was done: a field is not a whole number.', {
      details: wrong.map((name) => ({ field: name, reason: 'is not a whole number' })),
    });
  return { ...said, ...Object.fromEntries(names.flatMap((name) => (said[name] ? [[name, Number(said[name])]] : []))) };
}

/** Reads what a form says by the schema of a body of the API. Throws Failure `invalid_input`, which names each wrong field. */
export function readBody<Shape>(schema: z.ZodType<Shape>, said: unknown): Shape {
  const read = readBy(schema, said);
  if (read.success) return read.body;
  throw new Failure('invalid_input', 'Nothing was done: a field cannot be accepted.', { details: read.objections });
}
