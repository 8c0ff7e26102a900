import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const API = '$BURSAR_URL';

/** A call of the API that a page shows. */
export type Example = { page: string; method: string; path: string; query: Record<string, string>; body?: unknown };

/** The pages whose examples call the API. The sandbox's own page calls the sandbox. */
export const PAGES = await Array.fromAsync(glob(['README.md', 'docs/{guides,how-to,runbooks}/*.md'], { cwd: ROOT }));

/** The values that a reader fills in: the shell's variables, and `…` in a body by the name of its field. */
const FILLED: Readonly<Record<string, string>> = {
  BURSAR_URL: 'http://127.0.0.1:4400',
  alarm: '42',
  contentHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};
const AN_ID = '019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f';
const fill = (text: string): string => text.replaceAll(/\$(\w+)/g, (_whole, name: string) => FILLED[name] ?? AN_ID);

export async function examplesOf(page: string): Promise<Example[]> {
  return (await commandsOf(page)).flatMap((words) => readCommand(page, words));
}

/** The commands that a page shows, each as its words. */
export async function commandsOf(page: string): Promise<string[][]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const blocks = Array.from(
    text.matchAll(/^ *```sh\n(.*?)^ *```|`(send [^`]+)`/gms),
    ([, block, inline]) => block ?? inline,
  );
  return blocks.flatMap((block) => commandsIn(block ?? '')).filter((words) => words.length > 0);
}

/** The JSON documents that a page shows. */
export async function jsonOf(page: string): Promise<unknown[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  return Array.from(text.matchAll(/^ *```json\n(.*?)^ *```/gms), ([, json]) => JSON.parse(json ?? '') as unknown);
}

/** Cuts a block into commands and their words as a shell does, as far as our pages go: quotes, continued lines, comments. */
function commandsIn(block: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of block.matchAll(/\\\n|\n|#[^\n]*|(?:'[^']*'|"[^"]*"|[^\s'"\\])+/g)) {
    if (token === '\n') commands.push([]);
    else if (token !== '\\\n' && !token.startsWith('#'))
      commands
        .at(-1)
        ?.push(
          token.replaceAll(
            /'([^']*)'|"([^"]*)"/g,
            (_whole, single?: string, double?: string) => single ?? double ?? '',
          ),
        );
  }
  return commands;
}

function readCommand(page: string, [command, ...words]: readonly string[]): Example[] {
  const after = (flag: string) => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);
  if (command === 'send') {
    const [path = '', , body = ''] = words;
    return [exampleOf(page, after('-X') ?? 'POST', `${API}/v1/${path}`, body)];
  }
  // A file goes in a form, which no schema checks as a whole.
  if (words.includes('-F')) return [];
  const url = command === 'curl' ? words.find((word) => word.startsWith(`${API}/v1/`)) : undefined;
  if (!url) return [];
  const body = after('-d');
  return [exampleOf(page, after('-X') ?? (body === undefined ? 'GET' : 'POST'), url, body)];
}

function exampleOf(page: string, method: string, address: string, body: string | undefined): Example {
  const { pathname, searchParams } = new URL(fill(address));
  return {
    page,
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    ...(body === undefined ? {} : { body: JSON.parse(fill(body), filledIn) as unknown }),
  };
}

const filledIn = (name: string, value: unknown): unknown => (value === '…' ? (FILLED[name] ?? AN_ID) : value);
