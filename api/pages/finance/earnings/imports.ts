import { importSource } from '../../../../commands/earnings/import-file.ts';
import { previewSource } from '../../../../commands/earnings/import-preview.ts';
import { openSource, sourceOfLines } from '../../../../commands/earnings/import-source.ts';
import {
  getImport,
  type Import,
  listImports,
  listRejections,
  readImportMapping,
  type Rejection,
} from '../../../../db/earnings/imports.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { type Failure, refused } from '../../../../domain/errors.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { csvHeaders, csvStreamOf } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps, Upload } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { FILES_BYTES_MAX } from '../../../http/upload.ts';
import { wakeAccruals } from '../../../http/wake.ts';
import { eventsIn } from '../../../routes/earnings/event-lines.ts';
import { readMapping } from '../../../routes/earnings/import-form.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { countOf, formatInstant } from '../../format.ts';
import { type definePages, idOf, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { IMPORT_STATUS } from '../../earning-words.ts';
import { earningTabs } from './event-words.ts';
import { importForm, ROWS_SHOWN } from './import-form.ts';
import { fingerprintOf } from './upload.ts';

const IMPORTS_A_PAGE = 50;
const REJECTIONS_A_PAGE = 100;
const REJECTIONS_A_READ = 1000;
const FIRST = { line: 0, column: '' };

const statusOf = ({ brokenOff, finishedAt }: Import) =>
  brokenOff ? 'broken_off' : finishedAt ? 'finished' : 'running';

/** Imports of files: what a file would do, then the import itself, and what came of it. */
export function importPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const send = (c: PageContext, visitor: Visitor, main: Html, status = 200) =>
    sendPage(c, consolePage({ title: 'Imports', here: '/earnings/events', main }, visitor), status);

  pages.on('GET /earnings/imports', async (c, visitor) => {
    const place = parseCursor(c.req.query('cursor') ?? '');
    const before = typeof place === 'string' && isUuid(place) ? place : null;
    const { items, nextCursor } = await readPage(IMPORTS_A_PAGE, (count) => listImports(db, before, count), {
      key: ({ id }) => id,
      item: (one) => one,
    });
    const main = html`<header class="title"><h1>Earnings</h1></header>
      ${earningTabs('/earnings/imports')}
      ${
        mayUse(visitor.roles, 'GET /earnings/imports/new') &&
        html`<p class="actions"><a class="button primary" href="/earnings/imports/new">Import a file…</a></p>`
      }
      ${table({
        caption: 'Imports',
        columns: [
          'File',
          'Started',
          'By',
          { label: 'Rows', number: true },
          { label: 'New', number: true },
          { label: 'Refused', number: true },
          'Status',
        ],
        rows: items.map((one) => ({
          head: html`<a href="/earnings/imports/${one.id}">${one.fileName}</a>`,
          cells: [
            formatInstant(one.startedAt, 'UTC'),
            one.createdBy ?? '–',
            one.rows,
            one.accepted,
            one.rejected,
            tag(IMPORT_STATUS[statusOf(one)]),
          ],
        })),
        empty: 'No file was imported yet. An operator imports one here, or a system sends one to the API.',
      })}
      ${nextPage('/earnings/imports', nextCursor)}`;
    return send(c, visitor, main);
  });

  pages.on('GET /earnings/imports/new', async (c, visitor) => {
    const like = c.req.query('like') ?? '';
    const mapping = isUuid(like) ? await readImportMapping(db, like) : null;
    const values = mapping ? { mapping: JSON.stringify(mapping, null, 2) } : {};
    return send(c, visitor, importForm({ values }, null));
  });

  pages.onUpload('POST /earnings/imports/preview', FILES_BYTES_MAX, {
    async handle(c, visitor, upload) {
      const { source, mapping } = await open(upload);
      const preview = await previewSource(db, source, mapping, { rowsShown: ROWS_SHOWN });
      const seen = { preview, fingerprint: fingerprintOf(upload, ['mapping']) };
      return send(c, visitor, importForm({ values: valuesOf(upload) }, seen));
    },
    refuse,
  });

  pages.onUpload('POST /earnings/imports', FILES_BYTES_MAX, {
    async handle(c, visitor, upload) {
      if (upload.fields.get('seen') !== fingerprintOf(upload, ['mapping']))
        throw refused('file', 'or the mapping is not what you saw: look again at what it would do');
      const { source, mapping } = await open(upload);
      const { id } = await importSource(db, source, mapping, {
        by: visitor.actorId,
        onPage: (shards) => wakeAccruals({ temporal, log }, shards),
      });
      return c.redirect(`/earnings/imports/${id}`, 303);
    },
    refuse,
  });

  pages.on('GET /earnings/imports/{id}', async (c, visitor) => {
    const found = await getImport(db, idOf(c, 'import'));
    const place = parseCursor(c.req.query('cursor') ?? '');
    const read = (count: number) => listRejections(db, found.id, isPlace(place) ? place : FIRST, count);
    const { items, nextCursor } = await readPage(REJECTIONS_A_PAGE, read, {
      key: ({ line, column }) => ({ line, column }),
      item: (one) => one,
    });
    return send(c, visitor, resultPage(found, items, nextCursor, visitor));
  });

  pages.on('GET /earnings/imports/{id}/rejections.csv', async (c) => {
    const { id } = await getImport(db, idOf(c, 'import'));
    return c.body(csvStreamOf(['line', 'column', 'reason'], csvRows(id)), 200, {
      ...csvHeaders(`rejections-${id}.csv`),
      'cache-control': 'no-store',
    });
  });

  async function* csvRows(id: string): AsyncGenerator<unknown[]> {
    let after: Pick<Rejection, 'line' | 'column'> | undefined = FIRST;
    while (after) {
      const rows: readonly Rejection[] = await listRejections(db, id, after, REJECTIONS_A_READ);
      for (const { line, column, reason } of rows) yield [line, column, reason];
      after = rows.at(-1);
    }
  }

  function refuse(c: PageContext, visitor: Visitor, { details, message }: Failure) {
    const objections = details.length > 0 ? details : [{ field: 'The file', reason: message }];
    const upload: Upload | undefined = c.get('upload');
    return send(c, visitor, importForm({ values: upload ? valuesOf(upload) : {}, objections }, null), 400);
  }
}

const valuesOf = ({ fields }: Upload): Record<string, string> => ({ mapping: fields.get('mapping') ?? '' });

/** Without a mapping, each line of the file is an event. */
async function open({ fields, files }: Upload) {
  const text = fields.get('mapping') ?? '';
  const file = files.get('file');
  if (!file || file.fileName === '') throw refused('file', 'is missing: choose one');
  if (text.trim() !== '') {
    const mapping = readMapping(text);
    return { source: await openSource(files, mapping), mapping };
  }
  if (/\.csv$/i.test(file.fileName)) throw refused('mapping', 'is missing: a CSV file needs one');
  return { source: sourceOfLines(file.fileName, () => eventsIn(file.path)), mapping: null };
}

const isPlace = (value: unknown): value is Pick<Rejection, 'line' | 'column'> =>
  typeof value === 'object' &&
  value !== null &&
  'line' in value &&
  Number.isSafeInteger(value.line) &&
  'column' in value &&
  typeof value.column === 'string';

function resultPage(found: Import, rejections: readonly Rejection[], cursor: string | null, visitor: Visitor): Html {
  const { id, fileName, createdBy, startedAt, finishedAt, rows, accepted, replayed, quarantined, parked } = found;
  const path = `/earnings/imports/${id}`;
  return html`<header class="title">
      <p><a href="/earnings/imports">Imports</a></p>
      <h1>${fileName} ${tag(IMPORT_STATUS[statusOf(found)])}</h1>
      <p>${countOf(Number(rows), 'row')}, of which <strong>${accepted}</strong> were new</p>
      ${
        mayUse(visitor.roles, 'GET /earnings/imports/new') &&
        html`<p><a class="button" href="/earnings/imports/new?like=${id}">Import another file like this…</a></p>`
      }
    </header>
    <div class="columns">
      <section>
        ${table({
          caption: 'Refused rows',
          columns: ['Line', 'Column', 'Why'],
          rows: rejections.map(({ line, column, reason }) => ({ head: line, cells: [column, reason] })),
          empty: 'No row was refused.',
          aside: html`<a href="${path}/rejections.csv">CSV</a>`,
        })}
        ${nextPage(path, cursor)}
      </section>
      <aside>
        <section class="card">
          <h2>Rows</h2>
          ${facts([
            ['New', accepted],
            ['Known already', replayed],
            ['Known with other content', html`<a href="/earnings/quarantine">${quarantined}</a>`],
            ['Wait for their partner', html`<a href="/earnings/parked">${parked}</a>`],
            ['Refused', found.rejected],
            ['Left out by the mapping', found.skipped],
          ])}
        </section>
        <section class="card">
          <h2>The import</h2>
          ${facts([
            ['By', createdBy ?? '–'],
            ['Started', formatInstant(startedAt, 'UTC')],
            ['Ended', finishedAt ? formatInstant(finishedAt, 'UTC') : '–'],
          ])}
        </section>
      </aside>
    </div>`;
}
