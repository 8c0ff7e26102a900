import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { insertEvents, type NewEvent } from '../../../db/earnings/events.ts';
import { eventHash, toEvent } from '../../../domain/event.ts';
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

describe('given events that are written in one statement', () => {
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
