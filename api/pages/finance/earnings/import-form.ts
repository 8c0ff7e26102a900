import type { Preview } from '../../../../commands/earnings/import-preview.ts';
import type { RowResult } from '../../../../commands/earnings/import-page.ts';
import type { WireEvent } from '../../../../domain/event.ts';
import { table, tag } from '../../components.ts';
import { type Filled, objectionsOf, previewButton } from '../../form.ts';
import { countOf } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { ROW_STATUS } from '../../earning-words.ts';
import { kindWords } from './event-words.ts';
import { confirmation } from './upload.ts';

/** The form of an import, and the outcome of each row of its file. */

export const ROWS_SHOWN = 50;

const EXAMPLE = `{
  "source": "shop-export",
  "program": "resale",
  "partner": { "column": "reseller" },
  "id": { "column": "order" },
  "kind": "sale",
  "occurredAt": { "columns": ["sold_at"], "format": "YYYY-MM-DD", "zone": "America/New_York" },
  "currency": "USD",
  "amount": { "column": "price" }
}`;

type Seen = { readonly preview: Preview; readonly fingerprint: string };

export function importForm({ values, objections }: Filled, seen: Seen | null): Html {
  const mapping = values['mapping'] ?? '';
  return html`<header class="title">
      <p><a href="/earnings/imports">Imports</a></p>
      <h1>Import a file</h1>
      <p>First you see what each row would do. Nothing is written before you confirm it.</p>
    </header>
    <form method="post" enctype="multipart/form-data" action="/earnings/imports/preview" class="live">
      <section class="card">
        <div class="field">
          <label for="mapping">Mapping <small>for a CSV file</small></label>
          <textarea
            id="mapping"
            name="mapping"
            rows="12"
            class="code"
            spellcheck="false"
            aria-describedby="mapping-help"
            placeholder="${EXAMPLE}"
          >
${mapping}</textarea>
          <small id="mapping-help"
            >JSON that says what each column means. Leave it empty if each line of the file is an event as JSON.</small
          >
        </div>
        <div class="field">
          <label for="file">File</label>
          <input
            id="file"
            name="file"
            type="file"
            required
            accept=".csv,.jsonl,.ndjson,.json,text/csv,application/x-ndjson"
            aria-describedby="file-help"
          />
          <small id="file-help">CSV with a header line, or events as JSON lines, in UTF-8. Up to 1 GiB.</small>
        </div>
        ${previewButton('/earnings/imports/preview')}
      </section>
      <div id="preview" class="live" aria-live="polite">${objectionsOf([], objections)} ${seen && previewOf(seen)}</div>
    </form>`;
}

function previewOf({ preview, fingerprint }: Seen): Html {
  const { counts, isWhole, broken, first, rejections, warnings } = preview;
  const { rows, accepted, skipped, ...others } = counts;
  return html`<dl class="totals">
      ${(['accepted', 'replayed', 'quarantined', 'parked', 'rejected'] as const).map(
        (status) =>
          html`<div>
            <dt>${ROW_STATUS[status].label}</dt>
            <dd class="sum">${status === 'accepted' ? accepted : others[status]}</dd>
          </div>`,
      )}
    </dl>
    <p>
      ${preview.fileName} has
      ${countOf(rows, 'row')}${skipped > 0 && html`, and ${skipped} more that the mapping leaves out`}.
      ${!isWhole && !broken && 'Only the first 100,000 rows were read. The import reads all.'}
    </p>
    ${
      broken &&
      html`<p class="card notice" data-tone="alert">
        From line ${broken.line} on, the file cannot be read: ${broken.reason}. The import ends there.
      </p>`
    }
    ${
      rejections.length > 0 &&
      table({
        caption: 'Rows that would be refused',
        columns: ['Column', 'Why', { label: 'Rows', number: true }, 'For example'],
        rows: rejections.map(({ column, rule, count, examples }) => ({
          head: column,
          cells: [
            rule,
            count,
            html`<ul>
              ${examples.map(({ line, reason }) => html`<li>line ${line}: ${reason}</li>`)}
            </ul>`,
          ],
        })),
        empty: '',
      })
    }
    ${
      warnings.count > 0 &&
      table({
        caption: 'Rows that would be stored and pay nobody for now',
        columns: ['Line', 'Event', 'Why'],
        rows: warnings.first.map(({ line, source, id, detail }) => ({
          head: line,
          cells: [`${source} ${id}`, detail],
        })),
        empty: '',
        aside: html`<small>${countOf(warnings.count, 'row')}</small>`,
      })
    }
    ${table({
      caption: `The first ${countOf(first.length, 'row')}`,
      columns: ['Line', 'Outcome', 'Event', 'Why not'],
      rows: first.map(rowOf),
      empty: 'The file has no row that the mapping reads.',
    })}
    ${confirmation({
      title: `Import ${preview.fileName}?`,
      about:
        'Good rows are taken in, and the others are listed with their reasons. The same file sent again changes nothing.',
      fingerprint,
      action: '/earnings/imports',
      button: 'Import',
      back: '/earnings/imports',
    })}`;
}

const rowOf = ({ line, status, events, problems }: RowResult) => ({
  head: line,
  cells: [
    tag(ROW_STATUS[status]),
    html`<ul>
      ${events.map((event) => html`<li>${sayEvent(event)}</li>`)}
    </ul>`,
    html`<ul>
      ${problems.map(({ column, reason }) => html`<li>${column}: ${reason}</li>`)}
    </ul>`,
  ],
});

const sayEvent = ({ id, kind, partner, amount, currency, quantity }: WireEvent): string =>
  [
    `${kindWords(kind)} ${id} by ${partner}`,
    amount !== undefined && `${amount} ${currency ?? ''}`,
    quantity !== undefined && countOf(quantity, 'unit'),
  ]
    .filter(Boolean)
    .join(', ');
