import type { openApiDocument } from '../../api/openapi.ts';

/** Bodies that the published document describes, made of its own examples. */

type Document = ReturnType<typeof openApiDocument>;
type Schema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  examples?: unknown[];
  example?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
};

/** An example of the body of a route, with its required fields alone. Undefined where it takes no JSON. */
export function bodyOf(document: Document, route: string): unknown {
  const schema = schemaOf(document, route);
  return schema && exampleOf(document, schema);
}

/** The names of the fields at the top of the body of a route that are as wished. */
export function fieldsOf(document: Document, route: string, isWished: (schema: Schema) => boolean): string[] {
  const schema = resolve(document, schemaOf(document, route) ?? {});
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    isWished(resolve(document, field)) ? [name] : [],
  );
}

function schemaOf({ paths = {} }: Document, route: string): Schema | undefined {
  const [method = '', path = ''] = route.split(' ');
  const operation = paths[path]?.[method.toLowerCase() as 'post'] as
    | { requestBody?: { content?: Record<string, { schema?: Schema }> } }
    | undefined;
  return operation?.requestBody?.content?.['application/json']?.schema;
}

function resolve(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name ? resolve(document, document.components?.schemas?.[name] ?? {}) : schema;
}

function exampleOf(document: Document, given: Schema): unknown {
  const schema = resolve(document, given);
  const [example] = schema.examples ?? schema.enum ?? [schema.example];
  if (example !== undefined) return example;
  const [one] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? [];
  if (one) return exampleOf(document, one);
  if (schema.properties)
    return Object.fromEntries(
      (schema.required ?? []).map((name) => [name, exampleOf(document, schema.properties?.[name] ?? {})]),
    );
  if (schema.items) return [exampleOf(document, schema.items)];
  return schema.type === 'boolean' ? true : undefined;
}
