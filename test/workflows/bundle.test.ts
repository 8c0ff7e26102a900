import { readFile } from 'node:fs/promises';

import { describe, expect, inject, it } from 'vitest';

describe('given what runs inside Temporal', () => {
  it.each([
    { foreign: /node_modules\/zod\//, because: 'each cached workflow would carry its own copy' },
    { foreign: /node_modules\/(slonik|pg|hono)\//, because: 'workflows ask nobody but their activities' },
    {
      foreign: /\.\/(activities|api|db|gateways|notifications|sandbox|worker)\//,
      because: 'they know activities by type',
    },
    { foreign: /external "node:|require\("node:/, because: 'nothing in it may depend on the machine' },
  ])('then $foreign is not in the bundle: $because', async ({ foreign }) => {
    const code = await readFile(inject('workflowBundle'), 'utf8');
    expect(code).toContain('./workflows/payout.ts');
    expect(foreign.exec(code)?.[0]).toBeUndefined();
  });
});
