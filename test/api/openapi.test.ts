import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openApiDocument } from '../../api/openapi.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
let document: ReturnType<typeof openApiDocument>;
beforeAll(async () => {
  api = await startApi();
  document = openApiDocument(api.app);
});
afterAll(() => api.stop());

type Operation = { tags?: string[]; summary?: string; responses?: Record<string, unknown> };
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
        'payers schedules programs partners instruments events imports runs payouts checks tasks resolutions gateways alarms reconciliation audit ' +
        'actors me health webhooks'
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

describe('given somebody who makes a client of the document', () => {
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
