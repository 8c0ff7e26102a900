import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { examplesOf } from './examples.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe('given somebody who follows the pages from the first event on', () => {
  it.each(['README.md', 'docs/how-to/set-up-a-payer.md', 'docs/how-to/add-payout-details.md'])(
    'when they send what %s says then the API takes every call',
    async (page) => {
      const examples = await examplesOf(page);
      expect(examples.length).toBeGreaterThan(5);
      for (const { method, path, query, body } of examples) {
        const answer = await api.ask(method, `${path}?${new URLSearchParams(query).toString()}`, { body });
        expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
      }
    },
  );
});
