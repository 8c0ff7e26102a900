import { readFile } from 'node:fs/promises';

import { describe, expect, inject, it } from 'vitest';

describe('given the code that runs inside Temporal’s sandbox', () => {
  it.each([
    { foreign: /node_modules\/zod\//, because: 'each cached workflow would carry its own copy' },
    { foreign: /node_modules\/(slonik|pg|hono)\//, because: 'workflows call nothing but their activities' },
    {
      foreign: /\.\/(activities|api|db|gateways|notifications|sandbox|worker)\//,
      because: 'they know activities by their types alone',
    },
    { foreign: /external "node:|require\("node:/, because: 'no code in it may depend on the machine' },
  ])('then $foreign is not in the bundle: $because', async ({ foreign }) => {
    const code = await readFile(inject('workflowBundle'), 'utf8');
    expect(code).toContain('./workflows/payout.ts');
    expect(foreign.exec(code)?.[0]).toBeUndefined();
  });
});
