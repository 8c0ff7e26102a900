import { IntlMessageFormat } from 'intl-messageformat';

import type { Language } from './language.ts';

/**
 * Sentences in several languages. A sentence is an ICU message: `{name}` is a parameter, `{count, plural, one {# payout} other {# payouts}}`
 * agrees with a number, and `<link>text</link>` is a part that the caller draws. Each language has a catalogue with one sentence for each key.
 */
export type Catalogue = Readonly<Record<string, string>>;

/** A catalogue in another language: exactly the sentences of the first one. */
export type Translation<English> = { readonly [Key in keyof English]: string };

/** A form of a plural is not a parameter. It has a space or a `#` in it, and the name of a parameter has neither. */
type Name<Text extends string> = Text extends `${string}${' ' | '#' | '{' | '}'}${string}` ? never : Text;
type Head<Text extends string> = Text extends `${infer Before},${string}`
  ? Before extends `${infer Inside}}${string}`
    ? Inside
    : Before
  : Text extends `${infer Inside}}${string}`
    ? Inside
    : never;
type Names<Text extends string> = Text extends `${string}{${infer Rest}` ? Name<Head<Rest>> | Names<Rest> : never;
type Counts<Text extends string> = Text extends `${string}{${infer Rest}`
  ? (Rest extends `${infer Before}, plural,${string}` ? Name<Before> : never) | Counts<Rest>
  : never;
type Tags<Text extends string> = Text extends `${string}</${infer Tag}>${infer Rest}` ? Tag | Tags<Rest> : never;

/** The parameters of a sentence, and a function for each part that the caller draws. A number that a plural agrees with is a number. */
type ParametersOf<Text extends string, Value, Part> = {
  readonly [Key in Names<Text>]: Key extends Counts<Text> ? number : Value;
} & { readonly [Key in Tags<Text>]: Part };

/** The arguments after the key: nothing for a sentence without parameters. */
export type Arguments<Text extends string, Value, Part> = [Names<Text> | Tags<Text>] extends [never]
  ? []
  : [parameters: ParametersOf<Text, Value, Part>];

type Found<English> = { readonly key: keyof English & string; readonly parameters: Readonly<Record<string, string>> };

/** Finds the sentence of which a text was made, with its parameters. Sentences with plurals or parts are not found. */
export function defineReader<English extends Catalogue>(english: English): (text: string) => Found<English> | null {
  const shapes = Object.entries(english)
    .filter(([, sentence]) => !/, plural,|<\//.test(sentence))
    .toSorted(([, one], [, other]) => fixedIn(other) - fixedIn(one))
    .map(([key, sentence]) => ({ key, pieces: sentence.split(/\{(\w+)\}/) }));
  return (text) => {
    for (const { key, pieces } of shapes) {
      const parameters = readPieces(pieces, text);
      if (parameters) return { key, parameters };
    }
    return null;
  };
}

/** How much of a sentence is the same for all parameters. The sentence with the most is the one that was meant. */
const fixedIn = (sentence: string): number => sentence.replaceAll(/\{\w+\}/g, '').length;

/**
 * Reads a text by the words of a sentence and the names of the parameters between them. A parameter ends where the next words begin for the
 * first time, so no text takes long.
 */
function readPieces([start = '', ...pieces]: readonly string[], text: string): Record<string, string> | null {
  if (!text.startsWith(start)) return null;
  const parameters: Record<string, string> = {};
  let from = start.length;
  for (let index = 0; index < pieces.length; index += 2) {
    const [name = '', words = ''] = pieces.slice(index, index + 2);
    const isLast = index + 2 >= pieces.length;
    const until = isLast ? text.length - words.length : text.indexOf(words, from + 1);
    if (until <= from || !text.startsWith(words, until)) return null;
    parameters[name] = text.slice(from, until);
    from = until + words.length;
  }
  return from === text.length ? parameters : null;
}

export type Parts = string | readonly unknown[];

/** Reads the sentences of some catalogues. Each is compiled once. */
export function defineMessages<English extends Catalogue>(
  catalogues: Readonly<Record<Language, Translation<English>>>,
) {
  const compiled = new Map<string, IntlMessageFormat>();
  return (language: Language, key: keyof English & string, parameters: object = {}): Parts => {
    const name = `${language}/${key}`;
    const message = compiled.get(name) ?? new IntlMessageFormat(catalogues[language][key], language);
    compiled.set(name, message);
    return message.format(parameters as Record<string, never>);
  };
}
