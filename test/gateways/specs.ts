import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { OpenAPIBackend } from 'openapi-backend';

/** The providers' published specifications, where they lie beside the checkout; `PROVIDER_SPECS` names another folder. */
const FOLDER = process.env['PROVIDER_SPECS'] ?? resolve(import.meta.dirname, '../../../shared/specs');

export const hasSpecs = existsSync(FOLDER);

/** Whatever is skipped for want of them says so. */
export function warnWithoutSpecs(what: string): void {
  if (!hasSpecs) console.warn(`SKIPPED: the providers' specifications are not at ${FOLDER}, so ${what}.`);
}

/** Opens one, ready to judge requests and answers. */
export const openSpec = (file: string): Promise<OpenAPIBackend> =>
  new OpenAPIBackend({
    definition: resolve(FOLDER, file),
    quick: true,
    ajvOpts: { strict: false, validateFormats: false },
  }).init();
