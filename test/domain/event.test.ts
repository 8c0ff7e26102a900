import { describe, expect, it } from 'vitest';

import { eventHash, toEvent, WireEvent } from '../../domain/event.ts';

const sale = {
  source: 'shop',
  id: 'order-1:1',
  program: 'marketplace',
  partner: 'seller-7',
  kind: 'sale',
  occurredAt: '2026-03-01T09:30:00Z',
  currency: 'USD',
  amount: '10.00',
};
const { amount: _amount, currency: _currency, ...training } = { ...sale, kind: 'training' };
const refund = { ...sale, id: 'refund-1', kind: 'refund', refundOf: sale.id, amount: '4.00' };

const brokenFields = (wire: unknown) => WireEvent.safeParse(wire).error?.issues.map(({ path }) => path.join('.'));
const eventOf = (wire: unknown) => toEvent(WireEvent.parse(wire));

describe('given an event on the wire', () => {
  it.each([
    { wire: sale, what: 'a sale' },
    { wire: { ...sale, amount: '0' }, what: 'a sale of zero' },
    { wire: { ...sale, amounts: { freight: '8.72' }, quantity: 3 }, what: 'a sale with freight' },
    { wire: { ...sale, occurredAt: '2026-03-01T09:30:00.123456-03:00' }, what: 'a local time with its offset' },
    { wire: { ...sale, occurredAt: '2026-03-01T09:30:00+14:00' }, what: 'a local time of Kiritimati' },
    { wire: training, what: 'a training without an amount' },
    { wire: refund, what: 'a partial refund' },
    { wire: { ...training, id: 'r', kind: 'refund', refundOf: sale.id }, what: 'a full refund' },
  ])('when it is $what then it is accepted', ({ wire }) => {
    expect(brokenFields(wire)).toBeUndefined();
  });

  it.each([
    { wire: { ...training, kind: 'sale' }, fields: ['amount'], because: 'a sale has an amount' },
    { wire: { ...training, amount: '1' }, fields: ['currency'], because: 'an amount has a currency' },
    { wire: { ...sale, amount: '-1.00' }, fields: ['amount'], because: 'a negative amount must be a refund' },
    { wire: { ...sale, amount: 10 }, fields: ['amount'], because: 'a JSON number loses cents' },
    { wire: { ...sale, amount: '10.0000001' }, fields: ['amount'], because: 'nothing is rounded silently' },
    {
      wire: { ...sale, currency: 'JPY', amounts: { freight: '10.50' } },
      fields: ['amounts.freight'],
      because: 'yen have no decimals',
    },
    { wire: { ...sale, currency: 'XAU' }, fields: ['currency'], because: 'gold is not paid out' },
    {
      wire: { ...sale, amounts: { freight: '1.234' } },
      fields: ['amounts.freight'],
      because: 'freight has a fixed number of decimals too',
    },
    { wire: { ...sale, amounts: { amount: '1' } }, fields: ['amounts.amount'], because: 'the name is taken' },
    {
      wire: { ...sale, occurredAt: '2026-03-01T09:30:00' },
      fields: ['occurredAt'],
      because: 'a local time is not an instant',
    },
    {
      wire: { ...sale, occurredAt: '2026-02-29T09:30:00Z' },
      fields: ['occurredAt'],
      because: 'the day does not exist',
    },
    {
      wire: { ...sale, occurredAt: '1970-01-01T00:00:00Z' },
      fields: ['occurredAt'],
      because: 'an empty clock is not a date',
    },
    ...['bursar', 'correction', 'conversion', 'resolution'].map((source) => ({
      wire: { ...sale, source },
      fields: ['source'],
      because: `earnings with the source ${source} are our own`,
    })),
    ...['+15:00', '-14:30', '+23:59'].map((offset) => ({
      wire: { ...sale, occurredAt: `2026-03-01T09:30:00${offset}` },
      fields: ['occurredAt'],
      because: `no clock shows ${offset}`,
    })),
    ...['9999-12-31', '2100-01-01', '1999-12-31', '0001-01-01'].map((on) => ({
      wire: { ...training, reading: { metric: 'nps', value: '60', on } },
      fields: ['reading.on'],
      because: `no event is of ${on}`,
    })),
    { wire: { ...sale, quantity: 0 }, fields: ['quantity'], because: 'nothing was sold' },
    { wire: { ...sale, id: ' a' }, fields: ['id'], because: 'a stray space would be another event' },
    { wire: { ...sale, id: '' }, fields: ['id'], because: 'an event has a natural key' },
    { wire: { ...sale, refundOf: 'x' }, fields: ['refundOf'], because: 'a sale takes nothing back' },
    { wire: { ...refund, refundOf: undefined }, fields: ['refundOf'], because: 'a refund names its sale' },
    { wire: { ...sale, collects: 'x' }, fields: ['collects'], because: 'a sale pays nothing' },
    { wire: { ...sale, kind: 'collected' }, fields: ['collects'], because: 'a payment names its sale' },
    {
      wire: { ...sale, kind: 'uncollected', collects: 'x', amount: undefined },
      fields: ['amount'],
      because: 'a payment has an amount',
    },
    {
      wire: { ...sale, kind: 'collected', collects: 'x', quantity: 2 },
      fields: ['quantity'],
      because: 'money is paid, and not units',
    },
    { wire: { ...refund, refundOf: refund.id }, fields: ['refundOf'], because: 'nothing refunds itself' },
    { wire: { ...refund, amount: '0.00' }, fields: ['amount'], because: 'a refund of nothing is a mistake' },
    {
      wire: { ...refund, amount: undefined, amounts: { freight: '0' } },
      fields: ['amount'],
      because: 'nothing went back',
    },
    { wire: { ...refund, amounts: { freight: '1' } }, fields: undefined, because: 'the freight went back too' },
    { wire: { ...sale, attributes: { Product: 'x' } }, fields: ['attributes.Product'], because: 'a name begins small' },
    { wire: { ...sale, revision: 0 }, fields: ['revision'], because: 'the first revision is 1' },
    { wire: { ...sale, amuont: '1' }, fields: [''], because: 'a misspelt field would be lost silently' },
  ])('when $fields is wrong then it is refused: $because', ({ wire, fields }) => {
    expect(brokenFields(wire)).toEqual(fields);
  });
});

describe('given the same event sent again', () => {
  it.each([
    { again: { ...sale, amount: '10.0' }, because: 'zeros mean nothing' },
    { again: { ...sale, amount: '10' }, because: 'zeros mean nothing' },
    { again: { ...sale, occurredAt: '2026-03-01T06:30:00-03:00' }, because: 'it is the same instant' },
    { again: { ...sale, amounts: {} }, because: 'an empty list of other amounts equals none' },
    { again: Object.fromEntries(Object.entries(sale).toReversed()), because: 'the order of fields means nothing' },
  ])('when it is written differently then its hash is the same: $because', ({ again }) => {
    expect(eventHash(eventOf(again))).toEqual(eventHash(eventOf(sale)));
  });

  it.each([
    { changed: { ...sale, amount: '10.01' } },
    { changed: { ...sale, occurredAt: '2026-03-01T09:30:01Z' } },
    { changed: { ...sale, partner: 'seller-8' } },
    { changed: { ...sale, quantity: 1 } },
    { changed: { ...sale, currency: 'EUR' } },
  ])('when its content differs then its hash differs', ({ changed }) => {
    expect(eventHash(eventOf(changed))).not.toEqual(eventHash(eventOf(sale)));
  });

  it('then the hash equals the one that is already stored', () => {
    expect(eventHash(eventOf(sale)).toString('hex')).toBe(
      '6524cca90246b6e38fcfc9136bcc239ac806b3f362586afcfe1e29086c995eb6',
    );
  });
});
