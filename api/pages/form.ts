import type { z } from 'zod';

import type { FailureDetail } from '../../domain/errors.ts';
import { refuseFields } from '../http/router.ts';
import { countOf } from './format.ts';
import { html, type Html } from './html.ts';

/** Forms that can be corrected: what was typed stays, and each objection stands next to its field. */

export type Choice = { readonly value: string; readonly label: string };
export type FieldWish = {
  name: string;
  label: string;
  help?: string | undefined;
  type?: 'text' | 'date' | 'email' | 'datetime-local';
  /** `sometimes` if another field decides. */
  required?: boolean | 'sometimes';
  lengthMax?: number;
  autocomplete?: string;
  /** The values to choose from. Without them, the value is free. */
  choices?: readonly Choice[] | null;
  /** The words for no choice. Without them, a choice must be made. */
  noChoice?: string;
  /** Whether it may have several lines. */
  long?: boolean;
};

/** The values that were typed into a form, and the objections to them. */
export type Filled = { values: Readonly<Record<string, string>>; objections?: readonly FailureDetail[] };

/** Checks what was typed by the rules of the API. Each objection has the name of its field. */
export function checkFields<Shape>(
  shape: z.ZodType<Shape>,
  values: Readonly<Record<string, string>>,
): { data: Shape; objections?: never } | { data?: never; objections: readonly FailureDetail[] } {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''));
  const read = shape.safeParse(given);
  if (read.success) return { data: read.data };
  const { details } = refuseFields(read.error, (count) => count);
  return {
    objections: details.map(({ field: name, reason }) => ({
      field: name,
      reason: name in given ? reason : 'is missing',
    })),
  };
}

/** A field with its label, its help and its objection. */
export function field(wish: FieldWish, { values, objections = [] }: Filled): Html {
  const { name, label, help } = wish;
  const value = values[name] ?? '';
  const wrong = objections.find((objection) => objection.field === name)?.reason;
  const about = [help && `${name}-help`, wrong && `${name}-wrong`].filter(Boolean).join(' ');
  const common = html`id="${name}" name="${name}" ${wish.required === true && html`required`}
  ${about && html`aria-describedby="${about}"`} ${wrong && html`aria-invalid="true"`}`;
  return html`<div class="field">
    <label for="${name}">${label} ${!wish.required && html`<small>optional</small>`}</label>
    ${control(wish, value, common)} ${help && html`<small id="${name}-help">${help}</small>`}
    ${wrong && html`<p class="wrong" id="${name}-wrong">${label} ${wrong}.</p>`}
  </div>`;
}

function control(
  { type = 'text', choices, noChoice, long, lengthMax, autocomplete }: FieldWish,
  value: string,
  common: Html,
) {
  if (choices)
    return html`<select ${common}>
      <option value="">${noChoice ?? 'Choose…'}</option>
      ${choices.map(
        (choice) =>
          html`<option value="${choice.value}" ${choice.value === value && html`selected`}>${choice.label}</option>`,
      )}
    </select>`;
  const bound = lengthMax !== undefined && html`maxlength="${lengthMax}"`;
  if (long) return html`<textarea ${common} rows="3" ${bound}>${value}</textarea>`;
  return html`<input ${common} type="${type}" value="${value}" ${bound} autocomplete="${autocomplete ?? 'off'}" />`;
}

/** Says above a form that something must be corrected. Objections that name none of its fields stand here in full. */
export function objectionsOf(names: readonly string[], objections: readonly FailureDetail[] = []): Html | null {
  if (objections.length === 0) return null;
  const others = objections.filter((objection) => !names.includes(objection.field));
  return html`<div class="card notice" data-tone="alert" role="alert">
    <h2>Nothing was saved. Please correct ${countOf(objections.length, 'field')}.</h2>
    ${
      others.length > 0 &&
      html`<ul class="plain">
        ${others.map((objection) => html`<li>${objection.field} ${objection.reason}.</li>`)}
      </ul>`
    }
  </div>`;
}

/** The filters of a list. They stand in its address, so a filtered list can be sent to a colleague. */
export const filters = (path: string, wishes: readonly FieldWish[], filled: Filled): Html =>
  html`<form method="get" action="${path}" class="filters" aria-label="Filters">
    ${wishes.map((wish) => field({ ...wish, required: 'sometimes' }, filled))}
    <p class="buttons"><button class="primary">Show</button> <a class="button" href="${path}">Show all</a></p>
  </form>`;
