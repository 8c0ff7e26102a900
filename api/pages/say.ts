import { AsyncLocalStorage } from 'node:async_hooks';

import type { MiddlewareHandler } from 'hono';

import { type Language, languageFrom } from '../../domain/language.ts';
import { type Arguments, defineReader } from '../../domain/message.ts';
import type { ApiEnv } from '../http/deps.ts';
import { VOICES } from '../../domain/voice.ts';
import { html, type Html, type Part } from './html.ts';
import { BANK_FORMS_EN } from './languages/en/bank-forms.ts';
import { EXPLANATIONS_EN } from './languages/en/explanations.ts';
import { REFUSALS_EN } from './languages/en/refusals.ts';
import { type PAGES_EN, speak } from './languages/index.ts';

/** Each request speaks the language of its reader, so that no function has to pass it on. */
const reader = new AsyncLocalStorage<{ language: Language }>();

/** The language of the reader of this request. */
export const readersLanguage = (): Language => reader.getStore()?.language ?? 'en';

/** The language of a browser, until the reader is known. */
export const hearBrowser: MiddlewareHandler<ApiEnv> = (c, next) =>
  reader.run({ language: languageFrom(c.req.header('accept-language')) }, next);

/** Speaks another language from here on in this request. */
export function speakTo(language: Language): void {
  const store = reader.getStore();
  if (store) store.language = language;
}

type English = typeof PAGES_EN;
type Key = keyof English;
/** The keys of sentences in which the caller draws a part. */
type DrawnKey = { [K in Key]: English[K] extends `${string}</${string}` ? K : never }[Key];
type PlainKey = Exclude<Key, DrawnKey>;

/** A sentence in the language of the reader. A template escapes it, as any text. */
export const say = <K extends PlainKey>(key: K, ...parameters: Arguments<English[K], string | number, never>): string =>
  String(speak(readersLanguage(), key, ...parameters));

const readEnglish = defineReader({ ...REFUSALS_EN, ...BANK_FORMS_EN, ...EXPLANATIONS_EN });

/**
 * Says again what the domain said in English: the words of a form, an objection, a refusal, a step of a calculation. Null where the sentence is
 * not known.
 */
export function sayAgain(english: string): string | null {
  if (readersLanguage() === 'en') return english;
  const found = readEnglish(english);
  if (!found) return null;
  const parameters = Object.entries(found.parameters).map(([name, value]) => [
    name,
    sayAgain(value) ?? VOICES[readersLanguage()].written(value),
  ]);
  return String(speak(readersLanguage(), found.key, Object.fromEntries(parameters)));
}

/** Draws a part of a sentence, such as a link. */
export type Drawing = (inside: Part) => Html;

/** A sentence with markup: parameters may be markup, and each part such as `<link>text</link>` is drawn by the caller. */
export function tell<K extends Key>(key: K, ...parameters: Arguments<English[K], Part, Drawing>): Part {
  return speak(readersLanguage(), key, ...parameters) as Part;
}

/** A part of a sentence that matters most. */
export const strong: Drawing = (inside) => html`<strong>${inside}</strong>`;

/** A part of a sentence that leads to an address. */
export const linkTo =
  (path: string): Drawing =>
  (inside) =>
    html`<a href="${path}">${inside}</a>`;
