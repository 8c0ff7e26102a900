import { html, type Html, type Part } from './html.ts';
import { say } from './say.ts';
import type { Tone } from './words.ts';

/** The parts of every page. */

export const tag = ({ label, tone }: { label: string; tone: Tone }): Html =>
  html`<span class="tag" data-tone="${tone}">${label}</span>`;

type Column = string | { label: string; number?: boolean; unseen?: boolean };
type Row = { head: Part; cells: readonly Part[]; id?: string; tone?: string };

/** A table with a caption. An empty one says why, and what to do. `aside` stands to the right of the caption. */
export function table({
  caption,
  columns,
  rows,
  empty,
  aside,
}: {
  caption: string;
  columns: readonly Column[];
  rows: readonly Row[];
  empty: Part;
  aside?: Html | undefined;
}): Html {
  const shapes = columns.map((column) => (typeof column === 'string' ? { label: column } : column));
  const numberAt = (index: number) => shapes[index]?.number && html`class="number"`;
  if (rows.length === 0)
    return html`<section class="empty">
      <h2>${caption}</h2>
      <p>${empty}</p>
    </section>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        <h2>${caption}</h2>
        ${aside}
      </caption>
      <thead>
        <tr>
          ${shapes.map(({ label, unseen }, index) => html`<th scope="col" ${numberAt(index)}>${unseen ? html`<span class="unseen">${label}</span>` : label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ head, cells, id, tone }) =>
            html`<tr ${id && html`id="${id}"`} ${tone && html`data-is="${tone}"`}>
              <th scope="row">${head}</th>
              ${cells.map((cell, index) => html`<td ${numberAt(index + 1)}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A link to the next page of a list, with its filters. */
export const nextPage = (
  path: string,
  cursor: string | null,
  filters: Readonly<Record<string, string>> = {},
): Html | null =>
  cursor === null
    ? null
    : html`<p class="more">
        <a class="button" href="${path}?${new URLSearchParams({ ...filters, cursor }).toString()}"
          >${say('list.nextPage')}</a
        >
      </p>`;

export type Question = {
  id: string;
  action: string;
  button: string;
  title: string;
  about: string;
  /** The fields that are sent with the reason. */
  hidden?: Readonly<Record<string, string>>;
};

/** A button that asks for a reason in a dialog before anything happens. */
export const askReason = ({ id, action, button, title, about, hidden = {} }: Question): Html =>
  html`<button type="button" command="show-modal" commandfor="${id}">${button}…</button>
    <dialog id="${id}" aria-labelledby="${id}-title">
      <form method="post" action="${action}">
        <h2 id="${id}-title">${title}</h2>
        <p>${about}</p>
        ${hiddenFields(hidden)}
        <label>${say('form.why')} <textarea name="reason" rows="3" maxlength="500" required></textarea></label>
        <p class="buttons">
          <button type="button" command="close" commandfor="${id}">${say('form.notNow')}</button>
          <button class="primary">${button}</button>
        </p>
      </form>
    </dialog>`;

export const hiddenFields = (values: Readonly<Record<string, string>>): Html[] =>
  Object.entries(values).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`);

/** A list of facts: each with its name. */
export const facts = (items: readonly (readonly [string, Part])[]): Html =>
  html`<dl class="facts">
    ${items.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

/** Links to the parts of a place. */
export const tabs = (label: string, items: readonly (readonly [name: string, path: string])[], here: string): Html =>
  html`<nav class="tabs" aria-label="${label}">
    <ul>
      ${items.map(([name, path]) => html`<li><a href="${path}" ${path === here && html`aria-current="page"`}>${name}</a></li>`)}
    </ul>
  </nav>`;
