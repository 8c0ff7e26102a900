import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { findPhrases } from './language.ts';
import { plant } from './plant.ts';
import { findImportsOfTests, findLongFiles, findSecondWriters, findStrayQueries, findStrayRooms } from './structure.ts';

const ROOT = join(import.meta.dirname, '../..');

const linesOf = (count: number): string => 'export {};\n'.repeat(count);
const query = (text: string): string => `export const q = sql.unsafe\`${text}\`;\n`;
const comment = (text: string): string => `/** ${text} */\nexport {};\n`;

describe('given the checkout', () => {
  it.each([
    { rule: 'every file of the product has at most 300 lines', find: findLongFiles },
    { rule: 'one file of db/ writes a table', find: findSecondWriters },
    { rule: 'every query stands in db/', find: findStrayQueries },
    { rule: 'only tests import tests', find: findImportsOfTests },
    { rule: 'every folder of a layer with rooms is a room', find: findStrayRooms },
    { rule: 'every sentence is plain English', find: findPhrases },
  ])('then $rule', async ({ find }) => {
    expect(await find(ROOT)).toEqual([]);
  });
});

describe('given files of different lengths', () => {
  it('then those of the product that have more than 300 lines are found', async () => {
    const root = await plant({
      'domain/long.ts': linesOf(301),
      'domain/full.ts': linesOf(300),
      'test/long.test.ts': linesOf(301),
    });
    expect(await findLongFiles(root)).toEqual([expect.stringContaining('domain/long.ts has 301 lines')]);
  });
});

describe('given queries that write', () => {
  it.each([
    { write: 'insert into task(id) values (1)' },
    { write: 'update task set status = 1' },
    { write: 'UPDATE task t\n  SET status = 1' },
    { write: 'delete from task' },
    { write: "copyRows(db, 'task', ['id'], [[1]])" },
    { write: 'with done as (update task set status = 1 returning id) select id from done' },
  ])('when two files write one table ($write) then both are named', async ({ write }) => {
    const root = await plant({
      'db/tasks/tasks.ts': query('insert into task(id) values (0)'),
      'db/runs/runs.ts': query(write),
    });
    expect(await findSecondWriters(root)).toEqual([
      expect.stringContaining('db/runs/runs.ts and db/tasks/tasks.ts both write the table task'),
    ]);
  });

  it('when the other file only locks, resolves a conflict or speaks of it then there is one writer', async () => {
    const root = await plant({
      'db/tasks/tasks.ts': query('insert into task(id) values (1) on conflict (id) do update set seen = true'),
      'db/runs/runs.ts': query('select 1 from task for update of task'),
      'db/runs/notes.ts': comment('Does not update task to set anything, nor insert into task.'),
      'db/functions/close.sql': 'update task set status = 1;',
    });
    expect(await findSecondWriters(root)).toEqual([]);
  });

  it('when a query takes the name of its table from a value then it is found', async () => {
    const root = await plant({ 'db/tasks/tasks.ts': query('delete from ${table}') });
    expect(await findSecondWriters(root)).toEqual([expect.stringContaining('db/tasks/tasks.ts writes a table')]);
  });
});

describe('given a query outside db/', () => {
  it('then it is found wherever the product has it', async () => {
    const root = await plant({
      'api/routes/health.ts': query('select 1'),
      'commands/runs/open.ts': 'export const q = sql.type(z.object({ id: Id }))`select id from run`;\n',
      'db/runs/runs.ts': query('select 1'),
      'test/runs.test.ts': query('select 1'),
    });
    expect(await findStrayQueries(root)).toEqual([
      expect.stringContaining('api/routes/health.ts'),
      expect.stringContaining('commands/runs/open.ts'),
    ]);
  });
});

describe('given imports of tests', () => {
  it.each([
    { path: 'scripts/demo/play.ts', text: "import { openWorld } from '../../test/fixtures/world.ts';" },
    { path: 'scripts/setup.mjs', text: "await import('../test/fixtures/world.ts');" },
    { path: 'api/app.ts', text: "import type {\n  World,\n} from '../test/fixtures/world.ts';" },
    { path: 'config.ts', text: "export { ports } from './test/fixtures/world.ts';" },
  ])('when $path has one then it is found', async ({ path, text }) => {
    const root = await plant({ [path]: text, 'test/a.test.ts': "import './fixtures/world.ts';\n" });
    expect(await findImportsOfTests(root)).toEqual([
      `${path} imports test/fixtures/world.ts: only tests may import tests`,
    ]);
  });
});

describe('given folders of layers', () => {
  it('when one of them is not a room then it is found', async () => {
    const root = await plant({
      'domain/runs/run.ts': '',
      'domain/programs/incentives/flat.ts': '',
      'api/http/auth.ts': '',
      'domain/helpers/dates.ts': '',
      'api/routes/misc/ping.ts': '',
    });
    expect(await findStrayRooms(root)).toEqual([
      expect.stringContaining('api/routes/misc/'),
      expect.stringContaining('domain/helpers/'),
    ]);
  });
});

describe('given sentences', () => {
  it.each([
    { text: 'The guard of whoever comes second.' },
    { text: 'Nobody may ask for it any more.' },
    { text: 'It is not asked for any\n * more.' },
    { text: 'A person cannot decide about himself.' },
    { text: 'Only finance can mend that.' },
    { text: 'An operator hears of it.' },
    { text: 'It pays an amount beside the main one.' },
    { text: 'You are no approver.' },
    { text: 'The bank does not know it so.' },
    { text: 'The mail says that 12.00 USD were sent.' },
    { text: 'We sent it by paypal.' },
    { text: 'Of a refusal each attempt is told by itself.' },
    { text: 'Who cannot be expressed fails alone.' },
    { text: 'It is paid. What comes back is free.' },
  ])('when a comment says "$text" then it is found', async ({ text }) => {
    const root = await plant({ 'domain/note.ts': comment(text) });
    expect(await findPhrases(root)).toHaveLength(1);
  });

  it.each([
    { path: 'api/a.ts', text: "throw new Failure('not_allowed', 'Whoever asks has to wait.');" },
    { path: 'test/a.test.ts', text: "it('when an operator hears of it then nothing happens', () => {});" },
    { path: 'db/functions/a.sql', text: "raise exception 'Of a run only one is open.';" },
    { path: 'db/a.ts', text: 'sql.unsafe`\n  select 1 -- nobody needs it any more\n`;' },
    { path: 'docs/a.md', text: '# Checks\n\nA check is printed.\nWhat is lost is drawn again.\n' },
    { path: 'docs/b.md', text: '- Who pays decides.\n' },
    { path: 'docs/c.md', text: '| rule |\n| --- |\n| What is paid is final. |\n' },
  ])('when $path says it then it is found', async ({ path, text }) => {
    expect(await findPhrases(await plant({ [path]: text }))).toHaveLength(1);
  });

  it.each([
    { path: 'domain/a.ts', text: comment('Somebody asks: "Who may decide?" What else could they ask?') },
    { path: 'domain/b.ts', text: comment('There is no more than one. It is no longer paid, not any more than twice.') },
    { path: 'domain/c.ts', text: comment('The payout is told what it needs, and who waits.') },
    { path: 'docs/a.md', text: '# What to do first\n\n```sh\n# Who am I\nwhoami\n```\n' },
    { path: 'docs/b.md', text: 'Who decides? An approver. The batch is named `by-paypal`.\n' },
  ])('when $path asks a question or means something else then nothing is found', async ({ path, text }) => {
    expect(await findPhrases(await plant({ [path]: text }))).toEqual([]);
  });
});
