import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { pauseGateway, resumeGateway } from '../../../commands/payers/gateway-pauses.ts';
import { addActor } from '../../../commands/people/actors.ts';
import { listGatewayPauses } from '../../../db/payers/gateway-pauses.ts';
import { listAuditEntries } from '../../../db/people/audit.ts';
import { insertAlarmFact, listAlarms } from '../../../db/tasks/alarms.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addPayingRun } from '../../fixtures/rows.ts';

let fixture: Fixture;
let by: string;
beforeAll(async () => {
  fixture = await openFixture();
  by = (await addActor(fixture.app, { code: 'olga', name: 'Olga', email: null }, null)).id;
});
afterAll(() => fixture.close());

const actions = async () =>
  (await listAuditEntries(fixture.app, 'gateway/wise', 0n, 10)).map(({ action, actor }) => ({ action, actor }));

const isDue = (payoutId: string) =>
  fixture.app.oneFirst(sql.type(z.object({ due: z.boolean() }))`
    select due_at <= now() as due from payout where id = ${payoutId}`);

describe('given a gateway that the system has paused because its provider refused us', () => {
  let payoutId: string;
  beforeAll(async () => {
    [payoutId = ''] = (await addPayingRun(fixture.app, 'bank', 1)).payoutIds;
    await insertAlarmFact(fixture.app, { kind: 'gateway_refused', subject: 'gateway/wise', detail: 'no funds' });
    await pauseGateway(fixture.app, 'wise', 'no funds', null);
  });

  it('when it is paused again then the first reason stays, and the audit log has one entry', async () => {
    expect(await pauseGateway(fixture.app, 'wise', 'another reason', by)).toBe(false);
    expect(await listGatewayPauses(fixture.app)).toMatchObject([{ gateway: 'wise', reason: 'no funds' }]);
    expect(await actions()).toEqual([{ action: 'gateway.pause', actor: null }]);
  });

  it('when a person resumes it then what waited is due, its alarm is cleared, and the audit log names the person', async () => {
    expect(await isDue(payoutId)).toBe(false);
    expect(await resumeGateway(fixture.app, 'wise', by)).toBe(true);
    expect(await isDue(payoutId)).toBe(true);
    expect(await listAlarms(fixture.app, 0n, 10)).toEqual([]);
    expect((await actions()).at(-1)).toEqual({ action: 'gateway.resume', actor: 'olga' });
  });

  it('when it is resumed again then nothing happens', async () => {
    const before = await actions();
    expect(await resumeGateway(fixture.app, 'wise', by)).toBe(false);
    expect(await actions()).toEqual(before);
  });
});
