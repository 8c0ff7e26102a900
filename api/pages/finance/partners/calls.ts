import { z } from 'zod';

import { recordCall } from '../../../../commands/partners/details-calls.ts';
import { findCallFile } from '../../../../db/partners/details-calls.ts';
import { getInstrument, type Instrument } from '../../../../db/partners/instruments.ts';
import type { Partner } from '../../../../db/partners/partners.ts';
import { callRecord, unseal } from '../../../../db/vault.ts';
import { Failure } from '../../../../domain/errors.ts';
import { Line } from '../../../../domain/fields.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { problemOf } from '../../../http/problem.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { readFields } from '../../form-page.ts';
import { type definePages, idOf, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { METHOD } from '../../words.ts';
import { formHead, partnerOf, partnerPath } from './address.ts';

const NAMES = ['phone', 'spokeWith', 'calledAt', 'answer', 'evidence'] as const;
const FILE_NAME_CHARS_MAX = 100;

const Call = z.object({
  phone: Line(40).pipe(z.string().regex(/^[+\d][\d ()./-]{2,}$/, 'is not a telephone number')),
  spokeWith: Line(200),
  calledAt: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d/, 'is not a date and a time')
    .transform((text) => new Date(`${text.slice(0, 16)}Z`)),
  answer: z.enum(['yes', 'no']),
  evidence: z.string().trim().min(1).max(2000),
});

const FIELDS: readonly FieldWish[] = [
  {
    name: 'phone',
    label: 'Number that you called',
    help: 'One that you knew before the change. Never one from the mail or the call that asked for it.',
    required: true,
    lengthMax: 40,
  },
  { name: 'spokeWith', label: 'Person who answered', required: true, lengthMax: 200 },
  { name: 'calledAt', label: 'When you called (UTC)', type: 'datetime-local', required: true },
  {
    name: 'answer',
    label: 'Did they change the details?',
    choices: [
      { value: 'yes', label: 'yes: they gave these details' },
      { value: 'no', label: 'no: withdraw the details now' },
    ],
    required: true,
  },
  {
    name: 'evidence',
    label: 'Evidence',
    help: 'How you know that it was the partner, and what they confirmed. Never an account number.',
    long: true,
    required: true,
    lengthMax: 2000,
  },
];

/** A second person calls a partner back about changed details, and keeps what was said. */
export function partnerCallPages({ db, vault }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /partners/{code}/details/{id}/call', async (c, visitor) => {
    const partner = await partnerOf(db, c);
    const instrument = await getInstrument(db, partner.id, idOf(c, 'instrument'));
    const main = callForm(partner, instrument, { values: {} });
    return sendPage(c, consolePage({ title: 'Call back', here: '/partners', main }, visitor));
  });

  pages.on('POST /partners/{code}/details/{id}/call', async (c, visitor) => {
    const partner = await partnerOf(db, c);
    const instrument = await getInstrument(db, partner.id, idOf(c, 'instrument'));
    const values = await readForm(c, ...NAMES);
    try {
      const { answer, ...call } = readFields(Call, values);
      const sent = (await c.req.parseBody())['file'];
      const file =
        sent instanceof File && sent.size > 0
          ? { name: nameOf(sent.name), bytes: new Uint8Array(await sent.arrayBuffer()) }
          : null;
      const wish = { ...call, instrumentId: instrument.id, isConfirmed: answer === 'yes', file };
      await recordCall(db, vault, partner, wish, visitor.actorId);
      return c.redirect(partnerPath(partner.code), 303);
    } catch (error) {
      if (!(error instanceof Failure) || error.details.length === 0) throw error;
      const main = callForm(partner, instrument, { values, objections: error.details });
      const { status } = problemOf(error, c.get('requestId'));
      return sendPage(c, consolePage({ title: 'Call back', here: '/partners', main }, visitor), status);
    }
  });

  pages.on('GET /partners/{code}/calls/{id}/file', async (c) => {
    const partner = await partnerOf(db, c);
    const id = idOf(c, 'file');
    const kept = await findCallFile(db, partner.id, id);
    if (!kept) throw new Failure('not_found', `There is no file ${id}.`);
    return c.body(Uint8Array.from(unseal(vault, callRecord(id), kept.sealed)), 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${kept.name}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });
}

/** A name that a header can hold. */
const nameOf = (name: string): string => name.replaceAll(/[^\w.-]+/g, '_').slice(-FILE_NAME_CHARS_MAX) || 'file';

const callForm = (partner: Partner, { id, method, last4 }: Instrument, filled: Filled): Html =>
  html`${formHead(partner, `Call back about ${METHOD[method]} ${last4 === '' ? '' : `•••• ${last4}`}`, 'Another person than the one who added the details calls. The call stays as you write it, and the approvers read it.')}
    ${objectionsOf(NAMES, filled.objections)}
    <form
      method="post"
      action="${partnerPath(partner.code)}/details/${id}/call"
      enctype="multipart/form-data"
      class="card fields"
    >
      ${FIELDS.map((wish) => field(wish, filled))}
      <div class="field">
        <label for="file">File <small>optional</small></label>
        <input id="file" name="file" type="file" aria-describedby="file-help" />
        <small id="file-help">Such as a signed letter, up to 200 kB. It is sealed in the vault.</small>
      </div>
      <p class="buttons">
        <a class="button" href="${partnerPath(partner.code)}">Not now</a> <button class="primary">Keep the call</button>
      </p>
    </form>`;
