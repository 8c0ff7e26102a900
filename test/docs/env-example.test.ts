import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (name: string): Promise<string> => readFile(join(ROOT, name), 'utf8');
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...new Set(Array.from(text.matchAll(pattern), ([, name]) => name ?? ''))].toSorted();

/** Matches a name: required, or optional after "# ". */
const ENTRY = /^(?:# )?([A-Z][A-Z0-9_]+)=/;

describe('given the names that config.ts and docker-compose.yml read', () => {
  let example: string;
  let config: string;
  let compose: string;
  beforeAll(async () => {
    [example, config, compose] = (await Promise.all(['.env.example', 'config.ts', 'docker-compose.yml'].map(read))) as [
      string,
      string,
      string,
    ];
  });

  it('then .env.example has exactly these names', () => {
    const wanted = [...namesIn(config, /^ {2}([A-Z][A-Z0-9_]+): /gm), ...namesIn(compose, /\$\{([A-Z][A-Z0-9_]+)/g)];
    expect(namesIn(example, new RegExp(ENTRY, 'gm'))).toEqual([...new Set(wanted)].toSorted());
  });

  it('then exactly the names without a default are required', () => {
    const hasDefault = (line: string) => /\.default\(|\.optional\(/.test(line);
    const required = config.split('\n').filter((line) => /^ {2}[A-Z][A-Z0-9_]+: /.test(line) && !hasDefault(line));
    const wanted = [
      ...namesIn(required.join('\n'), /^ {2}([A-Z][A-Z0-9_]+): /gm),
      ...namesIn(compose, /\$\{([A-Z][A-Z0-9_]+):\?/g),
    ];
    expect(namesIn(example, /^([A-Z][A-Z0-9_]+)=/gm)).toEqual(wanted.toSorted());
  });

  it('then each name follows one sentence that explains it', () => {
    const lines = example.split('\n');
    const unexplained = lines.filter(
      (line, index) => ENTRY.test(line) && !/^# [A-Z0-9].*[^-]$/.test(lines[index - 1] ?? ''),
    );
    expect(unexplained).toEqual([]);
  });
});

describe('given an address below which PayPal’s certificates lie', () => {
  it('when it does not end in a slash then nothing starts, and the variable is named', async () => {
    const code = "import('./config.ts').then(({ readConfig }) => readConfig())";
    const env = { PATH: process.env['PATH'] ?? '', PAYPAL_CERT_URL_PREFIX: 'https://api.paypal.com/certs' };
    const told = await promisify(execFile)(process.execPath, ['-e', code], { cwd: ROOT, env }).catch(
      ({ stderr }: { stderr: string }) => stderr,
    );
    expect(told).toContain('PAYPAL_CERT_URL_PREFIX: must end in /');
  });
});
