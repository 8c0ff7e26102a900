import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OPEN_ROUTES } from '../../api/http/permissions.ts';
import { openApiDocument } from '../../api/openapi.ts';
import { ROLES } from '../../domain/people/role.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
let document: ReturnType<typeof openApiDocument>;
beforeAll(async () => {
  api = await startApi();
  document = openApiDocument(api.app);
});
afterAll(() => api.stop());

type Operation = {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  responses?: Record<string, unknown>;
};
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const operations = (): [string, Operation][] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method): [string, Operation][] =>
      item[method] ? [[`${method.toUpperCase()} ${path}`, item[method] as Operation]] : [],
    ),
  );

/** Every object anywhere in the document. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const member of Object.values(value)) yield* objectsIn(member);
}

describe('given the reference as a table of contents', () => {
  it('then its chapters are the nouns of the product, in the order of the money', () => {
    expect(document.tags?.map(({ name }) => name)).toEqual(
      (
        'payers schedules programs partners instruments events imports rates corrections points policies deals requests claims questions runs payouts checks tasks resolutions gateways alarms reconciliation audit ' +
        'actors me health webhooks endpoints'
      ).split(' '),
    );
    for (const { name, description } of document.tags ?? []) expect(description, name).toMatch(/^[A-Z][^.]*\.$/);
  });

  it('then every route is in one chapter, with one line that says what to use it for', () => {
    const chapters = new Set(document.tags?.map(({ name }) => name));
    for (const [route, { tags = [], summary = '' }] of operations()) {
      expect(tags, route).toHaveLength(1);
      expect(chapters, route).toContain(tags[0]);
      expect(summary, route).toMatch(/^[A-Z][^.\n]{5,60}$/);
    }
    const used = new Set(operations().flatMap(([, { tags = [] }]) => tags));
    expect(used).toEqual(chapters);
  });
});

type Schema = Record<string, unknown>;

/** Every field of every schema, with what it stands in. */
const fields = (): { name: string; schema: Schema }[] =>
  [...objectsIn(document)].flatMap(({ properties, type }) =>
    typeof properties === 'object' && properties !== null && (type === 'object' || Array.isArray(type))
      ? Object.entries(properties as Record<string, Schema>).map(([name, schema]) => ({ name, schema }))
      : [],
  );

type Parameter = { name?: string; in?: string; description?: string };
const parametersOf = (operation: Operation): Parameter[] =>
  (operation as { parameters?: Parameter[] }).parameters ?? [];

const isReference = (schema: Schema): boolean => '$ref' in schema;

/** Whether its values need no example: there are two, or its parts have theirs. */
const speaksForItself = (schema: Schema): boolean =>
  isReference(schema) ||
  'const' in schema ||
  (Array.isArray(schema['enum']) && schema['enum'].length === 1) ||
  [schema['type']].flat().some((type) => ['boolean', 'array', 'object'].includes(String(type))) ||
  ('anyOf' in schema && (schema['anyOf'] as Schema[]).every((one) => isReference(one) || one['type'] === 'null'));

describe('given somebody who reads what a field is', () => {
  it('then every field says so, and has an example that shows its form', () => {
    expect(fields().length).toBeGreaterThan(500);
    for (const { name, schema } of fields()) {
      const where = `${name} ${JSON.stringify(schema).slice(0, 200)}`;
      if (!isReference(schema)) expect(schema['description'], where).toMatch(/^[A-Z`0-9]/);
      if (!speaksForItself(schema)) expect(schema['examples'] ?? [], where).not.toEqual([]);
    }
  });

  it('then a placeholder of a path says which thing it names', () => {
    for (const [route, operation] of operations())
      for (const { name, in: place, description } of parametersOf(operation))
        if (place === 'path' && (name === 'code' || name === 'id'))
          expect(description, route).toMatch(new RegExp(`^The ${name} of the [a-z]+( [a-z]+)?$`));
  });

  it('then an amount says its unit', () => {
    const amounts = fields().filter(({ schema }) => String(schema['pattern']).startsWith('^-?\\d+('));
    expect(amounts.length).toBeGreaterThan(20);
    for (const { name, schema } of amounts)
      expect(schema['description'], name).toContain('decimal string in major units');
  });

  it('then an instant says its clock', () => {
    const instants = fields().filter(({ schema }) => schema['format'] === 'date-time');
    expect(instants.length).toBeGreaterThan(40);
    for (const { name, schema } of instants) expect(schema['description'], name).toContain('RFC 3339 instant');
  });
});

describe('given the answers of an operation', () => {
  const rolesOf = (operation: Operation) => (operation as { 'x-roles'?: string[] })['x-roles'] ?? [];

  it('then each has problems that it can answer, and none that stands for all others', () => {
    for (const [route, { responses = {} }] of operations()) {
      expect(
        Object.keys(responses).some((status) => /^4\d\d$/.test(status)),
        route,
      ).toBe(true);
      expect(responses, route).not.toHaveProperty('default');
    }
  });

  it('then who may ask stands in words in what asks for a key', () => {
    const keyed = operations().filter(([route]) => route.includes(' /v1/') && !OPEN_ROUTES.includes(route));
    for (const [route, operation] of keyed) {
      const roles = rolesOf(operation);
      expect(roles.length, route).toBeGreaterThan(0);
      const named = roles.length === ROLES.length ? ['any role'] : roles;
      for (const role of named) expect(operation.description, route).toContain(role);
    }
  });
});

describe('given somebody who makes a client of the document', () => {
  it('then every operation has a name of its own, a verb and a noun', () => {
    const names = operations().map(([, { operationId = '' }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
  });

  it('then a named schema never becomes null everywhere that it is used', () => {
    const named = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>);
    expect(named.filter(([, { type }]) => Array.isArray(type)).map(([name]) => name)).toEqual([]);
  });

  it('then the list of currencies is in it once', () => {
    expect(JSON.stringify(document).split('"AED"')).toHaveLength(2);
  });

  it('then every pattern is a regular expression as it stands: a flag would be read as text', () => {
    const patterns = [...objectsIn(document)].flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : []));
    expect(patterns.length).toBeGreaterThan(10);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow();
      expect(pattern).not.toMatch(/\/[a-z]+$/);
    }
  });

  it('then no schema is put together of parts of which one forbids what the other needs', () => {
    const parts = [...objectsIn(document)].flatMap(({ allOf }) => (Array.isArray(allOf) ? [...objectsIn(allOf)] : []));
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) expect(part['additionalProperties'], JSON.stringify(part).slice(0, 200)).not.toBe(false);
  });
});
