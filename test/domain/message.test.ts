import { describe, expect, it } from 'vitest';

import { languageFrom } from '../../domain/language.ts';
import { defineMessages, defineReader } from '../../domain/message.ts';

const EN = {
  plain: 'Nothing is due.',
  amount: '{amount} is less than {minimum}.',
  general: '{what} is less.',
  days: '{count, plural, one {# day} other {# days}}',
} as const;
const DE = { plain: 'Nichts.', amount: '{amount} unter {minimum}.', general: '{what} weniger.', days: '{count} Tage' };

describe('given the catalogues of two languages', () => {
  const speak = defineMessages<typeof EN>({ en: EN, de: DE });
  it('when a sentence is said then it agrees with its number, and has its parameters', () => {
    expect([1, 1204].map((count) => speak('en', 'days', { count }))).toEqual(['1 day', '1,204 days']);
    expect(speak('de', 'amount', { amount: '1,00 EUR', minimum: '5,00 EUR' })).toBe('1,00 EUR unter 5,00 EUR.');
  });
});

describe('given a text that was said in English', () => {
  const read = defineReader(EN);
  it.each([
    { text: 'Nothing is due.', key: 'plain', parameters: {} },
    { text: '1 is less than 2.', key: 'amount', parameters: { amount: '1', minimum: '2' } },
    { text: '1 is less.', key: 'general', parameters: { what: '1' } },
    {
      text: 'a is less than b is less than c.',
      key: 'amount',
      parameters: { amount: 'a', minimum: 'b is less than c' },
    },
  ])('when "$text" is read then it is found', ({ text, key, parameters }) => {
    expect(read(text)).toEqual({ key, parameters });
  });

  it.each(['', 'Nothing is due', ' is less.', '3 days', 'is less than'])('when "%s" is read then it is not', (text) => {
    expect(read(text)).toBeNull();
  });

  it('when somebody sends a long text that is nearly a sentence then the answer comes at once', () => {
    expect(read(' is less than'.repeat(100_000))).toBeNull();
  });
});

describe('given the languages that a browser wants', () => {
  it.each([
    { header: undefined, language: 'en' },
    { header: 'de-CH', language: 'de' },
    { header: 'en;q=0.5, de;q=0.6', language: 'de' },
    { header: 'it, de;q=0', language: 'en' },
  ])('when it sends $header then it reads $language', ({ header, language }) => {
    expect(languageFrom(header)).toBe(language);
  });
});
