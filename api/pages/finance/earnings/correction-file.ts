import { z } from 'zod';

import { type CorrectionPreview, previewCorrections } from '../../../../commands/earnings/correction-import.ts';
import { ITEMS_MAX, proposeCorrection } from '../../../../commands/earnings/correction-proposals.ts';
import { refusalOf } from '../../../../commands/table.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { totalsOf } from '../../../../domain/earnings/correction.ts';
import { Failure, refused } from '../../../../domain/errors.ts';
import { Code, Currency, Line, LocalDay } from '../../../../domain/fields.ts';
import { parseJson } from '../../../http/body.ts';
import type { ApiDeps, Upload } from '../../../http/deps.ts';
import { BODY_BYTES_MAX } from '../../../http/upload.ts';
import { CorrectionWords } from '../../../routes/earnings/correction-imports.ts';
import { facts, table } from '../../components.ts';
import { checkFields, field, type FieldWish, type Filled, objectionsOf, previewButton } from '../../form.ts';
import { readBody, readFields } from '../../form-page.ts';
import { countOf, sayAmount } from '../../format.ts';
import { type definePages, type PageContext, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { fingerprintOf, confirmation } from './upload.ts';

const PATH = '/earnings/corrections/import';
const WISHES: readonly FieldWish[] = [
  {
    name: 'reason',
    label: 'Reason',
    help: 'Each partner reads it, unless the line of the file has a reason of its own',
    required: true,
    lengthMax: 500,
  },
  {
    name: 'reference',
    label: 'Reference',
    help: 'Where the evidence is. Without it, the name of the file',
    lengthMax: 200,
  },
];
const REFERENCE_CHARS_MAX = 200;
const Items = z
  .array(
    z.strictObject({
      partner: Code,
      program: Code,
      currency: Currency,
      minor: z
        .string()
        .regex(/^-?\d{1,18}$/)
        .transform(BigInt),
      availableOn: LocalDay.nullable(),
      reason: Line(500).nullable(),
    }),
  )
  .min(1)
  .max(ITEMS_MAX);
const NAMES = WISHES.map(({ name }) => name);

/** Many adjustments of one file. They are proposed as one correction, which another person decides as a whole. */
export function correctionFilePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);
  const send = (c: PageContext, visitor: Visitor, main: Html, status = 200) =>
    sendPage(c, consolePage({ title: 'Propose a file', here: '/earnings/events', main }, visitor), status);

  pages.on('GET /earnings/corrections/import', (c, visitor) => send(c, visitor, formPage({ values: {} }, null)));

  pages.onUpload('POST /earnings/corrections/import/preview', BODY_BYTES_MAX, {
    async handle(c, visitor, upload) {
      const file = fileOf(upload);
      readWords(upload);
      const seen = previewPart(file.fileName, await previewCorrections(db, file), fingerprintOf(upload, NAMES));
      return send(c, visitor, formPage({ values: valuesOf(upload) }, seen));
    },
    refuse,
  });

  pages.onUpload('POST /earnings/corrections/import', BODY_BYTES_MAX, {
    async handle(c, visitor, upload) {
      const file = fileOf(upload);
      const { reason, reference = file.fileName.slice(0, REFERENCE_CHARS_MAX) } = readWords(upload);
      if (upload.fields.get('seen') !== fingerprintOf(upload, NAMES))
        throw refused('file', 'or its reason is not what you saw: look again at what it would do');
      const { wished, refusals } = await previewCorrections(db, file);
      if (refusals.length > 0) throw refusalOf(refusals);
      const items = JSON.stringify(
        wished.map(({ partner, program, currency, minor, availableOn, reason: own }) => ({
          partner,
          program,
          currency,
          minor: String(minor),
          availableOn,
          reason: own,
        })),
      );
      return propose(c, visitor, { items, reason, reference });
    },
    refuse,
  });

  pages.on('POST /earnings/corrections/import/signed', async (c, visitor) =>
    propose(c, visitor, await readForm(c, 'items', 'reason', 'reference')),
  );

  /** A person signs the adjustments of a file. They travel with the signature, because no previewed file is stored. */
  async function propose(c: PageContext, visitor: Visitor, typed: Record<'items' | 'reason' | 'reference', string>) {
    const items = readBody(Items, parseJson(typed.items, 'items'));
    const { reason, reference = null } = readFields(CorrectionWords, {
      reason: typed.reason,
      reference: typed.reference,
    });
    const words = { kind: 'batch', reason, reference, proposedBy: visitor.actorId } as const;
    return sign(c, visitor, {
      act: 'propose correction',
      subject: 'correction/new',
      here: '/earnings/events',
      action: `${PATH}/signed`,
      back: PATH,
      typed,
      read: async () => null,
      content: () => null,
      perform: (tx, signatureId) => proposeCorrection(tx, { ...words, items, signatureId }),
      title: `Propose ${countOf(items.length, 'adjustment')}?`,
      about: () =>
        html`${facts([
            ['Reason', reason],
            ['Reference', reference ?? 'none'],
            ...totalsOf(items).map((total) => [`Sum in ${total.currency}`, sayAmount(total)] as const),
          ])}
          <p>Nothing counts before another person confirms them as a whole.</p>`,
      button: 'Propose and sign',
      answer: ({ id }) => c.redirect(`/earnings/corrections/${id}`, 303),
    });
  }

  function refuse(c: PageContext, visitor: Visitor, { details, message }: Failure) {
    const objections = details.length > 0 ? details : [{ field: 'The file', reason: message }];
    const upload: Upload | undefined = c.get('upload');
    return send(c, visitor, formPage({ values: upload ? valuesOf(upload) : {}, objections }, null), 400);
  }
}

const valuesOf = ({ fields }: Upload): Record<string, string> =>
  Object.fromEntries(NAMES.map((name) => [name, fields.get(name) ?? '']));

function readWords(upload: Upload) {
  const { data, objections } = checkFields(CorrectionWords, valuesOf(upload));
  if (data) return data;
  throw new Failure('invalid_input', 'Nothing was proposed. Correct the named fields.', { details: objections });
}

function fileOf({ files }: Upload) {
  const file = files.get('file');
  if (!file || file.fileName === '') throw refused('file', 'is missing: choose one');
  return file;
}

const formPage = (filled: Filled, seen: Html | null): Html =>
  html`<header class="title">
      <p><a href="/earnings/corrections">Corrections</a></p>
      <h1>Propose the adjustments of a file</h1>
      <p>
        The columns are <code>partner</code>, <code>program</code>, <code>currency</code> and <code>amount</code>, which
        is below zero for a deduction, and if you like <code>availableOn</code> and <code>reason</code>.
      </p>
    </header>
    <form method="post" enctype="multipart/form-data" action="${PATH}/preview" class="live">
      <section class="card fields">
        ${WISHES.map((wish) => field(wish, filled))}
        <div class="field">
          <label for="file">File</label>
          <input id="file" name="file" type="file" required accept=".csv,text/csv" aria-describedby="file-help" />
          <small id="file-help">CSV in UTF-8, up to 1,000 lines.</small>
        </div>
        ${previewButton(`${PATH}/preview`)}
      </section>
      <div id="preview" class="live" aria-live="polite">${objectionsOf([], filled.objections)} ${seen}</div>
    </form>`;

function previewPart(fileName: string, { lines, items, refusals }: CorrectionPreview, fingerprint: string): Html {
  if (refusals.length > 0)
    return table({
      caption: `${countOf(refusals.length, 'line')} of ${fileName} cannot be accepted, so none is`,
      columns: ['Line', 'Column', 'Why'],
      rows: refusals.map(({ line, column, reason }) => ({ head: line, cells: [column, reason] })),
      empty: '',
    });
  return html`<section class="card">
      <h2>${fileName}, ${countOf(lines, 'line')}</h2>
      ${facts([
        ['Partners', new Set(items.map(({ partnerId }) => partnerId)).size],
        ...totalsOf(items).map((total) => [`Sum in ${total.currency}`, sayAmount(total)] as const),
      ])}
    </section>
    ${confirmation({
      title: `Propose ${fileName}?`,
      about: 'Nothing counts before another person confirms the file as a whole.',
      fingerprint,
      action: PATH,
      button: 'Propose…',
      back: '/earnings/corrections',
    })}`;
}
