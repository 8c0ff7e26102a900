import { beforeAll, describe, expect, it } from 'vitest';

import { translate, type StatusTable } from '../../gateways/replies.ts';
import { LOB_ERROR_CODES, readLobError } from '../../gateways/lob/errors.ts';
import { LOB_STATUSES } from '../../gateways/lob/statuses.ts';
import { PAYPAL_ERROR_NAMES, readPayPalError } from '../../gateways/paypal/errors.ts';
import { PAYPAL_BATCH_STATUSES, PAYPAL_ITEM_STATUSES, PAYPAL_TAKEN } from '../../gateways/paypal/statuses.ts';
import {
  recipientObjections,
  WISE_ERROR_CODES,
  wantsPerson,
  wiseErrorClass,
  wiseErrorCode,
} from '../../gateways/wise/errors.ts';
import { WISE_STATUSES } from '../../gateways/wise/statuses.ts';
import { hasSpecs, openSpec, warnWithoutSpecs } from './specs.ts';

warnWithoutSpecs('no table of statuses is compared with them');

const tables: { provider: string; statuses: StatusTable; means: Record<string, string> }[] = [
  {
    provider: 'Wise',
    statuses: WISE_STATUSES,
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
    statuses: PAYPAL_ITEM_STATUSES,
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
    statuses: PAYPAL_BATCH_STATUSES,
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
    statuses: LOB_STATUSES,
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

describe.each(tables)('given the statuses of $provider', ({ provider, statuses, means }) => {
  it('then each has one meaning, and there is no other status', () => {
    const translated = Object.fromEntries(
      Object.keys(statuses).map((status) => {
        const { state, alarm } = translate(statuses, provider, status);
        return [status, `${state ?? 'no change'}${alarm ? ', alarm' : ''}`];
      }),
    );
    expect(translated).toEqual(means);
  });

  it.each(['moonstruck', '', 'toString', 'SUCCESS '])(
    'when it is "%s" then nothing changes, and an alarm is raised',
    (status) => {
      expect(translate(statuses, provider, status)).toMatchObject({
        state: null,
        alarm: expect.stringContaining('does not know'),
      });
    },
  );
});

describe('given the statuses in which PayPal has taken the money', () => {
  it('then they are all statuses except PENDING and FAILED', () => {
    expect(Object.keys(PAYPAL_ITEM_STATUSES).filter((status) => !PAYPAL_TAKEN.has(status))).toEqual([
      'PENDING',
      'FAILED',
    ]);
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

describe('given an error from PayPal', () => {
  it.each(PAYPAL_ERRORS)('when it is $status $name then it is $means', ({ status, name, means }) => {
    expect(readPayPalError(status, { name }).errorClass).toBe(means);
  });

  it('then the list is the whole table, plus one name that depends on its details and one unknown name', () => {
    const listed = new Set(PAYPAL_ERRORS.map(({ name }) => name));
    expect(listed).toEqual(new Set([...Object.keys(PAYPAL_ERROR_NAMES), 'USER_BUSINESS_ERROR', 'SOMETHING_NEW']));
  });

  const duplicate = (detail: object) =>
    readPayPalError(400, { name: 'USER_BUSINESS_ERROR', details: [detail], links: [] });

  it('when the batch id was used before then the first batch is found by the link in the detail', () => {
    const link = [{ href: 'https://api-m.paypal.com/v1/payments/payouts/FIRST123', rel: 'self' }];
    expect(duplicate({ field: 'SENDER_BATCH_ID', issue: 'exists', link })).toMatchObject({
      firstBatchId: 'FIRST123',
      errorClass: 'unclear',
    });
  });
  it('when that link is missing then nothing is concluded, because the first batch may pay', () => {
    expect(duplicate({ field: 'SENDER_BATCH_ID', issue: 'exists' })).toMatchObject({
      firstBatchId: null,
      errorClass: 'unclear',
    });
  });
  it('when another field is wrong then its link is not mistaken for a batch', () => {
    const link = [{ href: 'https://api-m.paypal.com/v1/payments/payouts/OTHER' }];
    expect(duplicate({ field: 'items[0].receiver', link })).toMatchObject({
      firstBatchId: null,
      errorClass: 'rejected',
    });
  });
  it.each([null, 'no', {}, { error: 'x' }])('when the body is %j then it is unclear', (body) => {
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

describe('given an error from Wise', () => {
  it.each(WISE_ERRORS)('when it is $status $code then it is $means', ({ status, code, means }) => {
    expect(wiseErrorClass(status, code)).toBe(means);
  });

  it('then the list is the whole table, plus codes that are about the payee', () => {
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
  ])('when its body is $body then the reason is "$says", without any text that a person wrote', ({ body, says }) => {
    expect(wiseErrorCode(body).reason).toBe(says);
  });

  const recipient = JSON.stringify({
    profile: 1001,
    accountHolderName: 'Paula Partner',
    type: 'aba',
    details: { accountNumber: '12345678', abartn: '122100024', address: { city: 'Springfield' } },
  });

  it('when it refuses several fields of a recipient then each is named as our forms do, with the words for the customer', () => {
    const errors = [
      {
        code: 'NOT_VALID',
        message: 'Please enter a valid account number.',
        path: 'accountNumber',
        arguments: ['12345678'],
      },
      { code: 'NOT_VALID', message: 'Please specify the name', path: 'accountHolderName', arguments: [] },
      { code: 'ERROR', path: 'details.address.postCode' },
      { code: 'ERROR', message: 'no field is named', path: '' },
    ];
    expect(recipientObjections({ timestamp: '2026-11-28', errors }, recipient)).toEqual([
      { field: 'details.accountNumber', reason: 'is refused: “Please enter a valid account number”' },
      { field: 'holder', reason: 'is refused: “Please specify the name”' },
      { field: 'details.address.postCode', reason: 'is refused by Wise (ERROR)' },
    ]);
  });

  it.each([
    'The account 12345678 is closed',
    'The account 12-34 56-78 is closed',
    'Account ****5678 is closed',
    'PAULA is not the owner',
    'There is no street in Springfield',
    'x'.repeat(201),
    ' \n ',
  ])('when its words are "%s" then they are left out, because they may repeat a detail', (message) => {
    const errors = [{ code: 'NOT_VALID', message, path: 'accountNumber' }];
    expect(recipientObjections({ errors }, recipient)).toEqual([
      { field: 'details.accountNumber', reason: 'is refused by Wise (NOT_VALID)' },
    ]);
  });

  it('when strong authentication is required then a person is needed, and only if its header is present', () => {
    expect(wantsPerson(403, new Headers({ 'x-2fa-approval-result': 'REJECTED' }))).toBe(true);
    expect(wantsPerson(403, new Headers())).toBe(false);
  });
});

/** The errors of Lob that are not about all checks. The others in the specification are about our account or files, hence about all checks. */
const LOB_CLASSES: Record<string, string> = {
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

describe('given an error from Lob', () => {
  it.each(Object.keys(LOB_ERROR_CODES))('when it is %s then its class is as listed', (code) => {
    const body = { error: { code, message: '', status_code: 422 } };
    expect(readLobError(422, body)).toEqual({ code, errorClass: LOB_CLASSES[code] ?? 'as_a_whole' });
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
  it('then each status of a PayPal batch is in the table, and NEW comes from an older page', () => {
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
  it('then each error code of Lob is in the table, and one more is returned only by its sandbox', () => {
    const published = enumOf(lob.components.schemas['error']?.properties?.['error']?.properties?.['code']);
    expect(Object.keys(LOB_ERROR_CODES).toSorted()).toEqual([...published, 'bank_account_not_verified'].toSorted());
  });
  it('then each scan in the mail and each event of a check is in the table', () => {
    const scans = lob.components.schemas['tracking_event_normal']?.allOf?.flatMap(({ properties }) =>
      enumOf(properties?.['name']),
    );
    const events = enumOf(lob.components.schemas['check_types']);
    const statuses = [
      ...(scans ?? []).map((scan) => scan.toLowerCase().replaceAll(' ', '_')),
      ...events.map((event) => event.slice('check.'.length)),
    ];
    // These report the progress of a check's files, which its status reports as well.
    const ofFiles = new Set(['created', 'rendered_pdf', 'rendered_thumbnails']);
    expect(statuses.length).toBeGreaterThan(20);
    expect(statuses.filter((status) => !(status in LOB_STATUSES) && !ofFiles.has(status))).toEqual([]);
  });
});
