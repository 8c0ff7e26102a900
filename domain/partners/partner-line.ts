import { z } from 'zod';

import { type Cells, type Read, readCells } from '../cells.ts';
import { Code, Country, Line, LocalDay } from '../fields.ts';
import { FactKey, FactValue } from './fact.ts';
import { PARTNER_KINDS } from './kind.ts';

/** The columns of a file of partners. `program`, `plan`, `startsOn` and `endsOn` may come again with a number: `program2`. */
const PARTNER_COLUMNS = ['code', 'name', 'kind', 'country', 'email', 'factsFrom'] as const;
export const NEEDED_PARTNER_COLUMNS = ['code', 'name', 'kind', 'country'] as const;
const AGREEMENT_COLUMN = /^(?:program|plan|startsOn|endsOn)(?:[2-9]|1\d|20)?$/;
const FACT_COLUMN = /^fact\.(.+)$/;
const AGREEMENTS_MAX = 20;
const EMAIL_CHARS_MAX = 254;

export const isPartnerColumn = (column: string): boolean =>
  (PARTNER_COLUMNS as readonly string[]).includes(column) || AGREEMENT_COLUMN.test(column) || FACT_COLUMN.test(column);

const PartnerCells = z.object({
  code: Code,
  name: Line(200),
  kind: z.enum(PARTNER_KINDS, `is not a kind of partner: ${PARTNER_KINDS.join(', ')}`),
  country: Country,
  email: z.email('is not an e-mail address').max(EMAIL_CHARS_MAX).optional(),
  factsFrom: LocalDay.optional(),
});

const AgreementCells = z
  .object({ program: Code, plan: Code, startsOn: LocalDay, endsOn: LocalDay.nullable().default(null) })
  .refine(({ startsOn, endsOn }) => endsOn === null || endsOn > startsOn, {
    path: ['endsOn'],
    message: 'is not after startsOn',
  });

type PartnerLine = {
  partner: z.output<typeof PartnerCells>;
  agreements: readonly z.output<typeof AgreementCells>[];
  facts: readonly { key: string; value: string; from: string; until: null }[];
};

/** Reads the cells of a line about a partner: the partner with agreements and facts, or what is wrong with each column. */
export function readPartnerLine(cells: Cells): Read<PartnerLine> {
  const partner = readCells(PartnerCells, cells);
  const agreements = NUMBERS.flatMap((number) => readAgreement(cells, number));
  const facts = Object.entries(cells).flatMap(([column, value]) => readFact(column, value, cells['factsFrom']));
  const problems = [partner, ...agreements, ...facts].flatMap((one) => ('problems' in one ? one.problems : []));
  if (problems.length > 0 || 'problems' in partner) return { problems };
  return {
    value: { partner: partner.value, agreements: agreements.flatMap(valueOf), facts: facts.flatMap(valueOf) },
  };
}

const valueOf = <Value>(one: Read<Value>): Value[] => ('value' in one ? [one.value] : []);

const NUMBERS = ['', ...Array.from({ length: AGREEMENTS_MAX - 1 }, (_empty, index) => String(index + 2))];

function readAgreement(cells: Cells, number: string): Read<z.output<typeof AgreementCells>>[] {
  const own = Object.fromEntries(
    ['program', 'plan', 'startsOn', 'endsOn'].flatMap((name) => {
      const cell = cells[`${name}${number}`];
      return cell === undefined ? [] : [[name, cell]];
    }),
  );
  if (Object.keys(own).length === 0) return [];
  const agreement = readCells(AgreementCells, own);
  if ('value' in agreement) return [agreement];
  return [{ problems: agreement.problems.map(({ field, reason }) => ({ field: `${field}${number}`, reason })) }];
}

function readFact(column: string, value: string, from: string | undefined): Read<PartnerLine['facts'][number]>[] {
  const [, key] = FACT_COLUMN.exec(column) ?? [];
  if (key === undefined) return [];
  if (from === undefined)
    return [{ problems: [{ field: 'factsFrom', reason: `is missing: it is the first day of ${column}` }] }];
  const fact = z.object({ key: FactKey, value: FactValue }).safeParse({ key, value });
  return fact.success
    ? [{ value: { ...fact.data, from, until: null } }]
    : [{ problems: fact.error.issues.map(({ message }) => ({ field: column, reason: message })) }];
}
