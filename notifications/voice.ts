import type { Language } from '../domain/language.ts';
import { type Arguments, defineMessages } from '../domain/message.ts';
import { ENGLISH, type Voice, VOICES } from '../domain/voice.ts';
import { NOTICES_DE, NOTICES_EN } from './words/index.ts';

/** The voice of notices to partners and to one person. Notices to finance and operators are in English. */
export type NoticeVoice = {
  readonly say: <K extends keyof typeof NOTICES_EN>(
    key: K,
    ...parameters: Arguments<(typeof NOTICES_EN)[K], string | number, never>
  ) => string;
  /** The voice of the sentences that the domain says, and of amounts and days. */
  readonly domain: Voice;
};

const speak = defineMessages<typeof NOTICES_EN>({ en: NOTICES_EN, de: NOTICES_DE });

/** English mail writes amounts and days as people do, such as `1,234.56 USD` and `3 Dec 2026`. */
const AMOUNT = /(-?\d+(?:\.\d+)?)(?= (?:[A-Z]{3}|points?|credits?)\b)/g;
const DAY = /\b\d{4}-\d{2}-\d{2}\b/g;
const DAYS = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const dayOf = (day: string): string => (Number.isNaN(Date.parse(day)) ? day : DAYS.format(Date.parse(day)));
const written = (text: string): string =>
  text
    .replaceAll(AMOUNT, (decimal) => decimal.replace(/\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')))
    .replaceAll(DAY, dayOf);
const MAIL_ENGLISH: Voice = { ...ENGLISH, amount: (amount) => written(ENGLISH.amount(amount)), day: dayOf, written };

const voiceOf = (language: Language): NoticeVoice => ({
  say: (key, ...parameters) => String(speak(language, key, ...parameters)),
  domain: language === 'en' ? MAIL_ENGLISH : VOICES[language],
});

export const NOTICE_VOICES: Readonly<Record<Language, NoticeVoice>> = { en: voiceOf('en'), de: voiceOf('de') };
