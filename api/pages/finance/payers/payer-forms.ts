import { addPayer, changePayer } from '../../../../commands/payers/payers.ts';
import { getPayer } from '../../../../db/payers/payers.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { NewPayerBody, PayerChange } from '../../../routes/payers/payers.ts';
import { type FieldWish, filledIn, nested } from '../../form.ts';
import { defineForm, formCard, readBody } from '../../form-page.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { inSettings } from '../people/settings.ts';
import { addressFields } from './address-fields.ts';
import { payerPath } from './payers.ts';

const NAME: FieldWish = {
  name: 'name',
  label: 'Legal name',
  help: 'As it is printed on checks',
  required: true,
  lengthMax: 200,
};
const ADDRESS = addressFields('address', 'sometimes');
const NEW: readonly FieldWish[] = [
  { name: 'code', label: 'Code', help: 'A short name that never changes', required: true, lengthMax: 64 },
  NAME,
  { name: 'country', label: 'Country', help: 'Two letters, such as US or DE', required: true, lengthMax: 2 },
  {
    name: 'currency',
    label: 'Currency',
    help: 'Its banks settle on the days on which the payer pays.',
    choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
    required: true,
  },
  ...ADDRESS,
];
const CHANGE: readonly FieldWish[] = [NAME, ...ADDRESS];
const namesOf = (fields: readonly FieldWish[]): string[] => fields.map(({ name }) => name);

const PLACE = ['Payers and gateways', '/settings/payers'] as const;
const WHOLE = 'An address is printed on checks. Leave all of its fields empty, or fill it in as a whole.';

/** Operators add a payer, and change what its checks show. */
export function payerFormPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  defineForm(pages, {
    show: 'GET /settings/new-payer',
    send: 'POST /settings/new-payer',
    names: namesOf(NEW),
    async draw(_c, filled) {
      const form = { action: '/settings/new-payer', fields: NEW, button: 'Add this payer', back: PLACE[1] };
      const main = html`<header class="title">
          ${inSettings(PLACE)}
          <h1>Add a payer</h1>
          <p>A payer is a company whose money pays partners. ${WHOLE}</p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Add a payer', here: '/settings', main };
    },
    async act(_c, values, { actorId }) {
      const { address = null, ...payer } = readBody(NewPayerBody, nested(filledIn(values)));
      return payerPath((await addPayer(db, { ...payer, address }, actorId)).code);
    },
  });

  defineForm(pages, {
    show: 'GET /settings/payers/{code}/change',
    send: 'POST /settings/payers/{code}/change',
    names: namesOf(CHANGE),
    async draw(c, filled) {
      const { code, name, address } = await getPayer(db, c.req.param('code') ?? '');
      const kept = Object.fromEntries(Object.entries(address ?? {}).map(([part, text]) => [`address.${part}`, text]));
      const values = filled.objections ? filled.values : { name, ...kept };
      const path = payerPath(code);
      const form = { action: `${path}/change`, fields: CHANGE, button: 'Change', back: path };
      const main = html`<header class="title">
          ${inSettings(PLACE, [name, path])}
          <h1>Change ${name}</h1>
          <p>Checks that were drawn keep their name and address. ${WHOLE}</p>
        </header>
        ${formCard(form, { ...filled, values })}`;
      return { title: 'Change a payer', here: '/settings', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await getPayer(db, c.req.param('code') ?? '');
      await changePayer(db, code, readBody(PayerChange, nested(filledIn(values))), actorId);
      return payerPath(code);
    },
  });
}
