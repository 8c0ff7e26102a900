import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { type Document, OpenAPIBackend } from 'openapi-backend';

/** The providers' published specifications, if they are next to the checkout. `PROVIDER_SPECS` names another folder. */
const FOLDER = process.env['PROVIDER_SPECS'] ?? resolve(import.meta.dirname, '../../../shared/specs');

export const hasSpecs = existsSync(FOLDER);

/** Whether one of the files is there. Wise allows nobody to pass its file on, so it may be missing where the others are present. */
export const hasSpec = (file: string): boolean => existsSync(resolve(FOLDER, file));

/** Tests that are skipped because the specifications are missing say so. */
export function warnWithoutSpecs(what: string): void {
  if (!hasSpecs) console.warn(`SKIPPED: the providers' specifications are not at ${FOLDER}, so ${what}.`);
}

const open = (definition: string | Document): Promise<OpenAPIBackend> =>
  new OpenAPIBackend({
    definition,
    quick: true,
    ajvOpts: { strict: false, validateFormats: false, unicodeRegExp: false },
  }).init();

/** The published files use a few keywords from an older draft, which the validator refuses. */
function inToday(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(inToday);
  if (typeof schema !== 'object' || schema === null) return schema;
  const isOutdated = ([key, value]: [string, unknown]) =>
    (key === 'required' && typeof value === 'boolean' && !('in' in schema)) ||
    (key === 'nullable' && !('type' in schema)) ||
    (key === 'pattern' && String(value).includes('lob-assets')) || // it requires a quotation mark in each file address
    (key === 'items' && 'items' in schema && typeof value !== 'object');
  const kept = Object.entries(schema).filter((entry) => !isOutdated(entry));
  return Object.fromEntries(kept.map(([key, value]) => [key, inToday(value)]));
}

/** Opens one specification, ready to validate requests and responses. */
export async function openSpec(file: string): Promise<OpenAPIBackend> {
  const spec = await open(resolve(FOLDER, file));
  return spec.definition.openapi.startsWith('3.1') ? spec : open(inToday(spec.definition) as Document);
}
