import type { z } from 'zod';

import { Failure, type FailureCode, type FailureDetail } from '../../domain/errors.ts';
import { refuseFields } from '../http/router.ts';
import { html, type Html } from './html.ts';
import { readersLanguage, say, sayAgain } from './say.ts';

/** Forms that can be corrected: what was typed stays, and each objection stands next to its field. */

export type Choice = { readonly value: string; readonly label: string };
export type FieldWish = {
  name: string;
  /** Its id, where a page has two fields of one name. */
  id?: string;
  label: string;
  help?: string | undefined;
  type?: 'text' | 'date' | 'email' | 'datetime-local' | 'file';
  /** `sometimes` if another field decides. */
  required?: boolean | 'sometimes';
  lengthMax?: number;
  autocomplete?: string;
  /** The values to choose from. Without them, the value is free. */
  choices?: readonly Choice[] | null;
  /** The words for no choice. Without them, a choice must be made. */
  noChoice?: string;
  /** Whether one of the choices is always made, so that no choice is none. */
  always?: boolean;
  /** Whether it may have several lines, or is a text of a program such as JSON. */
  long?: boolean | 'code';
};

/** The values that were typed into a form, the objections to them, and the notice that says why it was refused as a whole. */
export type Filled = {
  values: Readonly<Record<string, string>>;
  objections?: readonly FailureDetail[];
  notice?: Html;
};

/** Says above a form why nothing was done. */
export const noticeOf = (title: string, detail: string): Html =>
  html`<div class="card notice" data-tone="alert" role="alert">
    <h2>${title}</h2>
    <p>${detail}</p>
  </div>`;

/** An objection in the language of the reader. */
const reasonOf = (english: string): string => sayAgain(english) ?? english;

/** A field with its label, its help and its objection. */
export function field(wish: FieldWish, { values, objections = [] }: Filled): Html {
  const { name, id = name, label, help } = wish;
  const value = values[name] ?? '';
  const wrong = objections.find((objection) => objection.field === name)?.reason;
  const about = [help && `${id}-help`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  const common = html`id="${id}" name="${name}" ${wish.required === true && html`required`}
  ${about && html`aria-describedby="${about}"`} ${wrong && html`aria-invalid="true"`}`;
  return html`<div class="field">
    <label for="${id}">${label} ${!wish.required && html`<small>${say('form.optional')}</small>`}</label>
    ${control(wish, value, common)} ${help && html`<small id="${id}-help">${help}</small>`}
    ${wrong && html`<p class="wrong" id="${id}-wrong">${say('form.wrong', { label, reason: reasonOf(wrong) })}</p>`}
  </div>`;
}

function control(
  { type = 'text', choices, noChoice, always, long, lengthMax, autocomplete }: FieldWish,
  value: string,
  common: Html,
) {
  if (choices)
    return html`<select ${common}>
      ${!always && html`<option value="">${noChoice ?? say('form.choose')}</option>`}
      ${choices.map(
        (choice) =>
          html`<option value="${choice.value}" ${choice.value === value && html`selected`}>${choice.label}</option>`,
      )}
    </select>`;
  if (type === 'file') return html`<input ${common} type="file" />`;
  const bound = lengthMax !== undefined && html`maxlength="${lengthMax}"`;
  if (long === 'code') return html`<textarea ${common} rows="24" class="code" spellcheck="false">${value}</textarea>`;
  if (long) return html`<textarea ${common} rows="3" ${bound}>${value}</textarea>`;
  return html`<input ${common} type="${type}" value="${value}" ${bound} autocomplete="${autocomplete ?? 'off'}" />`;
}

/** Says above a form that something must be corrected. Objections that name none of its fields stand here in full. */
export function objectionsOf(names: readonly string[], objections: readonly FailureDetail[] = []): Html | null {
  if (objections.length === 0) return null;
  const others = objections.filter((objection) => !names.includes(objection.field));
  const wrong = objections.filter((objection) => objection.field !== '').length;
  return html`<div class="card notice" data-tone="alert" role="alert">
    <h2>${wrong > 0 ? say('form.correct', { count: wrong }) : say('form.notSaved')}</h2>
    ${
      others.length > 0 &&
      html`<ul class="plain">
        ${others.map(({ field: name, reason }) => html`<li>${name === '' ? reasonOf(reason) : say('form.wrong', { label: name, reason: reasonOf(reason) })}</li>`)}
      </ul>`
    }
  </div>`;
}

type FoldedForm = {
  action: string;
  title: string;
  about?: string | undefined;
  button: string;
  wishes: readonly FieldWish[];
  hidden?: Readonly<Record<string, string>>;
};

/** A form that is open when somebody wants it, and when it came back with an objection. */
export const foldedForm = ({ action, title, about, button, wishes, hidden = {} }: FoldedForm, filled: Filled): Html =>
  html`<details class="card fields" ${(filled.objections ?? []).length > 0 && html`open`}>
    <summary>${title}…</summary>
    ${objectionsOf(
      wishes.map(({ name }) => name),
      filled.objections,
    )}
    <form method="post" action="${action}">
      ${about && html`<p class="quiet">${about}</p>`}
      ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      ${wishes.map((wish) => field(wish, filled))}
      <p class="buttons"><button class="primary">${button}</button></p>
    </form>
  </details>`;

/** The content of a form, or the objections to it. */
export type Read<Body> =
  | { success: true; body: Body }
  | { success: false; objections: readonly FailureDetail[]; body?: undefined };

/** Checks what was typed by the rules of the API. Each objection has the name of its field. */
export function readBy<Shape extends z.ZodType>(shape: Shape, typed: unknown): Read<z.output<Shape>> {
  const read = shape.safeParse(typed);
  if (read.success) return { success: true, body: read.data };
  const { details } = refuseFields(read.error, (count) => count);
  return {
    success: false,
    objections: details.map(({ field: name, reason }) => ({
      field: name,
      reason: isMissing(typed, name, reason) ? 'is missing' : reason,
    })),
  };
}

/** A field that was left empty gets plain words instead of those about its type or its shape. */
const isMissing = (typed: unknown, name: string, reason: string): boolean =>
  reason.endsWith('received undefined') ||
  (/^(Invalid |is (not|neither) .+ such as )/.test(reason) &&
    typeof typed === 'object' &&
    typed !== null &&
    at(typed, name) === undefined);

/** The value of a field such as `address.city`. */
const at = (typed: object, name: string): unknown =>
  name.split('.').reduce<unknown>((place, step) => (place as Record<string, unknown> | undefined)?.[step], typed);

/** Checks the fields that were filled in by the rules of the API. */
export function checkFields<Shape>(
  shape: z.ZodType<Shape>,
  values: Readonly<Record<string, string>>,
): { data: Shape; objections?: never } | { data?: never; objections: readonly FailureDetail[] } {
  const read = readBy(shape, filledIn(values));
  return read.success ? { data: read.body } : { objections: read.objections };
}

/** The fields of a form that were filled in, without the space around them. The amount is a decimal string, in whichever language it was typed. */
export const filledIn = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, name === 'amount' ? asDecimal(value.trim()) : value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );

/** German readers type 1.234,50 for 1234.50. A point without a comma stays a point. */
const asDecimal = (typed: string): string =>
  readersLanguage() === 'de' && /^-?(\d+|\d{1,3}(\.\d{3})+),\d+$/.test(typed)
    ? typed.replaceAll('.', '').replace(',', '.')
    : typed;

/** The fields of a form as the API takes them: a field `address.city` is the field `city` of `address`. */
export function nested(typed: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(typed)) {
    const steps = name.split('.');
    const last = steps.pop() ?? name;
    let place = body;
    for (const step of steps) place = (place[step] ??= {}) as Record<string, unknown>;
    place[last] = value;
  }
  return body;
}

/** The words of a field that holds several of them, such as codes. */
export const wordsOf = (text: string | undefined): string[] =>
  (text ?? '').split(/[\s,]+/).filter((word) => word !== '');

/** Does what a form asks for. A refusal of its fields, or one of these, goes back to the form. Any other failure is thrown. */
export async function orObjections<Done>(
  work: () => Promise<Done>,
  ...codes: readonly FailureCode[]
): Promise<Read<Done>> {
  try {
    return { success: true, body: await work() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, details, message } = error;
    if (code === 'invalid_input' && details.length > 0) return { success: false, objections: details };
    if (!codes.includes(code)) throw error;
    return { success: false, objections: [{ field: '', reason: message }] };
  }
}

/** The filters of a list. They stand in its address, so a filtered list can be sent to a colleague. */
export const filters = (path: string, wishes: readonly FieldWish[], filled: Filled): Html =>
  html`<form method="get" action="${path}" class="filters" aria-label="${say('list.filters')}">
    ${wishes.map((wish) => field({ ...wish, required: 'sometimes' }, filled))}
    <p class="buttons">
      <button class="primary">${say('list.show')}</button> <a class="button" href="${path}">${say('list.showAll')}</a>
    </p>
  </form>`;

/** A button that shows, in the part `preview` of the page, what a file would do. It writes nothing. */
export const previewButton = (path: string): Html =>
  html`<p class="buttons">
    <button
      class="primary"
      formaction="${path}"
      hx-post="${path}"
      hx-target="#preview"
      hx-select="#preview"
      hx-swap="outerHTML"
    >
      Show what it would do
    </button>
  </p>`;
