import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { parse } from 'csv-parse';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { CURRENCY_CODES } from '../../domain/currency.ts';
import { Code, Decimal } from '../../domain/fields.ts';
import { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { METHODS, type Method } from '../../domain/rails.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';

/** A marketplace's program as data: a folder with `program.json` and `mapping.json`. Its rows are stored elsewhere. */

export const FileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.csv$/, 'is not the name of a .csv file');
const ByMethod = <Value extends z.ZodType>(value: Value) => z.partialRecord(z.enum(METHODS), value);
const Text = z.record(z.string(), z.unknown());

export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'is not a month such as 2018-07');

/** The payer, and the schedule by which it pays. */
export const companyFields = {
  payer: z.strictObject({
    code: Code,
    name: z.string(),
    country: z.string(),
    currency: z.enum(CURRENCY_CODES),
    address: Text.optional(),
    gateways: ByMethod(Text),
  }),
  schedule: z.strictObject({
    code: Code,
    frequency: z.literal('monthly'),
    zone: z.string(),
    minimum: Decimal.optional(),
  }),
};

const ProgramFile = z.strictObject({
  ...companyFields,
  program: z.strictObject({ code: Code, name: z.string() }),
  plan: z.strictObject({ code: Code, terms: PlanTerms }),
  partners: z.strictObject({
    kind: z.string(),
    /** The column of a partner's id, and the files that contain it. Every id in any of the files is a partner. */
    column: z.string(),
    files: z.array(FileName).min(1),
    /** Maps the first characters of an id to a method. An id with none of them has no instrument. */
    methods: ByMethod(z.string()),
    /** Invented details: `{id}` stands for the partner's id, `{short}` for its beginning, `{digits}` for eight digits. */
    instruments: ByMethod(Text),
  }),
  events: FileName,
  months: z.array(Month).min(1),
});

export type Example = z.output<typeof ProgramFile> & { name: string; mapping: ImportMapping };

/** The folder of one of our examples by its name, or any other folder. */
export function exampleFolder(nameOrFolder: string): string {
  const own = join(import.meta.dirname, '../../examples', nameOrFolder);
  return /^[\w-]+$/.test(nameOrFolder) && existsSync(own) ? own : resolve(nameOrFolder);
}

/** Reads an example whose rows are elsewhere. Throws a sentence that names the error. */
export async function readExample(folder: string): Promise<Example> {
  const [program, mapping] = await Promise.all([
    readJson(join(folder, 'program.json'), ProgramFile),
    readJson(join(folder, 'mapping.json'), ImportMapping),
  ]);
  return { ...program, name: program.program.name, mapping };
}

export async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(
      `There is no ${file}: an example is a folder with program.json, and with mapping.json where its rows are a CSV file. Nothing was started.`,
    );
  });
  const result = schema.safeParse(parseJson(file, text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new Error(`${file} cannot be used: ${problems.join('; ')}. Nothing was started.`);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}. Nothing was started.`, { cause: error });
  }
}

/** The data files of an example. Throws a sentence that names the first missing file. */
export function dataFiles({ partners, events, mapping }: Example, folder: string) {
  const needed = [...partners.files, events, ...(mapping.join ? [mapping.join.file] : [])];
  const missing = needed.find((name) => !existsSync(join(folder, name)));
  if (missing)
    throw new Error(
      `There is no ${missing} in ${folder}. Give the folder of the data with --data. Nothing was started.`,
    );
  const at = (name: string) => join(folder, name);
  return { partners: partners.files.map(at), events: at(events), joined: mapping.join && at(mapping.join.file) };
}

/** All ids in the files that are valid codes, sorted. The import reports unreadable rows. */
export async function readPartnerIds(files: readonly string[], column: string): Promise<string[]> {
  const ids = new Set<string>();
  for (const file of files) {
    const rows = createReadStream(file).pipe(
      parse({ columns: true, bom: true, relaxColumnCount: true, skipRecordsWithError: true }),
    );
    for await (const row of rows as AsyncIterable<Record<string, string>>) {
      const id = row[column]?.trim() ?? '';
      if (Code.safeParse(id).success) ids.add(id);
    }
  }
  return [...ids].toSorted();
}

/** A partner in the form that the API accepts: in the program from the beginning, with the instrument that its id determines. */
export function partnerOf({ partners, program, plan, payer }: Example, id: string) {
  const method = methodOf(partners.methods, id);
  const details = method && partners.instruments[method];
  return {
    code: id,
    name: `Seller ${id.slice(0, SHORT)}`,
    kind: partners.kind,
    country: payer.country,
    agreements: [{ program: program.code, plan: plan.code, startsOn: '2000-01-01' }],
    ...(method && details ? { instrument: { method, ...fill(details, id) } } : {}),
  };
}

const SHORT = 8;
const DIGITS = 8;

const methodOf = (methods: Example['partners']['methods'], id: string): Method | undefined =>
  METHODS.find((method) => methods[method]?.includes(id.slice(0, 1).toLowerCase()));

/** Fills the partner's own values into invented details, at any depth. */
function fill(details: Record<string, unknown>, id: string): Record<string, unknown> {
  const digits = String(sha256(id).readUInt32BE() % 10 ** DIGITS).padStart(DIGITS, '0');
  const own: Record<string, string> = { '{id}': id, '{short}': id.slice(0, SHORT), '{digits}': digits };
  const filled = JSON.stringify(details).replaceAll(/\{(id|short|digits)\}/g, (name) => own[name] ?? name);
  return JSON.parse(filled) as Record<string, unknown>;
}
