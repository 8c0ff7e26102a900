import { z } from 'zod';
import { formHead, partnerOf, partnerPath } from './address.ts';

import { setPartnerMinimum } from '../../../../commands/partners/minimums.ts';
import { changePartner, holdPartner, releasePartner } from '../../../../commands/partners/partners.ts';
import { listFactKeys } from '../../../../db/partners/fact-keys.ts';
import { recordFact } from '../../../../commands/partners/facts.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { refused } from '../../../../domain/errors.ts';
import { Country, Currency, Decimal, whyNotAmount } from '../../../../domain/fields.ts';
import { parseDecimal } from '../../../../domain/money.ts';
import { FactKey, FactValue } from '../../../../domain/partners/fact.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { Email, LocalDate, Name, Reason } from '../../../http/schemas.ts';
import type { FieldWish, Filled } from '../../form.ts';
import { defineForm, formCard, readFields } from '../../form-page.ts';
import { type definePages, type PageContext, readReason } from '../../guard.ts';
import { html } from '../../html.ts';

const KEYS_MAX = 500;

const Contact = z.object({ name: Name, email: Email.optional(), country: Country });
const CONTACT: readonly FieldWish[] = [
  { name: 'name', label: 'Name', required: true, lengthMax: 200 },
  {
    name: 'email',
    label: 'E-mail',
    type: 'email',
    help: 'For notices about payouts. We tell the old address and the new one of the change.',
    lengthMax: 254,
  },
  { name: 'country', label: 'Country', help: 'Two letters, such as US or DE', required: true, lengthMax: 2 },
];

const Fact = z.object({
  key: FactKey,
  value: FactValue.optional(),
  holds: z.enum(['yes', 'no']),
  from: LocalDate,
  until: LocalDate.optional(),
  reason: Reason.optional(),
});

const Minimum = z.object({ currency: Currency, amount: Decimal.optional(), reason: Reason });
const MINIMUM: readonly FieldWish[] = [
  {
    name: 'currency',
    label: 'Currency',
    choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
    required: true,
  },
  {
    name: 'amount',
    label: 'Smallest payout',
    help: 'In major units, such as 25.00. 0 pays every amount. Leave it empty to let the schedule decide again.',
  },
  { name: 'reason', label: 'Reason', required: true, lengthMax: 500 },
];

const namesOf = (fields: readonly FieldWish[]): string[] => fields.map(({ name }) => name);

/** Changes what is recorded about a partner. */
export function partnerChangePages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('POST /partners/{code}/hold', async (c, { actorId }) => {
    const { code } = await partnerOf(db, c);
    await holdPartner(db, code, await readReason(c), actorId);
    return c.redirect(partnerPath(code), 303);
  });

  pages.on('POST /partners/{code}/release', async (c, { actorId }) => {
    const { code } = await partnerOf(db, c);
    await releasePartner(db, code, await readReason(c), actorId);
    return c.redirect(partnerPath(code), 303);
  });

  defineForm(pages, {
    show: 'GET /partners/{code}/change',
    send: 'POST /partners/{code}/change',
    names: namesOf(CONTACT),
    async draw(c, filled) {
      const partner = await partnerOf(db, c);
      const { name, email, country } = partner;
      const values = filled.objections ? filled.values : { name, email: email ?? '', country };
      const path = partnerPath(partner.code);
      const form = { action: `${path}/change`, fields: CONTACT, button: 'Change', back: path };
      const main = html`${formHead(partner, 'Change contact')} ${formCard(form, { ...filled, values })}`;
      return { title: 'Change contact', here: '/partners', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const { name, email = null, country } = readFields(Contact, values);
      await changePartner(db, code, { name, email, country }, actorId);
      return partnerPath(code);
    },
  });

  defineForm(pages, {
    show: 'GET /partners/{code}/facts',
    send: 'POST /partners/{code}/facts',
    names: ['key', 'value', 'holds', 'from', 'until', 'reason'],
    draw: (c, filled) => drawFact(db, c, filled),
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const { key, value = null, holds, from, until = null, reason = null } = readFields(Fact, values);
      if (until !== null && until <= from) throw refused('until', 'is not after the first day');
      const fact = { partner: code, key, value, holds: holds === 'yes', from, until, reason, reference: null };
      await recordFact(db, fact, actorId);
      return partnerPath(code);
    },
  });

  defineForm(pages, {
    show: 'GET /partners/{code}/minimums',
    send: 'POST /partners/{code}/minimums',
    names: namesOf(MINIMUM),
    async draw(c, filled) {
      const partner = await partnerOf(db, c);
      const path = partnerPath(partner.code);
      const about = 'It counts for this partner alone, in place of that of each schedule, from the next draft on.';
      const form = { action: `${path}/minimums`, fields: MINIMUM, button: 'Agree', back: path };
      const main = html`${formHead(partner, 'Agree a smallest payout', about)} ${formCard(form, filled)}`;
      return { title: 'Smallest payout', here: '/partners', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const { currency, amount, reason } = readFields(Minimum, values);
      const objection = amount === undefined ? undefined : whyNotAmount(amount, currency);
      if (objection !== undefined) throw refused('amount', objection);
      const minor = amount === undefined ? null : parseDecimal(amount, currency).minor;
      await setPartnerMinimum(db, code, { currency, minor, reason, by: actorId });
      return partnerPath(code);
    },
  });
}

async function drawFact(db: ApiDeps['db'], c: PageContext, filled: Filled) {
  const [partner, keys] = await Promise.all([partnerOf(db, c), listFactKeys(db, null, KEYS_MAX)]);
  const fields: FieldWish[] = [
    {
      name: 'key',
      label: 'Fact',
      choices: keys.map(({ key, description, allowedValues }) => ({
        value: key,
        label: `${key}: ${description}${allowedValues.length > 0 ? ` (${allowedValues.join(', ')})` : ''}`,
      })),
      required: true,
    },
    { name: 'value', label: 'Value', help: 'Leave it empty to take back every value of these days.' },
    {
      name: 'holds',
      label: 'Does it hold?',
      choices: [
        { value: 'yes', label: 'yes' },
        { value: 'no', label: 'no: what was recorded about these days is taken back' },
      ],
      required: true,
    },
    { name: 'from', label: 'First day', type: 'date', required: true },
    { name: 'until', label: 'First day after', type: 'date', help: 'Leave it empty if there is no end.' },
    { name: 'reason', label: 'Reason', lengthMax: 500 },
  ];
  const path = partnerPath(partner.code);
  const values = filled.objections ? filled.values : { ...filled.values, holds: 'yes' };
  const about =
    'It supersedes what was recorded about these days before. Earnings that were worked out stay as they are.';
  const form = { action: `${path}/facts`, fields, button: 'Record', back: path };
  const main = html`${formHead(partner, 'Record a fact', about)} ${formCard(form, { ...filled, values })}`;
  return { title: 'Record a fact', here: '/partners', main } as const;
}
