import type { Language } from '../domain/language.ts';
import { type Arguments, defineMessages } from '../domain/message.ts';
import { type Voice, VOICES } from '../domain/voice.ts';
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

const voiceOf = (language: Language): NoticeVoice => ({
  say: (key, ...parameters) => String(speak(language, key, ...parameters)),
  domain: VOICES[language],
});

export const NOTICE_VOICES: Readonly<Record<Language, NoticeVoice>> = { en: voiceOf('en'), de: voiceOf('de') };
