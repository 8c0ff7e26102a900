import { refused } from '../../../domain/errors.ts';
import { ImportMapping } from '../../../domain/earnings/import-mapping.ts';
import { parseJson } from '../../http/body.ts';
import { refuseFields } from '../../http/router.ts';

/** The form of an import and of its preview, for the document alone: it is read as it arrives, so no schema checks it as a whole. */
export const IMPORT_FORM = {
  'multipart/form-data': {
    schema: {
      type: 'object' as const,
      required: ['mapping', 'file'],
      properties: {
        mapping: { $ref: '#/components/schemas/ImportMapping', description: 'The mapping, as JSON' },
        file: {
          type: 'string' as const,
          contentMediaType: 'text/csv',
          description: 'The CSV file, in UTF-8 and with a header line',
          examples: ['order,reseller,price\n1001,paula,123.45\n'],
        },
      },
      additionalProperties: {
        type: 'string' as const,
        contentMediaType: 'text/csv',
        description: 'A joined file; the name of the part is the name of the file without `.csv`',
      },
    },
  },
};

/** Reads the mapping of a form. Throws Failure `invalid_input`, which names each wrong field. */
export function readMapping(text: string | undefined): ImportMapping {
  if (text === undefined) throw refused('mapping', 'is missing: send the mapping document as the part "mapping"');
  const read = ImportMapping.safeParse(parseJson(text, 'mapping'));
  if (read.success) return read.data;
  throw refuseFields(read.error, (count) => `Nothing was done: ${count} of the mapping cannot be accepted.`, 'mapping');
}
