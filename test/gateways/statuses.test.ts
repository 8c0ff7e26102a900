import { beforeAll, describe, expect, it } from 'vitest';

import { translate, type StatusTable } from '../../gateways/replies.ts';
import { LOB_ERROR_CODES, readLobError } from '../../gateways/lob/errors.ts';
import { LOB_STATUSES } from '../../gateways/lob/statuses.ts';
import { PAYPAL_ERROR_NAMES, readPayPalError } from '../../gateways/paypal/errors.ts';
import { PAYPAL_BATCH_STATUSES, PAYPAL_ITEM_STATUSES, PAYPAL_TAKEN } from '../../gateways/paypal/statuses.ts';
import { WISE_ERROR_CODES, wantsPerson, wiseErrorClass, wiseErrorCode } from '../../gateways/wise/errors.ts';
import { WISE_STATUSES } from '../../gateways/wise/statuses.ts';
import { hasSpecs, openSpec, warnWithoutSpecs } from './specs.ts';

warnWithoutSpecs('no table of words is compared with them');

const tables: { provider: string; words: StatusTable; means: Record<string, string> }[] = [
  {
    provider: 'Wise',
    words: WISE_STATUSES,
    means: {
      incoming_payment_waiting: 'no change',
      incoming_payment_initiated: 'accepted',
      waiting_recipient_input_to_proceed: 'unclaimed',
      processing: 'accepted',
      funds_converted: 'accepted',
      outgoing_payment_sent: 'sent',
      bounced_back: 'on_hold',
      cancelled: 'on_hold',
      funds_refunded: 'returned',
      charged_back: 'needs_person, alarm',
      unknown: 'needs_person, alarm',
    },
  },
  {
    provider: 'PayPal items',
    words: PAYPAL_ITEM_STATUSES,
    means: {
      PENDING: 'accepted',
      SUCCESS: 'settled',
      UNCLAIMED: 'unclaimed',
      ONHOLD: 'on_hold',
      BLOCKED: 'on_hold, alarm',
      FAILED: 'failed',
      RETURNED: 'returned',
      REFUNDED: 'returned',
      REVERSED: 'returned',
    },
  },
  {
    provider: 'PayPal batches',
    words: PAYPAL_BATCH_STATUSES,
    means: {
      NEW: 'accepted',
      PENDING: 'accepted',
      PROCESSING: 'accepted',
      SUCCESS: 'no change',
      DENIED: 'failed',
      CANCELED: 'needs_person, alarm',
    },
  },
  {
    provider: 'Lob',
    words: LOB_STATUSES,
    means: {
      processed: 'accepted',
      rendered: 'accepted',
      mailed: 'sent',
      in_transit: 'sent',
      in_local_area: 'sent',
      processed_for_delivery: 'sent',
      're-routed': 'sent',
      international_exit: 'sent',
      delivered: 'sent',
      returned_to_sender: 'sent',
      deleted: 'failed',
      failed: 'failed',
      rejected: 'failed',
    },
  },
];

describe.each(tables)('given the words of $provider', ({ provider, words, means }) => {
  it('then each means one thing, and there is no other', () => {
    const said = Object.fromEntries(
      Object.keys(words).map((word) => {
        const { state, alarm } = translate(words, provider, word);
        return [word, `${state ?? 'no change'}${alarm ? ', alarm' : ''}`];
      }),
    );
    expect(said).toEqual(means);
  });

  it.each(['moonstruck', '', 'toString', 'SUCCESS '])(
    'when it is "%s" then nothing moves, and a person hears',
    (word) => {
      expect(translate(words, provider, word)).toMatchObject({
        state: null,
        alarm: expect.stringContaining('does not know'),
      });
    },
  );
});

describe('given the words of the sheet in two tables', () => {
  it('then PayPal has taken the money in every state but PENDING and FAILED', () => {
    expect(Object.keys(PAYPAL_ITEM_STATUSES).filter((word) => !PAYPAL_TAKEN.has(word))).toEqual(['PENDING', 'FAILED']);
  });
});

const PAYPAL_ERRORS = [
  { status: 400, name: 'VALIDATION_ERROR', means: 'rejected' },
  { status: 400, name: 'INVALID_REQUEST', means: 'rejected' },
  { status: 400, name: 'NON_HOLDING_CURRENCY', means: 'rejected' },
  { status: 422, name: 'UNPROCESSABLE_ENTITY', means: 'rejected' },
  { status: 400, name: 'USER_BUSINESS_ERROR', means: 'rejected' },
  { status: 400, name: 'SOMETHING_NEW', means: 'rejected' },
  { status: 403, name: 'AUTHORIZATION_ERROR', means: 'as_a_whole' },
  { status: 403, name: 'NOT_AUTHORIZED', means: 'as_a_whole' },
  { status: 403, name: 'REQUIRED_SCOPE_MISSING', means: 'as_a_whole' },
  { status: 403, name: 'SENDER_RESTRICTED', means: 'as_a_whole' },
  { status: 403, name: 'SENDER_LOCKED', means: 'as_a_whole' },
  { status: 403, name: 'SENDER_EMAIL_UNCONFIRMED', means: 'as_a_whole' },
  { status: 400, name: 'SENDER_ACCOUNT_UNVERIFIED', means: 'as_a_whole' },
  { status: 400, name: 'CIP_NOT_VERIFIED', means: 'as_a_whole' },
  { status: 403, name: 'SOMETHING_NEW', means: 'as_a_whole' },
  { status: 422, name: 'INSUFFICIENT_FUNDS', means: 'as_a_whole' },
  { status: 415, name: 'UNSUPPORTED_MEDIA_TYPE', means: 'as_a_whole' },
  { status: 400, name: 'AUTHENTICATION_FAILURE', means: 'as_a_whole' },
  { status: 404, name: 'INVALID_RESOURCE_ID', means: 'unclear' },
  { status: 404, name: 'RESOURCE_NOT_FOUND', means: 'unclear' },
  { status: 400, name: 'RESOURCE_CONFLICT', means: 'unclear' },
  { status: 400, name: 'PREVIOUS_REQUEST_IN_PROGRESS', means: 'unclear' },
  { status: 400, name: 'REQUEST_TIMEOUT_EXCEEDED', means: 'unclear' },
  { status: 400, name: 'INTERNAL_ERROR', means: 'unclear' },
  { status: 400, name: 'INTERNAL_SERVER_ERROR', means: 'unclear' },
  { status: 400, name: 'SERVICE_UNAVAILABLE', means: 'unclear' },
  { status: 400, name: 'RATE_LIMIT_REACHED', means: 'unclear' },
  { status: 400, name: 'RATE_LIMIT_VALIDATION', means: 'unclear' },
  { status: 400, name: 'ITEM_ALREADY_CANCELLED', means: 'unclear' },
  { status: 400, name: 'ITEM_INCORRECT_STATUS', means: 'unclear' },
  { status: 400, name: 'ITEM_CANCELLATION_FAILED', means: 'unclear' },
];

describe('given an error of PayPal', () => {
  it.each(PAYPAL_ERRORS)('when it is $status $name then it is $means', ({ status, name, means }) => {
    expect(readPayPalError(status, { name }).errorClass).toBe(means);
  });

  it('then the list is the whole table: besides, one name depends on its details, and one is not known', () => {
    const listed = new Set(PAYPAL_ERRORS.map(({ name }) => name));
    expect(listed).toEqual(new Set([...Object.keys(PAYPAL_ERROR_NAMES), 'USER_BUSINESS_ERROR', 'SOMETHING_NEW']));
  });

  const duplicate = (detail: object) =>
    readPayPalError(400, { name: 'USER_BUSINESS_ERROR', details: [detail], links: [] });

  it('when the batch id was used before then the first batch is read from the link of the detail', () => {
    const link = [{ href: 'https://api-m.paypal.com/v1/payments/payouts/FIRST123', rel: 'self' }];
    expect(duplicate({ field: 'SENDER_BATCH_ID', issue: 'exists', link })).toMatchObject({
      firstBatchId: 'FIRST123',
      errorClass: 'unclear',
    });
  });
  it('when that link is missing then nothing is concluded, for the first batch may pay', () => {
    expect(duplicate({ field: 'SENDER_BATCH_ID', issue: 'exists' })).toMatchObject({
      firstBatchId: null,
      errorClass: 'unclear',
    });
  });
  it('when another field is wrong then its link is not taken for a batch', () => {
    const link = [{ href: 'https://api-m.paypal.com/v1/payments/payouts/OTHER' }];
    expect(duplicate({ field: 'items[0].receiver', link })).toMatchObject({
      firstBatchId: null,
      errorClass: 'rejected',
    });
  });
  it.each([null, 'no', {}, { error: 'x' }])('when the body is %j then it says nothing', (body) => {
    expect(readPayPalError(400, body).errorClass).toBe('unclear');
  });
});

const WISE_ERRORS = [
  { status: 422, code: 'transfer.insufficient_funds', means: 'as_a_whole' },
  { status: 422, code: 'balance.insufficient_funds', means: 'as_a_whole' },
  { status: 422, code: 'balance.payment-option-unavailable', means: 'as_a_whole' },
  { status: 400, code: 'transfer.not-accessible-for-user', means: 'as_a_whole' },
  { status: 403, code: 'transfer.not-accessible-for-user', means: 'as_a_whole' },
  { status: 403, code: 'anything', means: 'as_a_whole' },
  { status: 400, code: 'invalid_token', means: 'as_a_whole' },
  { status: 400, code: 'unauthorized', means: 'as_a_whole' },
  { status: 422, code: 'transfer.invalid-state', means: 'read_first' },
  { status: 409, code: 'transfer.cancellation.not.allowed', means: 'read_first' },
  { status: 422, code: 'validation.failure.group.incompatible.state', means: 'read_first' },
  { status: 404, code: 'transfer.not-found', means: 'unclear' },
  { status: 400, code: 'unnamed', means: 'unclear' },
  { status: 422, code: 'NOT_VALID', means: 'rejected' },
  { status: 400, code: 'something.new', means: 'rejected' },
];

describe('given an error of Wise', () => {
  it.each(WISE_ERRORS)('when it is $status $code then it is $means', ({ status, code, means }) => {
    expect(wiseErrorClass(status, code)).toBe(means);
  });

  it('then the list is the whole table, with codes that are about the payee', () => {
    const others = ['anything', 'NOT_VALID', 'something.new'];
    expect(new Set(WISE_ERRORS.map(({ code }) => code))).toEqual(
      new Set([...Object.keys(WISE_ERROR_CODES), ...others]),
    );
  });

  it.each([
    { body: { errors: [{ code: 'NOT_VALID', path: 'details.IBAN' }] }, says: 'NOT_VALID at details.IBAN' },
    { body: { errors: [{ code: 'NOT_VALID', path: '' }] }, says: 'NOT_VALID' },
    {
      body: { type: 'BALANCE', status: 'REJECTED', errorCode: 'transfer.invalid-state' },
      says: 'transfer.invalid-state',
    },
    { body: { error: 'invalid_token', error_description: 'Paula Partner' }, says: 'invalid_token' },
    {
      body: { timestamp: '', status: 500, error: 'Internal Server Error', message: 'Paula' },
      says: 'Internal Server Error',
    },
    { body: null, says: 'unnamed' },
    { body: { errors: 'no' }, says: 'unnamed' },
  ])('when its body is $body then the reason is "$says", with nothing that a person wrote', ({ body, says }) => {
    expect(wiseErrorCode(body).reason).toBe(says);
  });

  it('when strong authentication is wanted then a person is, and only with its header', () => {
    expect(wantsPerson(403, new Headers({ 'x-2fa-approval-result': 'REJECTED' }))).toBe(true);
    expect(wantsPerson(403, new Headers())).toBe(false);
  });
});

/** What the sheet says of Lob's errors; the others of the specification are about our account or files, hence about all checks. */
const LOB_SHEET: Record<string, string> = {
  conflict: 'unclear',
  request_timeout: 'unclear',
  internal_server_error: 'unclear',
  service_unavailable: 'unclear',
  rate_limit_exceeded: 'unclear',
  not_deletable: 'unclear',
  failed_deliverability_strictness: 'rejected',
  address_length_exceeds_limit: 'rejected',
  invalid_check_international: 'rejected',
  invalid_international_feature: 'rejected',
  invalid_country_covid: 'rejected',
  bad_request: 'rejected',
  invalid: 'rejected',
};

describe('given an error of Lob', () => {
  it.each(Object.keys(LOB_ERROR_CODES))('when it is %s then it is as the sheet says', (code) => {
    const body = { error: { code, message: '', status_code: 422 } };
    expect(readLobError(422, body)).toEqual({ code, errorClass: LOB_SHEET[code] ?? 'as_a_whole' });
  });
  it.each([
    { status: 422, body: { error: { code: 'something_new' } }, means: 'rejected' },
    { status: 403, body: { error: { code: 'something_new' } }, means: 'as_a_whole' },
    { status: 422, body: null, means: 'unclear' },
  ])('when it is $status $body then it is $means', ({ status, body, means }) => {
    expect(readLobError(status, body).errorClass).toBe(means);
  });
});

describe.runIf(hasSpecs)('given the published specifications', () => {
  type Schema = { enum?: string[]; properties?: Record<string, Schema>; allOf?: Schema[] };
  type Spec = { components: { schemas: Record<string, Schema> } };
  let paypal: Spec;
  let lob: Spec;
  beforeAll(async () => {
    paypal = (await openSpec('paypal/payments_payouts_batch_v1.json')).definition as Spec;
    lob = (await openSpec('lob/lob-api-bundled.yml')).definition as Spec;
  });
  const enumOf = (schema: Schema | undefined): string[] => schema?.enum ?? [];

  it('then each status of a PayPal item is in the table, and the table has no other', () => {
    const published = enumOf(paypal.components.schemas['transaction_enum']);
    expect(Object.keys(PAYPAL_ITEM_STATUSES).toSorted()).toEqual(published.toSorted());
  });
  it('then each status of a PayPal batch is in the table; NEW is of an older page', () => {
    const published = enumOf(paypal.components.schemas['batch_enum']);
    expect(Object.keys(PAYPAL_BATCH_STATUSES).toSorted()).toEqual([...published, 'NEW'].toSorted());
  });
  it('then each error name of PayPal is in the table', () => {
    const published = Object.entries(paypal.components.schemas).flatMap(([name, { properties }]) =>
      /^error_\d{3}$/.test(name) ? enumOf(properties?.['name']) : [],
    );
    expect(published.length).toBeGreaterThan(5);
    expect(published.filter((name) => !(name in PAYPAL_ERROR_NAMES))).toEqual([]);
  });
  it('then each error code of Lob is in the table; one more is only told by its sandbox', () => {
    const published = enumOf(lob.components.schemas['error']?.properties?.['error']?.properties?.['code']);
    expect(Object.keys(LOB_ERROR_CODES).toSorted()).toEqual([...published, 'bank_account_not_verified'].toSorted());
  });
  it('then each scan of the post and each event of a check is in the table', () => {
    const scans = lob.components.schemas['tracking_event_normal']?.allOf?.flatMap(({ properties }) =>
      enumOf(properties?.['name']),
    );
    const events = enumOf(lob.components.schemas['check_types']);
    const words = [
      ...(scans ?? []).map((scan) => scan.toLowerCase().replaceAll(' ', '_')),
      ...events.map((event) => event.slice('check.'.length)),
    ];
    // These two say how far the files of a check are, which its status says as well.
    const ofFiles = new Set(['created', 'rendered_pdf', 'rendered_thumbnails']);
    expect(words.length).toBeGreaterThan(20);
    expect(words.filter((word) => !(word in LOB_STATUSES) && !ofFiles.has(word))).toEqual([]);
  });
});
