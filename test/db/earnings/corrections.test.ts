import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { insertCorrection, insertCorrectionItems, recordCorrectionVerdict } from '../../../db/earnings/corrections.ts';
import { insertCorrectedLines } from '../../../db/earnings/earnings.ts';
import type { CorrectionKind } from '../../../domain/earnings/correction.ts';
import { giveRole } from '../../fixtures/people.ts';
import {
  addActor,
  addCompany,
  addPartner,
  type CompanyRows,
  type PartnerRows,
  refusalOf,
  tryAll,
} from '../../fixtures/rows.ts';
import { openFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** Two partners and a proposed correction of the first one. */
async function openScene(db: Fixture['app']) {
  const company = await addCompany(db);
  const [ann, bob] = [await addPartner(db, company), await addPartner(db, company)];
  const payee = await addActor(db, 'payee');
  await giveRole(db, payee, 'partner', { partnerId: ann.id });
  const [helper, puppet] = [await addActor(db, 'helper'), await addActor(db, 'puppet')];
  for (const operator of [company.preparer, helper]) await giveRole(db, operator, 'operator');
  await giveRole(db, puppet, 'approver', { givers: [company.preparer, helper] });
  const scene = { company, ann, bob, payee, puppet, proposer: company.preparer };
  return { ...scene, id: await propose(db, scene) };
}

type Wish = { kind?: CorrectionKind; minors?: readonly bigint[]; by?: string };

async function propose(
  db: Fixture['app'],
  { company, ann, proposer }: { company: CompanyRows; ann: PartnerRows; proposer: string },
  { kind = 'credit', minors = [500n], by = proposer }: Wish = {},
): Promise<string> {
  const wish = { kind, reason: 'a gift', reference: null, merge: null, proposedBy: by };
  const id = (await insertCorrection(db, wish)) ?? '';
  const item = { partnerId: ann.id, programId: company.programId, currency: 'USD', availableOn: '2026-01-01' } as const;
  await insertCorrectionItems(
    db,
    id,
    0,
    minors.map((minor) => ({ ...item, minor, reason: null })),
  );
  return id;
}

const confirm = (by: string, id = scene.id) =>
  refusalOf(recordCorrectionVerdict(fixture.app, id, { status: 'confirmed', by, note: null }));

type Scene = Awaited<ReturnType<typeof openScene>>;
let scene: Scene;
beforeEach(async () => {
  scene = await openScene(fixture.app);
});

describe('given a proposed correction', () => {
  it('when it is booked before another person confirms it then the database refuses the line', async () => {
    expect(await refusalOf(insertCorrectedLines(fixture.app, { id: scene.id, kind: 'credit' }, 0))).toMatch(
      /two people have not confirmed it/,
    );
  });

  it('when its proposer, a person who is paid by it, or one with a role from the proposer confirms it then it is refused', async () => {
    expect(await confirm(scene.proposer)).toMatch(/two_people_correct/);
    expect(await confirm(scene.payee)).toMatch(/or it pays one of them/);
    expect(await confirm(scene.puppet)).toMatch(/its proposer gave the person who decides their role/);
    expect(await confirm(scene.company.approver)).toBe('accepted');
  });

  it('when a person who is paid by it proposes it then it is refused', async () => {
    expect(await refusalOf(propose(fixture.app, scene, { by: scene.payee }))).toMatch(/pays the person who proposes/);
  });

  it.each([
    { kind: 'credit', minors: [-1n], because: 'a credit adds' },
    { kind: 'deduction', minors: [1n], because: 'a deduction takes' },
    { kind: 'credit', minors: [1n, 1n], because: 'a credit is about one partner' },
    { kind: 'transfer', minors: [-1n, 1n, 1n], because: 'a transfer has two sides' },
  ] as const)('when a $kind has items of $minors then it is refused: $because', async ({ kind, minors }) => {
    expect(await refusalOf(propose(fixture.app, scene, { kind, minors }))).toMatch(/does not fit its kind/);
  });
});

describe('given a confirmed correction', () => {
  beforeEach(async () => {
    await confirm(scene.company.approver);
    await insertCorrectedLines(fixture.app, { id: scene.id, kind: 'credit' }, 0);
  });

  it('when its lines are written again then the database keeps one', async () => {
    expect(await refusalOf(insertCorrectedLines(fixture.app, { id: scene.id, kind: 'credit' }, 0))).toMatch(
      /one_line_a_correction_item/,
    );
  });

  it.each([
    {
      does: 'says something else',
      change: sql.fragment`update correction set status = 'refused' where status = 'confirmed'`,
    },
    { does: 'changes its amount', change: sql.fragment`update correction_item set amount_minor = 1` },
    { does: 'removes it', change: sql.fragment`delete from correction` },
    { does: 'empties the table', change: sql.fragment`truncate correction_item cascade` },
  ])('when somebody $does then the app and the owner are refused', async ({ change }) => {
    for (const db of [fixture.app, fixture.owner])
      expect(await tryAll(db, [sql.unsafe`${change}`])).toMatch(/refused|permission denied/);
  });

  it('when somebody adds an item, or a line with another amount, then it is refused', async () => {
    const item = { partnerId: scene.bob.id, programId: scene.company.programId, currency: 'USD' } as const;
    const added = [{ ...item, minor: 1n, availableOn: '2026-01-01', reason: null }];
    expect(await refusalOf(insertCorrectionItems(fixture.app, scene.id, 1, added))).toMatch(/it was decided/);
    expect(
      await tryAll(fixture.app, [
        sql.unsafe`
          insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, correction_id,
            correction_item)
          values (${scene.ann.id}, ${scene.company.programId}, 'adjusted', 'USD', 501, 0, '2026-01-01', ${scene.id}, 1)`,
      ]),
    ).toMatch(/two people have not confirmed it/);
  });

  it('when a line of a correction also names a batch of events, or none of both, then it is refused', async () => {
    expect(
      await tryAll(fixture.app, [
        sql.unsafe`
          insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on)
          values (${scene.ann.id}, ${scene.company.programId}, 'adjusted', 'USD', 500, 0, '2026-01-01')`,
      ]),
    ).toMatch(/line_has_its_cause/);
  });
});

describe('given two partners', () => {
  it('when one is merged into the other without two people, or is taken back, then the database refuses it', async () => {
    const mergeInto = (id: bigint | null) =>
      sql.unsafe`update partner set merged_into = ${id} where id = ${scene.ann.id}`;
    expect(await tryAll(fixture.app, [mergeInto(scene.bob.id)])).toMatch(/two people have not confirmed it/);
    const wish = { kind: 'merge', reason: 'one person', reference: null, proposedBy: scene.proposer } as const;
    const merge = { mergedId: scene.ann.id, intoId: scene.bob.id };
    const id = (await insertCorrection(fixture.app, { ...wish, merge })) ?? '';
    expect(await tryAll(fixture.app, [mergeInto(scene.bob.id)])).toMatch(/two people have not confirmed it/);
    expect(await confirm(scene.company.approver, id)).toBe('accepted');
    expect(await tryAll(fixture.app, [mergeInto(scene.bob.id)])).toBe('accepted');
    expect(await tryAll(fixture.app, [mergeInto(null)])).toMatch(/two people have not confirmed it/);
  });
});
