import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { replay } from '../../activities/earnings/replay.ts';
import { zoneOf } from '../../commands/partners/worked-out.ts';
import { expectLongRead, listParticipants } from '../../db/earnings/replays.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { isGolden, readEarned, readIndustry, takeInIndustry } from '../../scripts/demo/industry.ts';
import { type People, welcomePeople } from '../../scripts/demo/people.ts';
import { payMonths } from '../../scripts/demo/replay.ts';
import { Currency } from '../../db/column-types.ts';
import { windowOf } from '../examples/calendar.ts';
import { readWires } from '../examples/facts.ts';
import { type Golden, recompute } from '../examples/recompute.ts';
import { EXAMPLES, INDUSTRIES } from '../examples/write.ts';
import { openWorld, type World } from '../fixtures/world.ts';

/**
 * The examples of the industries. Their golden results are worked out twice: by `test/examples/`, which shares no code with the product
 * and looks only at the state in the end, and by the product, which takes event after event in and earns by difference.
 */

let world: World;
let people: People;
beforeAll(async () => {
  world = await openWorld({ stepMs: 2, clearMs: 2, wiseReturnWindowMs: 50 });
  const mailbox = { url: world.sandbox.mail.url, send: () => world.activities.sendNotifications() };
  people = await welcomePeople(world.db, world.url, mailbox);
});
afterAll(() => world.close());

const goldenOf = async (name: string): Promise<Golden[]> =>
  JSON.parse(await readFile(join(EXAMPLES, name, 'golden.json'), 'utf8')) as Golden[];

const Row = z.object({
  partner: z.string(),
  incentive: z.string(),
  currency: Currency,
  window: z.string().nullable(),
  start: z.string(),
  group: z.string().nullable(),
  isFirst: z.boolean(),
  minor: z.bigint(),
});

/** The sums of the product's earnings by partner, incentive and window. An event that is paid by itself counts in its local month. */
async function earnedIn(program: string): Promise<Golden[]> {
  const rows = await world.db.any(sql.type(Row)`
    select partner.code as partner, earning.incentive_id as incentive, earning.currency, scope.time_window as "window",
      coalesce(scope.window_start, (origin.occurred_at at time zone schedule.zone)::date)::text as start,
      nullif(group_value, '') as "group", scope.id is not null and scope.time_window = 'event' as "isFirst", earning.amount_minor as minor
    from earning join partner on partner.id = earning.partner_id join program on program.id = earning.program_id
    join pay_schedule schedule on schedule.id = program.schedule_id join event origin on origin.id = origin_id
    left join earning_scope scope on scope.id = scope_id where program.code = ${program}`);
  const sums = new Map<string, Omit<Golden, 'amount'> & { minor: bigint; currency: Currency }>();
  for (const { minor, start, isFirst, window, group, ...about } of rows) {
    const name = isFirst ? 'lifetime' : windowOf(window ?? 'event', start, start);
    const key = [about.partner, about.incentive, name, group ?? '', about.currency].join('|');
    const known = sums.get(key)?.minor ?? 0n;
    sums.set(key, { ...about, window: name, ...(group !== null && { group }), minor: known + minor });
  }
  return [...sums]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, { minor, ...sum }]) =>
      minor === 0n ? [] : [{ ...sum, amount: formatDecimal(money(minor, sum.currency)) }],
    );
}
type Currency = z.output<typeof Currency>;

/** Compares the worth of what each event earns in memory with what is booked for it, whatever a budget paid of it. */
const workedOutAgain = (program: string, zone: string) =>
  world.db.transaction(async (tx) => {
    await expectLongRead(tx);
    const { id } = await getProgram(tx, program);
    const wrong: unknown[] = [];
    let count = 0;
    for await (const { event, earned } of replay(tx, { id, zone }, await listParticipants(tx, id, 0n, 1000))) {
      const sum = (all: readonly { minor: bigint; unfunded?: bigint | null }[]) =>
        all.reduce((total, { minor, unfunded }) => total + minor + (unfunded ?? 0n), 0n);
      count += 1;
      if (sum(earned) !== sum(event?.booked ?? [])) wrong.push({ event, earned });
    }
    return { count, wrong };
  });

describe.each(INDUSTRIES)('given the example %s', (name) => {
  it('then its golden results are what its files give when they are worked out a second time', async () => {
    expect(await goldenOf(name)).toEqual(recompute(join(EXAMPLES, name)));
  });

  it('when its events are taken in then each partner earns the golden results', async () => {
    const industry = await readIndustry(join(EXAMPLES, name));
    await takeInIndustry({ db: world.db, people, temporal: world.temporal }, industry, () => undefined);
    expect(await earnedIn(industry.program.code)).toEqual(await goldenOf(name));
    const { count, wrong } = await workedOutAgain(industry.program.code, await zoneOf(world.db, industry.program.code));
    expect(count).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
    expect(isGolden(await readEarned(world.db, industry))).toBe(true);
  });

  it('when its last month is paid then each partner is paid all that they earned', async () => {
    const industry = await readIndustry(join(EXAMPLES, name));
    const ground = { db: world.db, people, temporal: world.temporal };
    const { payouts } = await payMonths(ground, industry, industry.months, () => undefined);
    const earned = Map.groupBy(await readEarned(world.db, industry), ({ partner }) => partner);
    const owed = [...earned].map(([partner, all]) => {
      const sum = all.reduce((total, { minor }) => total + minor, 0n);
      return `${partner} ${formatDecimal(money(sum, industry.payer.currency))} settled`;
    });
    expect(new Set(payouts.map(({ seller_id: partner, amount, state }) => `${partner} ${amount} ${state}`))).toEqual(
      new Set(owed),
    );
  });

  it('then it has refunds, a correction and a late event among 20 to 60 events', async () => {
    const { folder, events: files } = await readIndustry(join(EXAMPLES, name));
    const events = readWires(folder, files);
    const newest = (index: number) =>
      Math.max(...events.slice(0, index).map(({ occurredAt }) => Date.parse(occurredAt)));
    expect(events.length).toBeGreaterThanOrEqual(20);
    expect(events.length).toBeLessThanOrEqual(60);
    expect(events.filter(({ kind }) => kind === 'refund').length).toBeGreaterThanOrEqual(2);
    expect(events.some(({ revision = 1 }) => revision > 1)).toBe(true);
    const late = events
      .slice(-2)
      .some(({ kind, revision, occurredAt }) => kind !== 'refund' && !revision && Date.parse(occurredAt) < newest(-2));
    expect(late).toBe(true);
  });
});

describe('given the code that works the golden results out', () => {
  it('then it imports nothing of the product', async () => {
    const folder = join(import.meta.dirname, '../examples');
    const names = await readdir(folder);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const imports = texts.flatMap((text) => Array.from(text.matchAll(/ from '([^']+)'/g), ([, from = '']) => from));
    expect(imports.filter((from) => !/^(node:[a-z]+|\.\/[a-z]+\.ts)$/.test(from))).toEqual([]);
  });
});

describe('given all industries', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(world.db)).toEqual([]);
  });
});
