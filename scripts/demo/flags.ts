import { parseArgs, type ParseArgsConfig } from 'node:util';

import { reasonOf } from '../../command-line.ts';
import { Month } from './example.ts';
import { DEMO_FOLDER } from './folder.ts';

export type Flags = {
  exit: boolean;
  example: string | undefined;
  data: string | undefined;
  months: string[] | undefined;
  report: string | undefined;
  events: number;
  partners: number;
  seed: number;
  /** The folder for the databases of the demo. The demo deletes its content first. */
  folder: string;
};

const OPTIONS = {
  exit: { type: 'boolean', default: false },
  example: { type: 'string' },
  data: { type: 'string' },
  months: { type: 'string' },
  report: { type: 'string' },
  events: { type: 'string', default: '20000' },
  partners: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  folder: { type: 'string', default: DEMO_FOLDER },
} as const satisfies ParseArgsConfig['options'];

/** Flags that have no meaning without an example. */
const OF_EXAMPLES = ['data', 'months', 'report'] as const;
const EVENTS_MAX = 1_000_000;
const PARTNERS_MIN = 20;
const PARTNERS_MAX = 5_000;
const SEED_MAX = 2 ** 31 - 1;

/** Reads the command line. Throws one sentence about any error. */
export function readFlags(args: readonly string[]): Flags {
  const { data, months, report, ...values } = parse(args);
  const stray = OF_EXAMPLES.find((name) => !values.example && { data, months, report }[name] !== undefined);
  if (stray) throw new Error(`--${stray} needs an example: add --example NAME. Nothing was started.`);
  return {
    ...values,
    data,
    report,
    months: months === undefined ? undefined : readMonths(months),
    events: readNumber('events', values.events, 1, EVENTS_MAX),
    partners: readNumber('partners', values.partners, PARTNERS_MIN, PARTNERS_MAX),
    seed: readNumber('seed', values.seed, 0, SEED_MAX),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const empty = Object.entries(values).find(([, value]) => value === '');
    if (empty) throw new Error(`Option '--${empty[0]}' has no value.`);
    return { ...values, example: values.example };
  } catch (error) {
    const [sentence = ''] = reasonOf(error).split(/\.(?:\s|$)/, 1);
    throw new Error(`${sentence.replaceAll('\n', ' ')}. Nothing was started; the flags are ${KNOWN}.`, {
      cause: error,
    });
  }
}

const KNOWN = Object.keys(OPTIONS)
  .map((name) => `--${name}`)
  .join(', ');

function readNumber(name: string, text: string, min: number, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`--${name} is "${text}", which is not a number from ${min} to ${max}. Nothing was started.`);
}

function readMonths(text: string): string[] {
  const months = text.split(',').map((month) => month.trim());
  const wrong = months.find((month) => !Month.safeParse(month).success);
  if (wrong !== undefined) throw new Error(`--months: "${wrong}" is not a month such as 2018-07. Nothing was started.`);
  return [...new Set(months)].toSorted();
}
