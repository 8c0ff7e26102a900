import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addActor } from '../../../commands/people/actors.ts';
import { claimKey, claimToken } from '../../../commands/people/claims.ts';
import { addFirstOperator, addLackingOperator, renewFirstOperator } from '../../../commands/people/first-operator.ts';
import { decideGrant, proposeGrant, revokeGrant } from '../../../commands/people/grants.ts';
import { type Actor, getActor } from '../../../db/people/actors.ts';
import { listAuditEntries } from '../../../db/people/audit.ts';
import { findOpenClaim } from '../../../db/people/claims.ts';
import { findCaller } from '../../../db/people/keys.ts';
import type { Role } from '../../../domain/people/role.ts';
import type { Database } from '../../../db/database.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { VAULT } from '../../fixtures/world.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const person = (code: string) => ({ code, name: code, email: `${code}@example.com` });

class Undo extends Error {}

/** Plays in a new deployment, and undoes everything, so that the next test finds an empty database. */
const inDeployment = (play: (deployment: Deployment) => Promise<void>) => () =>
  fixture.app
    .transaction(async (tx) => {
      await play(await openDeployment(tx));
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });

type Deployment = Awaited<ReturnType<typeof openDeployment>>;

/** The server has added Olga and nobody else. */
async function openDeployment(db: Database) {
  const { key } = await addFirstOperator(db, person('olga'));
  const olga = await getActor(db, 'olga');
  const known = async (code: string): Promise<Actor> =>
    getActor(db, code).catch(() => addActor(db, person(code), olga.id));
  const propose = async (code: string, role: Role, by = olga) =>
    proposeGrant(db, VAULT, { actor: await known(code), role, partnerId: null, expiresAt: null }, by.id);
  const take = async (grantId: string) => claimKey(db, claimToken(VAULT, await findOpenClaim(db, grantId)));
  const confirm = (id: string, by: Actor) => decideGrant(db, VAULT, { id, by: by.id, decision: 'confirm', note: null });
  const actions = async (code: string) =>
    (await listAuditEntries(db, `actor/${code}`, 0n, 100)).map(
      ({ action, actor }) => `${action} by ${actor ?? 'the server'}`,
    );
  return { db, key, olga, propose, take, confirm, actions };
}

describe('given a new deployment with its first operator', () => {
  it(
    'when they name a second operator alone then it counts at once, and the audit log calls it the first set-up',
    inDeployment(async ({ propose, actions }) => {
      expect(await propose('oscar', 'operator')).toMatchObject({
        status: 'confirmed',
        firstSetup: true,
        decidedBy: null,
      });
      expect(await actions('olga')).toContain('grant.first_setup by the server');
      expect(await actions('oscar')).toContain('grant.first_setup by olga');
    }),
  );

  it.each(['preparer', 'approver', 'auditor'] as const)(
    'when they give the role %s then it waits for a second person',
    (role) =>
      inDeployment(async ({ propose }) => {
        expect(await propose('ghost', role)).toMatchObject({ status: 'proposed', firstSetup: false });
      })(),
  );

  it(
    'when they name a third operator then two people are needed, whether or not the second one has taken the key',
    inDeployment(async ({ propose, take, confirm, db }) => {
      const second = await propose('oscar', 'operator');
      expect(await propose('ghost', 'operator')).toMatchObject({ status: 'proposed' });
      await take(second.id);
      const third = await propose('otto', 'operator');
      expect(third).toMatchObject({ status: 'proposed' });
      expect(await confirm(third.id, await getActor(db, 'oscar'))).toMatchObject({ status: 'confirmed' });
    }),
  );

  it(
    'when the link went to a wrong address then they may revoke it and name the second operator again',
    inDeployment(async ({ propose, olga, db }) => {
      await revokeGrant(db, (await propose('typo', 'operator')).id, olga.id);
      expect(await propose('oscar', 'operator')).toMatchObject({ status: 'confirmed', firstSetup: true });
    }),
  );

  it(
    'when they revoke a second operator who has had a key then they are not alone in charge again',
    inDeployment(async ({ propose, take, olga, db }) => {
      const second = await propose('oscar', 'operator');
      await take(second.id);
      await revokeGrant(db, second.id, olga.id);
      expect(await propose('ghost', 'operator')).toMatchObject({ status: 'proposed' });
    }),
  );
});

describe('given a lost key', () => {
  it(
    'when the server makes a new one for the first operator then the old ones stop, and the audit log says so',
    inDeployment(async ({ db, key, actions }) => {
      const again = await renewFirstOperator(db);
      expect(again.code).toBe('olga');
      expect(await findCaller(db, key)).toBeNull();
      expect(await findCaller(db, again.key)).toMatchObject({ actorCode: 'olga', role: 'operator' });
      expect(await actions('olga')).toContain('key.again by the server');
    }),
  );

  it(
    'when fewer than two operators work then the server can add one, and otherwise not',
    inDeployment(async ({ db, propose, take, olga }) => {
      const second = await propose('oscar', 'operator');
      await take(second.id);
      await expect(addLackingOperator(db, person('ghost'))).rejects.toThrow('olga and oscar are operators');
      await revokeGrant(db, second.id, olga.id);
      const { key } = await addLackingOperator(db, person('otto'));
      expect(await findCaller(db, key)).toMatchObject({ actorCode: 'otto', role: 'operator' });
    }),
  );

  it(
    'when the deployment has people then there is no first operator to add',
    inDeployment(async ({ db }) => {
      await expect(addFirstOperator(db, person('ghost'))).rejects.toThrow('--again');
    }),
  );
});
