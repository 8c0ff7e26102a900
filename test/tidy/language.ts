import { extname } from 'node:path/posix';

import { readSources, type Source } from './sources.ts';
import type { Rule } from './structure.ts';

type Phrase = { readonly pattern: RegExp; readonly instead: string };
type Prose = { readonly text: string; readonly index: number };

/** These files name the phrases that they look for. */
const OWN = 'test/tidy/';

/** Comments may break a line between any two words. */
const phrase = (words: string, instead: string, flags = 'gi'): Phrase => ({
  pattern: new RegExp(words.replaceAll(' ', String.raw`\s+(?:(?:\*|//|--)\s+)?`), flags),
  instead,
});

const PHRASES: readonly Phrase[] = [
  phrase(String.raw`\bwhom?ever\b`, '"anyone who", or name the person'),
  phrase(String.raw`\bany ?more\b(?! than)`, '"no longer"'),
  phrase(String.raw`\b(?:he|him|his|himself)\b`, '"they", "them", "their" or "themselves"'),
  phrase(String.raw`\bmend(?:s|ed|ing)?\b`, '"fix"'),
  phrase(String.raw`\bhears?\b`, '"is told", or name what Bursar records or sends'),
  phrase(String.raw`\bbeside\b`, '"besides" or "next to"'),
  phrase(
    String.raw`(?<!\bthere )\b(?:is|are) no (?!longer|more|less|other|later|earlier|fewer|one\b)\w+`,
    '"is not a" or "there is no"',
  ),
  phrase(String.raw`\bknows? (?:it|them) so\b`, '"does not recognise" or "does not match"'),
  phrase(String.raw`\d [A-Z]{3} (?:are|have|were)\b`, 'money is singular: "12.00 USD was sent"', 'g'),
  phrase(String.raw`\b[Bb]y (?:paypal|wise|lob)\b(?!-)`, 'the name as people write it, such as "PayPal"', 'g'),
];

/** A sentence may begin with these words if it is a question. */
const OPENING = /^(?:Of|Who|What)\s/;

const CODE = /\/\*[\s\S]*?\*\/|(?:^|(?<=\s))\/\/.*(?:\n[ \t]*\/\/.*)*|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/gm;
const SQL = /(?:^|(?<=\s))--.*(?:\n[ \t]*--.*)*|'(?:[^'\n]|'')*'/gm;
const FENCE = /^```[\s\S]*?^```/gm;
/** A paragraph, an item of a list or a cell of a table. A heading is no sentence. */
const PAGE = /(?<=^\s*(?:[-*]|\d+\.)?\s*|\|\s*)(?![#|\s-])(?:[^|\n]|\n(?!\s*(?:[-*#|\n]|\d+\.\s)))+/gm;

const proseOf = ({ path, text }: Source): Prose[] => {
  const isPage = extname(path) === '.md';
  const readable = isPage ? text.replaceAll(FENCE, (code) => code.replaceAll(/\S/g, '#')) : text;
  const pattern = isPage ? PAGE : extname(path) === '.sql' ? SQL : CODE;
  return Array.from(readable.matchAll(pattern), ({ 0: found, index }) => ({
    index,
    text: found.replaceAll(/^\s*(?:\/\*\*?|\*\/|\*|\/\/|--|['`])|['`]$|\*\/$/gm, ' '),
  }));
};

const sentencesOf = ({ text, index }: Prose): Prose[] =>
  Array.from(text.matchAll(/\S(?:[^.!?]|[.!?](?!\s|$))*[.!?]*/g), ({ 0: found, index: offset }) => ({
    text: found,
    index: index + offset,
  }));

/** A heading or a label in a catalogue of words is no sentence. */
const CATALOGUE = /\/(?:languages|words)\//;

const isInverted = (path: string, { text }: Prose): boolean =>
  OPENING.test(text) && !text.endsWith('?') && !(CATALOGUE.test(path) && !/[.!]\s*$/.test(text));

const findIn = (source: Source): string[] => {
  const at = (index: number): string => `${source.path}:${source.text.slice(0, index).split('\n').length}`;
  return [
    ...PHRASES.flatMap(({ pattern, instead }) =>
      Array.from(source.text.matchAll(pattern), ({ 0: found, index }) => `${at(index)} "${found}": write ${instead}`),
    ),
    ...proseOf(source)
      .flatMap(sentencesOf)
      .filter((sentence) => isInverted(source.path, sentence))
      .map(({ text, index }) => `${at(index)} "${text.slice(0, 60)}": begin with the subject`),
  ];
};

/** Every comment, message and page is written in plain English. */
export const findPhrases: Rule = async (root) =>
  (await readSources(root)).filter(({ path }) => !path.startsWith(OWN)).flatMap(findIn);
