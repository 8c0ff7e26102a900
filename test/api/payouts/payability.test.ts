import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { insertInstrumentFailure } from '../../../db/payouts/instrument-failures.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { addLine, addPayout, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  const paypal = { gateway: 'paypal', accountRef: 'PayPal', settings: {} };
  await api.ask('PUT', '/v1/payers/acme/gateways/paypal', { body: paypal });
  await api.ask('PATCH', '/v1/schedules/monthly', { body: { minimums: [{ currency: 'USD', amount: '10.00' }] } });
});
afterAll(() => api.stop());

const PAYPAL = { method: 'paypal', receiver: 'partner@example.com' };
const CHECK = {
  method: 'check',
  payee: 'Partner',
  address: { line1: '1 Main St', city: 'Reno', region: 'NV', postalCode: '89501', country: 'US' },
};

async function addPartner(instrument: object | null = PAYPAL): Promise<string> {
  const code = `p-${randomUUID()}`;
  const agreements = [{ program: 'shop', plan: 'standard', startsOn: '2026-01-01' }];
  const partner = { code, name: 'Partner', kind: 'affiliate', country: 'US', agreements };
  const { status, text } = await api.ask('POST', '/v1/partners', {
    body: instrument ? { ...partner, instrument } : partner,
  });
  expect(status, text).toBe(201);
  return code;
}

const askFor = async (code: string) => {
  const { body } = await api.ask('GET', `/v1/partners/${code}/payability`);
  const [item] = body['items'] as Record<string, unknown>[];
  return item ?? expect.fail('there is nothing about the partner');
};

const LONG_AGO = '2026-02-01';
/** A hold that ends in the middle of a month: the first cut-off after it is 2099-06-01, a Monday, and pays two days later. */
const HELD_UNTIL = '2099-05-10';
const PAID_ON = '2099-06-03';

type Case = {
  outcome: string;
  when: string;
  instrument?: object | null;
  arrange?: (code: string) => Promise<unknown>;
  words: string;
  until?: string;
  nextPayOn?: string;
};

const CASES: readonly Case[] = [
  { outcome: 'nothing_due', when: 'nothing was earned', words: 'There are no unpaid earnings.' },
  {
    outcome: 'nothing_due',
    when: 'all is held',
    arrange: (code) => addLine(api.db, code, 5000, HELD_UNTIL),
    words: `All earnings are still held for refunds. The next hold ends on ${HELD_UNTIL}.`,
    until: HELD_UNTIL,
    nextPayOn: PAID_ON,
  },
  {
    outcome: 'nothing_due',
    when: 'all is in a payout',
    arrange: (code) => addPayout(api.db, code),
    words: expect.stringMatching(/^All earnings are already in a payout\. It is being prepared\.$/),
  },
  {
    outcome: 'negative_balance',
    when: 'refunds took back more',
    arrange: (code) => addLine(api.db, code, -700, LONG_AGO),
    words: 'Refunds and deductions took back more than was earned. The next earnings make up the balance of -7.00 USD.',
  },
  {
    outcome: 'partner_on_hold',
    when: 'we hold it back',
    arrange: async (code) => {
      await addLine(api.db, code, 5000, LONG_AGO);
      await api.ask('POST', `/v1/partners/${code}/hold`, { body: { reason: 'a tax form is missing' } });
    },
    words: 'We have put payment on hold: a tax form is missing.',
  },
  {
    outcome: 'no_instrument',
    when: 'we do not know where to pay',
    instrument: null,
    arrange: (code) => addLine(api.db, code, 5000, LONG_AGO),
    words: 'We do not know where to pay USD. Add a bank account, a PayPal account or a postal address.',
  },
  {
    outcome: 'instrument_failed',
    when: 'the last payment came back because of the details',
    arrange: async (code) => {
      await addLine(api.db, code, 5000, LONG_AGO);
      const payoutId = await addPayout(api.db, code);
      const { instrumentVersionId: instrumentId } = await getPayout(api.db, payoutId);
      const advice = 'Your bank says that this account is closed.';
      await insertInstrumentFailure(api.db, { payoutId, instrumentId, reason: 'ACCOUNT_CLOSED', advice });
    },
    words:
      'The last payment to these details failed. Your bank says that this account is closed. We do not pay to them again until they are corrected.',
  },
  {
    outcome: 'instrument_cooling_off',
    when: 'the payment details are new',
    instrument: null,
    arrange: async (code) => {
      await addLine(api.db, code, 5000, LONG_AGO);
      const { id } = await getPartner(api.db, code);
      // At 02:00 in UTC it is still the day before in New York.
      await api.db.query(sql.unsafe`
        insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, usable_from)
        values (${id}, 'paypal', 'US', '', 'test', '', '', '2099-05-11T02:00:00Z')`);
    },
    words: `The payment details were changed. To protect their owner, we do not pay to them before ${HELD_UNTIL}.`,
    until: HELD_UNTIL,
    nextPayOn: PAID_ON,
  },
  {
    outcome: 'method_not_offered',
    when: 'the payer does not pay by check',
    instrument: CHECK,
    arrange: (code) => addLine(api.db, code, 5000, LONG_AGO),
    words: 'Payment by check is not offered here. Choose another method.',
  },
  {
    outcome: 'below_minimum',
    when: 'it is too little, and more is held',
    arrange: async (code) => {
      await addLine(api.db, code, 500, LONG_AGO);
      await addLine(api.db, code, 5000, HELD_UNTIL);
    },
    words: '5.00 USD is less than the smallest payout of 10.00 USD. We keep it and pay it with the next earnings.',
    until: HELD_UNTIL,
    nextPayOn: PAID_ON,
  },
  {
    outcome: 'below_minimum',
    when: 'it is too little, and nothing is held',
    arrange: (code) => addLine(api.db, code, 500, LONG_AGO),
    words: '5.00 USD is less than the smallest payout of 10.00 USD. We keep it and pay it with the next earnings.',
  },
];

describe('given a partner who asks why there is no money yet', () => {
  it.each(CASES)(
    'when $when then the answer is $outcome in words, with the date it ends and the next date money can move',
    async ({ instrument, arrange, outcome, words, until = null, nextPayOn = null }) => {
      const code = await addPartner(instrument);
      await arrange?.(code);
      expect(await askFor(code)).toMatchObject({ outcome, nextPayOn, reasons: [{ reason: outcome, words, until }] });
    },
  );

  it('when the partner has left every program then the last balance is paid below the minimum, and the words say why', async () => {
    const code = await addPartner();
    await addLine(api.db, code, 500, LONG_AGO);
    expect(await askFor(code)).toMatchObject({ outcome: 'below_minimum', belowMinimum: null });
    const left = await api.ask('PATCH', `/v1/partners/${code}/agreements/shop`, { body: { endsOn: '2026-02-01' } });
    expect(left.status, left.text).toBe(200);
    expect(await askFor(code)).toMatchObject({
      payable: '5.00',
      minimum: '10.00',
      outcome: 'paid',
      reasons: [],
      belowMinimum:
        'The agreements in all programs of this schedule have ended. We pay the last 5.00 USD, although the smallest payout is 10.00 USD.',
    });
  });

  it('when two things stand against it then both are said, and one that does not end by itself leaves no date', async () => {
    const code = await addPartner();
    await addLine(api.db, code, 5000, HELD_UNTIL);
    await api.ask('POST', `/v1/partners/${code}/hold`, { body: { reason: 'who are you?' } });
    const { reasons, nextPayOn } = await askFor(code);
    expect(reasons).toMatchObject([{ reason: 'nothing_due', until: HELD_UNTIL }, { reason: 'partner_on_hold' }]);
    expect(nextPayOn).toBeNull();
  });

  it('when nothing stands against it then money moves on the next pay date', async () => {
    const code = await addPartner();
    await addLine(api.db, code, 5000, LONG_AGO);
    const item = await askFor(code);
    expect(item).toMatchObject({ outcome: 'paid', payable: '50.00', reasons: [], nextPayOn: item['payOn'] });
  });

  it('when the partner asks with a key of its own then it reads the same as we do', async () => {
    const code = await addPartner();
    await addLine(api.db, code, 5000, HELD_UNTIL);
    const { key } = await api.newKey('partner', (await getPartner(api.db, code)).id);
    const mine = await api.ask('GET', '/v1/me/payability', { key });
    expect(mine.body).toEqual((await api.ask('GET', `/v1/partners/${code}/payability`)).body);
  });
});
