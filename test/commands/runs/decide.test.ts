import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decideRun } from '../../../commands/runs/decide.ts';
import { revokeKey } from '../../../commands/people/keys.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { giveRole } from '../../fixtures/people.ts';
import { addActor, addCompany, addLine, addPartner, addPayout, addRun, putInReview } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** A run that needs two approvals, in review. */
async function openReview() {
  const company = await addCompany(fixture.app, { approvalsRequired: 2 });
  const partner = await addPartner(fixture.app, company);
  const runId = await addRun(fixture.app, company);
  await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]);
  await putInReview(fixture.app, runId);
  const { contentHash } = await getRun(fixture.app, runId);
  /** Returns the run's status then. */
  return async (by: string): Promise<string> => {
    const decision = { by, decision: 'approve', contentHash: contentHash ?? '', noteId: null } as const;
    expect(await decideRun(fixture.app, runId, decision)).toBeUndefined();
    return (await getRun(fixture.app, runId)).status;
  };
}

const giveKey = (actorId: string) => giveRole(fixture.app, actorId, 'approver');

const takeKey = async ({ id }: { id: string }) => revokeKey(fixture.app, id, await addActor(fixture.app, 'operator'));

async function addApprover() {
  const id = await addActor(fixture.app, 'approver');
  return { id, key: await giveKey(id) };
}

describe('given a run that needs two approvals and has one', () => {
  it('when a second approver approves it then it is approved', async () => {
    const [anna, otto] = [await addApprover(), await addApprover()];
    const approve = await openReview();
    expect(await approve(anna.id)).toBe('review');
    expect(await approve(otto.id)).toBe('approved');
  });

  it('when the first one is no longer an approver then the second approval is not enough, and a third is', async () => {
    const [anna, otto, cleo] = [await addApprover(), await addApprover(), await addApprover()];
    const approve = await openReview();
    await approve(anna.id);
    await takeKey(anna.key);
    expect(await approve(otto.id)).toBe('review');
    expect(await approve(cleo.id)).toBe('approved');
  });

  it('when the first one has changed their key for another then the second approval is enough', async () => {
    const [anna, otto] = [await addApprover(), await addApprover()];
    const approve = await openReview();
    await approve(anna.id);
    await giveKey(anna.id);
    await takeKey(anna.key);
    expect(await approve(otto.id)).toBe('approved');
  });
});
