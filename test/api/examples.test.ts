import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { createApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/http/deps.ts';
import { Problem } from '../../api/http/problem.ts';
import { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { openDocument } from './document.ts';
import { type Example, examplesOf, jsonOf, PAGES } from './examples.ts';

describe('given the examples of the pages', () => {
  let document: Awaited<ReturnType<typeof openDocument>>;
  let examples: Example[];
  beforeAll(async () => {
    document = await openDocument(createApp({ settings: { publicUrl: 'http://localhost:4400' } } as ApiDeps));
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

const ROOT = join(import.meta.dirname, '../..');

/** Why TypeScript refuses a program; empty where it does not. It lies in the checkout, so that it finds the packages. */
async function whyNotCompile(program: string): Promise<string> {
  const folder = await mkdtemp(join(ROOT, '.data', 'examples-'));
  try {
    const config = { extends: '../../tsconfig.json', files: ['program.ts'], include: [] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await writeFile(join(folder, 'program.ts'), program);
    const { stdout } = spawnSync('npx', ['tsc', '--noEmit', '-p', folder], { cwd: ROOT, encoding: 'utf8' });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const CLIENT = `import createClient from 'openapi-fetch';
import type { paths } from '../../scripts/api-types/api.d.ts';
const client = createClient<paths>();
`;

describe('given a typed client that is generated from the document', () => {
  const statementOf = (document: Awaited<ReturnType<typeof openDocument>>, example: Example): string => {
    const { template, params } = document.callOf(example);
    const header = example.method === 'POST' ? { header: { 'Idempotency-Key': 'a' } } : {};
    const init = { params: { ...params, ...header }, ...(example.body === undefined ? {} : { body: example.body }) };
    return `await client.${example.method}('${template}', ${JSON.stringify(init)}); // ${example.page}\n`;
  };

  it('then it compiles with every example of the pages, and not with a mistake in one', async () => {
    const document = await openDocument(createApp({ settings: { publicUrl: 'http://localhost:4400' } } as ApiDeps));
    const examples = (await Promise.all(PAGES.map(examplesOf))).flat();
    const program = CLIENT + examples.map((example) => statementOf(document, example)).join('');
    expect(await whyNotCompile(program)).toBe('');
    expect(await whyNotCompile(program.replace('"currency":', '"curency":'))).toContain('curency');
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
