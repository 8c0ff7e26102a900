import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Nothing listens on this port. */
const AWAY = 'postgres://bursar:secret@127.0.0.1:9/bursar';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bursar-command-'));
  await writeFile(join(folder, 'a.csv'), 'a\n1\n');
  await writeFile(join(folder, 'map.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true }));

type Ended = { code: number; out: string; err: string };

const run = (command: string, variables: Record<string, string> = {}): Promise<Ended> => {
  const [script = '', ...args] = command.split(' ');
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: folder, ...variables };
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(ROOT, script), ...args],
      { cwd: folder, env, timeout: 60_000 },
      (error, out, err) => done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
  });
};

/** The settings of a deployment whose servers are away. */
const SETTINGS = {
  DATABASE_URL: AWAY,
  TEMPORAL_ADDRESS: '127.0.0.1:9',
  VAULT_KEY: '00'.repeat(32),
  VAULT_FINGERPRINT_KEY: '00'.repeat(32),
  WISE_TOKEN: 'x',
  WISE_WEBHOOK_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----',
  PAYPAL_CLIENT_ID: 'x',
  PAYPAL_CLIENT_SECRET: 'x',
  PAYPAL_WEBHOOK_ID: 'x',
  LOB_API_KEY: 'x',
  LOB_WEBHOOK_SECRET: 'x',
  CHECK_BANK_BASE_URL: 'http://127.0.0.1:9',
  CHECK_BANK_KEY: 'x',
  CHECK_PRINT_DIR: '/tmp',
  SMTP_URL: 'smtp://127.0.0.1:9',
};

const WRONG: readonly { command: string; variables?: Record<string, string>; says: RegExp }[] = [
  { command: 'scripts/start.ts --rest', says: /Unknown option '--rest'/ },
  { command: 'scripts/start.ts', variables: { API_PORT: '99999' }, says: /^API_PORT is 99999/ },
  { command: 'scripts/demo.ts --rest', says: /Unknown option '--rest'/ },
  { command: 'sandbox/main.ts --wise-port 99999', says: /^--wise-port is "99999"/ },
  {
    command: 'scripts/import.ts none.csv --map map.json --key k',
    says: /^none\.csv cannot be read: .*Nothing was sent/,
  },
  {
    command: 'scripts/import.ts a.csv --map map.json --key k',
    variables: { API_PORT: '9' },
    says: /^The API at http:\/\/127\.0\.0\.1:9 cannot be reached\. .*API_PORT/,
  },
  { command: 'scripts/check-invariants.ts', variables: { DATABASE_URL: AWAY }, says: /correct DATABASE_URL/ },
  { command: `db/migrate.ts ${AWAY}`, says: /correct DATABASE_URL/ },
  { command: 'api/main.ts', variables: { ...SETTINGS, API_PORT: '99999' }, says: /API_PORT/ },
  { command: 'worker/main.ts', variables: SETTINGS, says: /correct DATABASE_URL/ },
];

describe('given a command that cannot do what was typed', () => {
  it.concurrent.each(WRONG)(
    'then $command says so in sentences, with the flag or the variable, and fails',
    { timeout: 60_000 },
    async ({ command, variables, says }) => {
      const { code, err } = await run(command, variables);
      expect([code > 0, err]).toEqual([true, expect.stringMatching(says)]);
      expect(err).not.toMatch(/^\s+at |node:internal|secret/m);
    },
  );
});

describe('given --help', () => {
  it('then a command explains its flags and does nothing', async () => {
    const { code, out } = await run('scripts/import.ts --help');
    expect([code, out]).toEqual([0, expect.stringContaining('npm run import')]);
  });
});
