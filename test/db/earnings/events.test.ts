import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { NewEvent } from '../../../db/earnings/event-rows.ts';
import { insertEvents } from '../../../db/earnings/events.ts';
import { eventHash, toEvent } from '../../../domain/event.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';
import { openFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
let company: CompanyRows;
let partner: PartnerRows;
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app);
  partner = await addPartner(fixture.app, company);
});
afterAll(() => fixture.close());

function sale(change: Partial<NewEvent> = {}): NewEvent {
  const event = toEvent({
    source: 'shop',
    id: randomUUID(),
    program: company.code,
    partner: 'paula',
    kind: 'sale',
    occurredAt: '2026-03-01T12:00:00Z',
    currency: 'USD',
    amount: '1.00',
  });
  const { id: partnerId } = partner;
  return {
    event,
    hash: eventHash(event),
    partnerId,
    programId: company.programId,
    sentBy: company.approver,
    ...change,
  };
}

const Queue = z.object({ id: z.string(), places: z.bigint() });

/** The events among some that are stored, with the number of their places in the queue. */
const listPlaces = (events: readonly NewEvent[]) =>
  fixture.owner.any(sql.type(Queue)`
    select event.source_id as id, count(due.event_id) as places from event left join event_due due on due.event_id = event.id
    where event.source_id = any(${sql.array(
      events.map(({ event }) => event.id),
      'text',
    )}) group by event.source_id`);

describe('given two transactions that write the same events at the same time', () => {
  it('when the first one commits then the second one names those that were there, and writes the others', async () => {
    const [first, second, both, rest] = [sale(), sale(), sale(), sale()];
    const open = await leaveOpen(fixture.app, (tx) => insertEvents(tx, [first, both]));
    const later = fixture.app.transaction((tx) => insertEvents(tx, [second, both, rest]));
    await eventually('the second one waits', () => countWaiting(fixture.owner));
    await open.commit();
    expect(await later).toEqual([{ source: 'shop', id: both.event.id, revision: 1 }]);
    const places = await listPlaces([first, second, both, rest]);
    expect(places).toHaveLength(4);
    expect(places.every((one) => one.places === 1n)).toBe(true);
  });

  it('when one transaction writes the same event twice then it is refused', async () => {
    const event = sale();
    await expect(insertEvents(fixture.app, [event, event])).rejects.toThrow(/violates/);
    expect(await listPlaces([event])).toEqual([]);
  });
});

describe('given events that are written together', () => {
  it('when all that they name is known then they are stored', async () => {
    expect(await insertEvents(fixture.app, [sale(), sale()])).toEqual([]);
  });

  it.each([
    { what: 'a partner', change: { partnerId: 999_999n } },
    { what: 'a program', change: { programId: 999_999 } },
    { what: 'a person', change: { sentBy: randomUUID() } },
  ])('when one of them names $what that is not known then none is stored', async ({ change }) => {
    const good = sale();
    await expect(insertEvents(fixture.app, [good, sale(change)])).rejects.toThrow(/violates/);
    expect(await insertEvents(fixture.app, [good])).toEqual([]);
  });

  it('when one of them names a currency that is not known then none is stored', async () => {
    const { event, ...rest } = sale();
    const strange = { ...rest, event: { ...event, currency: 'XXX' as 'USD' } };
    await expect(insertEvents(fixture.app, [sale(), strange])).rejects.toThrow(/violates/);
  });
});
