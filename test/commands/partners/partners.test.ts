import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { addActor } from '../../../commands/people/actors.ts';
import { addPartners, type Newcomer } from '../../../commands/partners/partners.ts';
import { listInstruments } from '../../../db/partners/instruments.ts';
import type { VaultKeys } from '../../../db/vault.ts';
import { addCompany, type CompanyRows } from '../../fixtures/rows.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';

const VAULT: VaultKeys = { keyId: '1', kek: Buffer.alloc(32, 1), fingerprintKey: Buffer.alloc(32, 2) };

let fixture: Fixture;
let company: CompanyRows;
let by: string;
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app);
  by = (await addActor(fixture.app, { code: 'olga', name: 'Olga', email: null }, null)).id;
});
afterAll(() => fixture.close());

const newcomer = (code: string, wish: Partial<Newcomer> = {}): Newcomer => ({
  code,
  name: code,
  kind: 'reseller',
  email: null,
  country: 'US',
  agreements: [{ program: company.code, plan: 'standard', startsOn: '2026-01-01', endsOn: null }],
  destination: { method: 'paypal', receiver: `${code}@example.com` },
  ...wish,
});
const add = (...newcomers: Newcomer[]) =>
  addPartners(fixture.app, VAULT, newcomers, { coolingOffDays: 7, by, givenBy: 'company' });

const Count = z.object({ count: z.bigint() });
const countWritten = () =>
  fixture.app.oneFirst(sql.type(Count)`
    select (select count(*) from partner) + (select count(*) from agreement_term) + (select count(*) from instrument_version)
      + (select count(*) from audit_log) as count`);

describe('given partners who are added together', () => {
  it('then each has the agreements and the first instrument that was sent, and may be paid to at once', async () => {
    const [ann] = await add(newcomer('ann'), newcomer('bob'));
    const [instrument] = await listInstruments(fixture.app, ann?.id ?? 0n, null, 1);
    expect(instrument).toMatchObject({ method: 'paypal', country: 'US' });
    expect(instrument?.usableFrom).toEqual(instrument?.createdAt);
  });

  it.each([
    {
      because: 'a code is taken',
      wrong: () => newcomer('ann'),
      failure: {
        code: 'already_exists',
        message: 'There is already a partner ann. Nothing was added. Use another code.',
      },
    },
    {
      because: 'a plan is not known',
      wrong: () =>
        newcomer('zoe', {
          agreements: [{ program: company.code, plan: 'gold', startsOn: '2026-01-01', endsOn: null }],
        }),
      failure: { code: 'invalid_input', details: [{ field: 'plan', reason: expect.stringContaining('no plan gold') }] },
    },
  ])('when $because then none of them is added, and nothing is left in the audit log', async ({ wrong, failure }) => {
    const before = await countWritten();
    await expect(add(newcomer('carl'), wrong())).rejects.toMatchObject(failure);
    expect(await countWritten()).toBe(before);
  });
});
