import { beforeAll, describe, expect, it } from 'vitest';

import { createApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/http/deps.ts';
import { Problem } from '../../api/http/problem.ts';
import { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { openDocument } from '../api/document.ts';
import { type Example, examplesOf, jsonOf, PAGES } from './examples.ts';

describe('given the examples of the pages', () => {
  let document: Awaited<ReturnType<typeof openDocument>>;
  let examples: Example[];
  beforeAll(async () => {
    document = await openDocument(createApp({ settings: {} } as ApiDeps));
    examples = (await Promise.all(PAGES.map(examplesOf))).flat();
  });

  it('then there are many, on many pages', () => {
    expect(examples.length).toBeGreaterThan(40);
    expect(new Set(examples.map(({ page }) => page)).size).toBeGreaterThan(10);
  });

  it('then each calls an operation that there is, with a body that it describes', () => {
    const wrong = examples.map((example) => ({ ...example, why: document.whyNotRequest(example) }));
    expect(wrong.filter(({ why }) => why !== undefined)).toEqual([]);
  });

  it('then a mistake in one would be found', () => {
    const example = examples.find(({ path, method }) => path === '/v1/payers' && method === 'POST');
    const body = { ...(example?.body as object), curency: 'USD' };
    expect(document.whyNotRequest({ method: 'POST', path: '/v1/payers', body })).toContain('curency');
    expect(document.whyNotRequest({ method: 'POST', path: '/v1/payer', body })).toContain('/v1/payer');
  });
});

describe('given the documents of the pages', () => {
  it('then the mapping of an import is one', async () => {
    const [mapping] = await jsonOf('docs/how-to/import-a-file.md');
    expect(ImportMapping.safeParse(mapping).error).toBeUndefined();
  });

  it('then the problem is one that the API answers', async () => {
    const [problem] = await jsonOf('docs/how-to/call-the-api.md');
    expect(Problem.safeParse(problem).error).toBeUndefined();
  });
});
