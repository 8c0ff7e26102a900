import { html, type Html, type Part } from './html.ts';
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

/** A link to the next page of a list. */
export const nextPage = (path: string, cursor: string | null): Html | null =>
  cursor === null
    ? null
    : html`<p class="more">
        <a class="button" href="${path}?${new URLSearchParams({ cursor }).toString()}">Next page</a>
      </p>`;
