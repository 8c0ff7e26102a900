import { sql } from 'slonik';
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

import { formatDecimal, money } from '../../domain/money.ts';
import type { Body } from '../../scripts/client.ts';
import { ZONE } from '../../scripts/demo/company.ts';
import { instrumentOf } from '../../scripts/demo/made-up-partners.ts';
import { cutoffOf } from '../../scripts/demo/months.ts';
import { type Business, type Owed, type Payee, persist, saleOf } from './business.ts';
import type { Trouble, TroubleName } from './plan.ts';
import type { Servers } from './servers.ts';

/** A trouble as the test knows it, with times in milliseconds. It happened at some time between `sentAt` and `knownAt`. */
export type Happening = {
  payee: Payee;
  trouble: TroubleName;
  /** The change of what the payee is owed, in minor units. */
  minor: bigint;
  sentAt: number;
  knownAt: number;
  /** The time when the operator began to release the hold. */
  endedAt: number;
  /** The instrument to which everything is paid from now on. */
  instrument: string | null;
  /** The event whose earnings take some time. */
  event: string | null;
};

type Scene = { servers: Servers; business: Business; rounds: number; happenings: Happening[] };
type Event = Extract<Body<'post', '/v1/events'>, object>['events'][number];

/** Not a multiple of the steps between the amounts owed, and above every minimum. */
const SOLD_MORE_MINOR = 2_601n;
const PART = 4n;
const REFUNDED_ON_DAY = '03T12:00:00Z';

/** Causes a trouble, and returns what happened. The effect of an event is known later: see `untilKnown`. */
export async function cause(
  scene: Scene,
  { payee: index, trouble }: Trouble,
  owed: readonly Owed[],
): Promise<Happening> {
  const one = owed[index];
  if (!one) throw new TypeError(`there is no payee ${index}`);
  const happening: Happening = {
    payee: one.payee,
    trouble,
    minor: 0n,
    sentAt: Date.now(),
    knownAt: Number.POSITIVE_INFINITY,
    endedAt: Number.POSITIVE_INFINITY,
    instrument: null,
    event: null,
  };
  scene.happenings.push(happening);
  await CAUSES[trouble](scene, happening, one);
  if (happening.event === null) happening.knownAt = Date.now() + 1;
  return happening;
}

type Cause = (scene: Scene, happening: Happening, owed: Owed) => Promise<void>;

const CAUSES: Record<TroubleName, Cause> = {
  'refund of a part': (scene, happening, owed) => refund(scene, happening, owed, owed.minor / PART),
  'refund of the whole': (scene, happening, owed) => refund(scene, happening, owed, owed.minor),
  hold: async ({ business, rounds }, { payee: { code } }) => {
    await persist(`a hold of ${code}`, () =>
      business.people.operator.api.post('/v1/partners/{code}/hold', {
        params: { path: { code } },
        body: { reason: 'A question about the last invoice' },
        idempotencyKey: `hold-${code}-${rounds}`,
      }),
    );
  },
  'new details': giveDetails,
  'sale just before the cut-off': (scene, happening, owed) => sellMore(scene, happening, owed, { seconds: -1 }),
  'sale at the cut-off': (scene, happening, owed) => sellMore(scene, happening, owed, { seconds: 0 }),
};

function refund(scene: Scene, happening: Happening, owed: Owed, minor: bigint): Promise<void> {
  happening.minor = -minor;
  const sale = saleOf(scene.business, scene.rounds, owed);
  return send(scene, happening, {
    ...sale,
    id: `${sale.id}-refund`,
    kind: 'refund',
    refundOf: sale.id,
    occurredAt: `${scene.business.month}-${REFUNDED_ON_DAY}`,
    amount: formatDecimal(money(minor, owed.payee.currency)),
  });
}

function sellMore(scene: Scene, happening: Happening, owed: Owed, from: { seconds: number }): Promise<void> {
  happening.minor = SOLD_MORE_MINOR;
  const sale = saleOf(scene.business, scene.rounds, owed);
  const cutoff = Temporal.PlainDate.from(cutoffOf(scene.business.month)).toZonedDateTime(ZONE);
  return send(scene, happening, {
    ...sale,
    id: `${sale.id}-more`,
    occurredAt: cutoff.add(from).toInstant().toString(),
    amount: formatDecimal(money(SOLD_MORE_MINOR, owed.payee.currency)),
  });
}

async function send({ business }: Scene, happening: Happening, event: Event): Promise<void> {
  await persist(`event ${event.id} to be taken in`, () =>
    business.people.operator.api.post('/v1/events', { body: { events: [event] }, idempotencyKey: event.id }),
  );
  happening.event = event.id;
}

/** Adds an instrument in the first place, and withdraws the others. */
async function giveDetails({ business, rounds }: Scene, happening: Happening): Promise<void> {
  const { api } = business.people.operator;
  const { payee } = happening;
  const path = { code: payee.code };
  const body = instrumentOf({ ...payee, code: payee.code.replace('-', `-${rounds}`) });
  const { id } = await persist(`new details of ${payee.code}`, () =>
    api.post('/v1/partners/{code}/instruments', {
      params: { path },
      body,
      idempotencyKey: `details-${payee.code}-${rounds}`,
    }),
  );
  happening.instrument = id;
  await persist(`the old details of ${payee.code} to be withdrawn`, async () => {
    for (const { id: other, withdrawnAt } of await api.all('/v1/partners/{code}/instruments', { params: { path } }))
      if (other !== id && withdrawnAt === null)
        await api.post('/v1/partners/{code}/instruments/{id}/withdraw', {
          params: { path: { ...path, id: other } },
          body: { reason: 'The account is closed' },
        });
  });
}

/** Waits until the earnings of everything that happened are in the books. After that, no payment may overlook them. */
export async function untilKnown({ servers, happenings }: Scene): Promise<void> {
  await persist('the earnings of the refunds and later sales', async () => {
    for (const happening of happenings) {
      if (happening.knownAt !== Number.POSITIVE_INFINITY) continue;
      const isEarned = await servers.db.oneFirst(sql.type(z.strictObject({ isEarned: z.boolean() }))`
          select exists (
            select from earning join event on event.id = event_id where source_id = ${happening.event}) as "isEarned"`);
      if (!isEarned) throw new Error(`event ${happening.event} has earned nothing yet`);
      happening.knownAt = Date.now() + 1;
    }
  });
}

/** Ends all holds, as an operator does when the question is answered. */
export async function releaseAll({ business, rounds, happenings }: Scene): Promise<void> {
  for (const happening of happenings) {
    if (happening.trouble !== 'hold' || happening.endedAt !== Number.POSITIVE_INFINITY) continue;
    const { code } = happening.payee;
    happening.endedAt = Date.now();
    await persist(`a release of ${code}`, () =>
      business.people.operator.api.post('/v1/partners/{code}/release', {
        params: { path: { code } },
        body: { reason: 'The question is answered' },
        idempotencyKey: `release-${code}-${rounds}`,
      }),
    );
  }
}
