import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { claimRequest, freeClaim, keepAnswer } from '../../commands/idempotency-keys.ts';
import type { RequestName } from '../../db/idempotency-keys.ts';
import { sha256 } from '../../domain/canonical.ts';
import { addActor } from '../fixtures/rows.ts';
import { VAULT } from '../fixtures/world.ts';
import { openFixture, type Fixture } from '../db/fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const HASH = sha256('the request');
const answerOf = (body: string) => ({ status: 201, contentType: 'application/json', body });

async function claim(name: RequestName): Promise<string> {
  const claimed = await claimRequest(fixture.app, VAULT, name, HASH);
  if ('answer' in claimed) throw new Error('it was answered already');
  return claimed.claim;
}

/** Two who do the same request: the first takes more than a minute, so the second has taken it over. */
async function overtake() {
  const name = { actorId: await addActor(fixture.app), route: 'POST /v1/payers', key: 'one' };
  const slow = await claim(name);
  await fixture.app.query(sql.unsafe`
    update idempotency_key set claimed_at = claimed_at - interval '61 seconds' where actor_id = ${name.actorId}`);
  return { name, slow, quick: await claim(name) };
}

describe('given a request that was taken over from somebody who took more than a minute', () => {
  it('when the one who was slow keeps an answer then it is not kept, and the other’s is', async () => {
    const { name, slow, quick } = await overtake();
    await keepAnswer(fixture.app, VAULT, name, slow, answerOf('slow'));
    await expect(claimRequest(fixture.app, VAULT, name, HASH)).rejects.toMatchObject({
      code: 'idempotency_key_in_progress',
    });

    await keepAnswer(fixture.app, VAULT, name, quick, answerOf('quick'));

    expect(await claimRequest(fixture.app, VAULT, name, HASH)).toEqual({ answer: answerOf('quick') });
  });

  it('when the one who was slow gives the claim back then the other still holds it', async () => {
    const { name, slow } = await overtake();
    await freeClaim(fixture.app, name, slow);
    await expect(claimRequest(fixture.app, VAULT, name, HASH)).rejects.toMatchObject({
      code: 'idempotency_key_in_progress',
    });
  });
});

describe('given a request that was cut off more than a minute ago', () => {
  it('when another request comes with its key then it is refused, and the first one can still be repeated', async () => {
    const { name, quick } = await overtake();
    await fixture.app.query(sql.unsafe`
      update idempotency_key set claimed_at = claimed_at - interval '61 seconds' where actor_id = ${name.actorId}`);

    await expect(claimRequest(fixture.app, VAULT, name, sha256('another request'))).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });

    const repeated = await claim(name);
    expect(repeated).not.toBe(quick);
    await keepAnswer(fixture.app, VAULT, name, repeated, answerOf('the first'));
    expect(await claimRequest(fixture.app, VAULT, name, HASH)).toEqual({ answer: answerOf('the first') });
  });
});
