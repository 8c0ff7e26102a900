import { describe, expect, it } from 'vitest';

import { type Known, isNews, type Message } from '../../../domain/payouts/news.ts';

const message = (more: Partial<Message> = {}): Message => ({
  word: 'SUCCESS',
  state: 'settled',
  isProgress: false,
  ...more,
});
const known = (more: Partial<Known> = {}): Known => ({ state: 'accepted', word: 'PENDING', isDenied: false, ...more });

describe('given a webhook about a payment', () => {
  it.each([
    { what: 'an open payment has another state', known: {}, message: {}, isNews: true },
    {
      what: 'it repeats what we know',
      known: { word: 'PENDING' },
      message: { word: 'PENDING', state: 'accepted' },
      isNews: false,
    },
    {
      what: 'the state is the same, but the word is new',
      known: {},
      message: { word: 'processing', state: 'accepted' },
      isNews: true,
    },
    { what: 'it reports no state', known: {}, message: { state: null }, isNews: true },
    {
      what: 'it only says that a batch goes on',
      known: {},
      message: { state: 'accepted', isProgress: true },
      isNews: false,
    },
    { what: 'its payment has settled, and it is late', known: { state: 'settled' }, message: {}, isNews: false },
    {
      what: 'its payment has settled, and it was sent before that',
      known: { state: 'settled' },
      message: { state: 'sent' },
      isNews: false,
    },
    { what: 'a settled payment came back', known: { state: 'settled' }, message: { state: 'returned' }, isNews: true },
    { what: 'a settled payment has a question', known: { state: 'settled' }, message: { state: null }, isNews: true },
    { what: 'its payment has failed', known: { state: 'failed' }, message: {}, isNews: false },
    { what: 'its payment has come back', known: { state: 'returned' }, message: { state: null }, isNews: false },
    {
      what: 'two people denied that it was paid',
      known: { state: 'failed', isDenied: true },
      message: {},
      isNews: true,
    },
    {
      what: 'the provider agrees with two people',
      known: { state: 'failed', isDenied: true },
      message: { state: 'failed' },
      isNews: false,
    },
  ] as const)('when $what then it is news: $isNews', (row) => {
    expect(isNews(known(row.known), message(row.message))).toBe(row.isNews);
  });
});
