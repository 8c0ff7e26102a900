import { createHash } from 'node:crypto';

import { Hono } from 'hono';

import { CURRENCIES } from '../decimals.ts';
import type { HttpEnv } from '../faults.ts';
import { type Json, objectOf, textOf, writtenOf } from '../json.ts';
import type { StandIn } from '../site.ts';
import { answer, bodyOf, complaint, exact, grievance } from './wire.ts';

/** Ids are numbers in the API. Ours count up from here. */
const FIRST_ID = 600_000_001;

export type Recipient = {
  id: string;
  profile: string;
  currency: string;
  type: string;
  name: string;
  ownedByCustomer: boolean;
  details: Record<string, unknown>;
  active: boolean;
};

/** The fields that each type of account requires besides the holder's name. */
const REQUIRED: Record<string, readonly string[]> = {
  aba: ['abartn', 'accountNumber', 'accountType'],
  argentina: ['taxId', 'accountNumber'],
  bangladesh: ['bankCode', 'branchCode', 'accountNumber'],
  bankgiro: ['bankgiroNumber'],
  chile: ['bankCode', 'accountNumber', 'rut', 'accountType', 'phoneNumber'],
  egypt_local: ['bankCode', 'accountNumber'],
  emirates: ['IBAN'],
  ghana: ['bankCode', 'accountNumber'],
  kenya_local: ['bankCode', 'accountNumber'],
  malaysian: ['swiftCode', 'accountNumber'],
  morocco: ['bankCode', 'accountNumber'],
  nepal: ['bankCode', 'accountNumber'],
  nigeria: ['bankCode', 'accountNumber'],
  peru: ['bankCode', 'accountNumber', 'accountType', 'idDocumentType', 'idDocumentNumber', 'phoneNumber'],
  srilanka: ['bankCode', 'branchCode', 'accountNumber'],
  sweden_local: ['clearingNumber', 'accountNumber'],
  vietname_earthport: ['swiftCode', 'branchCode', 'accountNumber'],
  fedwire_local: ['abartn', 'accountNumber', 'accountType'],
  australian: ['bsbCode', 'accountNumber'],
  brazil: ['bankCode', 'branchCode', 'accountNumber', 'accountType'],
  canadian: ['institutionNumber', 'transitNumber', 'accountNumber', 'accountType'],
  email: ['email'],
  hongkong: ['bankCode', 'accountNumber'],
  hungarian: ['accountNumber'],
  iban: ['IBAN'],
  indian: ['ifscCode', 'accountNumber'],
  indonesian: ['bankCode', 'accountNumber'],
  israeli_local: ['IBAN'],
  japanese: ['bankCode', 'branchCode', 'accountType', 'accountNumber'],
  mexican: ['clabe'],
  newzealand: ['accountNumber'],
  philippines: ['bankCode', 'accountNumber'],
  polish: ['accountNumber'],
  singapore: ['bankCode', 'accountNumber'],
  sort_code: ['sortCode', 'accountNumber'],
  southafrica: ['swiftCode', 'accountNumber'],
  swift_code: ['swiftCode', 'accountNumber'],
  thailand: ['bankCode', 'accountNumber'],
  turkish_earthport: ['IBAN'],
};

/** The account types that are usual for a currency. Any other currency uses IBAN or SWIFT. */
const TYPES_OF: Record<string, readonly string[]> = {
  AUD: ['australian'],
  BRL: ['brazil'],
  CAD: ['canadian'],
  EUR: ['iban'],
  GBP: ['sort_code', 'iban'],
  HKD: ['hongkong'],
  HUF: ['hungarian', 'iban'],
  IDR: ['indonesian'],
  ILS: ['israeli_local'],
  INR: ['indian'],
  JPY: ['japanese'],
  MXN: ['mexican'],
  NZD: ['newzealand'],
  PHP: ['philippines'],
  PLN: ['polish', 'iban'],
  SGD: ['singapore'],
  THB: ['thailand'],
  TRY: ['turkish_earthport'],
  USD: ['aba', 'fedwire_local', 'swift_code'],
  ZAR: ['southafrica'],
};

const typesOf = (currency: string) => [...(TYPES_OF[currency] ?? ['iban', 'swift_code']), 'email'];

/** An account number that is refused. */
const NO_ACCOUNT = /^0+$/;
/** A part of a holder's name that is refused, with words that repeat the name, as a provider's may. */
const REFUSED = 'Refused';

/** Every error that Wise would report. */
function whyNot(body: Json): ReturnType<typeof grievance>[] {
  const { currency, type, accountHolderName: name } = body;
  const details = objectOf(body['details']);
  const required = REQUIRED[textOf(type) ?? ''];
  const account = writtenOf(details['accountNumber']) ?? '';
  return [
    ...(CURRENCIES.some((known) => known === currency)
      ? []
      : [grievance('NOT_VALID', 'Currency is not supported', 'currency')]),
    ...(textOf(name) ? [] : [grievance('NOT_VALID', 'Please specify the account holder name', 'accountHolderName')]),
    ...(textOf(name)?.includes(REFUSED)
      ? [grievance('NOT_VALID', `${textOf(name)} is not the owner`, 'accountHolderName', [textOf(name) ?? ''])]
      : []),
    ...(required ?? [])
      .filter((field) => !writtenOf(details[field]))
      .map((field) => grievance('NOT_VALID', `Please specify ${field}`, field)),
    ...(required ? [] : [grievance('NOT_VALID', 'Account type is not supported', 'type')]),
    ...(NO_ACCOUNT.test(account)
      ? [grievance('NOT_VALID', 'Please enter a valid account number.', 'accountNumber', [account])]
      : []),
  ];
}

/** Turns numbers that were kept as written into text, because the log contains plain JSON. */
const plain = (details: Json): Json =>
  Object.fromEntries(Object.entries(details).map(([key, value]) => [key, writtenOf(value) ?? plain(objectOf(value))]));

const show = (recipient: Recipient) => ({
  id: exact(recipient.id),
  profile: exact(recipient.profile),
  profileId: exact(recipient.profile),
  accountHolderName: recipient.name,
  name: { fullName: recipient.name },
  currency: recipient.currency,
  type: recipient.type,
  active: recipient.active,
  ownedByCustomer: recipient.ownedByCustomer,
  details: recipient.details,
  hash: createHash('sha256').update(JSON.stringify(recipient.details)).digest('hex'),
  confirmations: { acceptedOutcomes: false, outcomes: [] },
});

const field = (key: string) => ({
  name: key,
  group: [
    {
      key,
      name: key,
      type: 'text',
      required: true,
      refreshRequirementsOnChange: false,
      displayFormat: null,
      example: '',
      minLength: null,
      maxLength: null,
      validationRegexp: null,
      validationAsync: null,
      valuesAllowed: null,
    },
  ],
});

/** The forms that Wise would ask a recipient of that currency to fill in. */
export const accountRequirements = (currency: string) =>
  typesOf(currency).map((type) => ({
    type,
    title: type,
    fields: ['accountHolderName', ...(REQUIRED[type] ?? [])].map(field),
  }));

/** Recipients. Wise has no idempotency here, so sending the same body twice creates two. */
export function recipientRoutes({ books }: StandIn) {
  const recipients = books.table<Recipient>('recipient');
  const app = new Hono<HttpEnv>();
  let nextId = FIRST_ID + [...recipients.all()].length;

  app.post('/accounts', async (c) => {
    const body = await bodyOf(c);
    const errors = whyNot(body);
    if (errors.length > 0) return answer(c, { errors }, 400);
    const recipient = recipients.put({
      id: String(nextId++),
      profile: writtenOf(body['profile']) ?? '1',
      currency: textOf(body['currency']) ?? '',
      type: textOf(body['type']) ?? '',
      name: textOf(body['accountHolderName']) ?? '',
      ownedByCustomer: body['ownedByCustomer'] === true,
      details: plain(objectOf(body['details'])),
      active: true,
    });
    return answer(c, show(recipient));
  });

  app.get('/accounts', (c) => {
    const { profile, profileId = profile, currency } = c.req.query();
    const content = [...recipients.all()].filter(
      (row) => row.active && (!profileId || row.profile === profileId) && (!currency || row.currency === currency),
    );
    return answer(c, { content: content.map(show), size: content.length, seekPositionForNext: null });
  });

  app.get('/accounts/:id', (c) => {
    const recipient = recipients.get(c.req.param('id'));
    return recipient
      ? answer(c, show(recipient))
      : answer(c, complaint('recipient.not-found', 'There is no such recipient'), 404);
  });

  app.delete('/accounts/:id', (c) => {
    const recipient = recipients.get(c.req.param('id'));
    if (!recipient?.active) return answer(c, complaint('recipient.not-found', 'There is no such recipient'), 404);
    return answer(c, show(recipients.change(recipient.id, { active: false })));
  });

  return app;
}
