import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { getPartner } from '../../../db/partners/partners.ts';
import { addDays } from '../../../domain/calendar.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { giveRole } from '../../fixtures/people.ts';
import { refusalOf } from '../../fixtures/rows.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [ann, bob, preparer, approver, other]: [Key, Key, Key, Key, Key] = [] as never;

const TODAY = new Date().toISOString().slice(0, 10);
const within = { days: 3, counted: 'business' };
const STAGES = [
  { role: 'preparer', approvals: 1, within, atEnd: 'expire' },
  { role: 'approver', approvals: 1, within, atEnd: 'expire' },
];
const LIMIT = {
  title: 'receipts',
  when: { amount: { atMost: '20.00' }, currency: ['USD'], hasFund: ['yes'] },
  automatic: 'approve',
};
const POLICY = {
  rules: [
    { title: 'never without a fund', when: { hasFund: ['no'] }, automatic: { decline: 'Ask for a fund first.' } },
    { title: 'all others', stages: STAGES },
  ],
};
const SHA256 = 'ab'.repeat(32);
const byText = (one: string, another: string): number => one.localeCompare(another);

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  await api.ask('POST', '/v1/programs/shop/policies/claim', { body: { policy: POLICY } });
  const small = { title: 'all', when: { amount: { atMost: '100000' }, currency: ['USD'] }, automatic: 'approve' };
  const never = { title: 'never', automatic: { decline: 'No.' } };
  await api.ask('POST', '/v1/programs/shop/policies/request', { body: { policy: { rules: [small, never] } } });
  ann = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
  bob = await api.newKey('partner', (await getPartner(api.db, 'bob')).id);
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
  other = await api.newKey('approver');
});
afterAll(() => api.stop());

/** A fund of ann that is open today. A request begins in the future, so its days are moved. */
async function openFund(amount: string): Promise<string> {
  const days = { startsOn: addDays(TODAY, 1), endsOn: addDays(TODAY, 90) };
  const wish = { program: 'shop', kind: 'development_funds', wish: 'The fair', currency: 'USD', amount, ...days };
  const request = await api.ask('POST', '/v1/me/requests', { body: wish, key: ann.key });
  const owner = await openOwner(api.url);
  await tamper(owner, sql.unsafe`update fund set starts_on = '2026-01-01' where request_id = ${idOf(request)}`);
  await owner.end();
  const { body } = await api.ask('GET', '/v1/me/funds?limit=1', { key: ann.key });
  return idOf({ body: (body['items'] as Answer['body'][])[0] ?? {} });
}

const idOf = ({ body }: Pick<Answer, 'body'>) => String(body['id']);
const claim = (
  fund: string | undefined,
  amount: string,
  { key = ann.key, ...more }: { key?: string; currency?: string } = {},
) =>
  api.ask('POST', '/v1/me/claims', {
    body: {
      program: 'shop',
      ...(fund ? { fund } : {}),
      currency: 'USD',
      amount,
      wish: 'The stand',
      proof: { document: 'invoice 4711', sha256: SHA256 },
      ...more,
    },
    key,
  });
const decide = (id: string, key: string, decision = 'approve') =>
  api.ask('POST', `/v1/claims/${id}/decision`, { body: { decision }, key });
const get = (id: string) => api.ask('GET', `/v1/claims/${id}`);
const grantBy = (id: string, correction: string) => sql.unsafe`
  update fund_claim set status = 'granted', due_at = null, ended_at = now(), correction_id = ${correction} where id = ${id}`;
const leftOf = async (fund: string) => {
  const { body } = await api.ask('GET', '/v1/funds?partner=ann&limit=200');
  return (body['items'] as { id: string; left: string }[]).find(({ id }) => id === fund)?.left;
};

describe('given a claim from a fund', () => {
  it('when two people approve it then it is a credit with its own line, and all of them had a hand in it', async () => {
    const fund = await openFund('1000.00');
    const answer = await claim(fund, '400.00');
    expect(answer.body).toMatchObject({ status: 'review', proof: { document: 'invoice 4711', sha256: SHA256 } });
    expect(await leftOf(fund), 'a claim that waits holds its amount').toBe('600.00');
    const id = idOf(answer);
    expect((await decide(id, preparer.key)).body).toMatchObject({ status: 'review' });
    const { body } = await decide(id, approver.key);
    expect(body).toMatchObject({ status: 'granted' });
    expect((await api.ask('GET', `/v1/corrections/${String(body['correction'])}`)).body).toMatchObject({
      kind: 'credit',
      status: 'confirmed',
      reason: 'Claim: The stand',
      reference: `claim ${id}`,
      proposedBy: preparer.actor.code,
      decidedBy: approver.actor.code,
      items: [{ partner: 'ann', amount: '400.00' }],
    });
    const hands = await api.db.oneFirst(sql.type(z.object({ hands: z.array(z.string()) }))`
      select made_by as hands from earning_line where correction_id = ${String(body['correction'])}`);
    expect(new Set(hands)).toEqual(new Set([preparer.actor.id, approver.actor.id, ann.actor.id]));
    const news = await api.db.anyFirst(sql.type(z.object({ what: z.string() }))`
      select body ->> 'what' as what from notification where kind = 'claim_changed' and body ->> 'claim' = ${id} order by id`);
    expect(news).toEqual(['received', 'granted']);
    expect((await decide(id, other.key)).body).toMatchObject({ code: 'decision_not_open' });
  });

  it('when it is declined or withdrawn then the fund has its amount again', async () => {
    const fund = await openFund('1000.00');
    const [first, second] = [idOf(await claim(fund, '600.00')), idOf(await claim(fund, '400.00'))];
    expect(await leftOf(fund)).toBe('0.00');
    await decide(first, preparer.key, 'decline');
    const path = `/v1/me/claims/${second}/withdraw`;
    expect((await api.ask('POST', path, { body: { reason: 'A mistake' }, key: bob.key })).status).toBe(404);
    await api.ask('POST', path, { body: { reason: 'A mistake' }, key: ann.key });
    expect(await leftOf(fund)).toBe('1000.00');
    expect((await decide(second, preparer.key)).body).toMatchObject({ code: 'decision_not_open' });
  });

  it('when several are made at the same moment then they never come to more than the fund', async () => {
    const fund = await openFund('1000.00');
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => claim(fund, '400.00')));
    expect(answers.map(({ status }) => String(status)).toSorted(byText)).toEqual(['201', '201', '400', '400', '400']);
    const refused = answers.find(({ status }) => status === 400);
    expect(refused?.body['errors']).toMatchObject([
      { field: 'amount', reason: 'is more than the 200.00 USD that the fund has left' },
    ]);
  });

  it('when two people approve the last stage at the same moment then it is credited once', async () => {
    const fund = await openFund('100.00');
    const id = idOf(await claim(fund, '100.00'));
    await decide(id, preparer.key);
    const answers = await Promise.all([decide(id, approver.key), decide(id, other.key)]);
    expect(answers.map(({ status }) => String(status)).toSorted(byText)).toEqual(['200', '409']);
    const lines = await api.db.any(sql.unsafe`
      select from earning_line join fund_claim using (correction_id) where fund_claim.id = ${id}`);
    expect(lines).toHaveLength(1);
  });

  it('when it is not theirs, too much, in another currency or too late then the field is named', async () => {
    const fund = await openFund('100.00');
    expect((await claim(fund, '10.00', { key: bob.key })).status).toBe(404);
    expect((await claim(fund, '100.01')).body['errors']).toMatchObject([{ field: 'amount' }]);
    expect((await claim(fund, '10.00', { currency: 'EUR' })).body['errors']).toMatchObject([{ field: 'currency' }]);
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update fund set ends_on = ${addDays(TODAY, -1)} where id = ${fund}`);
    await owner.end();
    expect((await claim(fund, '10.00')).body['errors']).toMatchObject([{ field: 'fund' }]);
    expect((await claim(undefined, '10.00')).body).toMatchObject({
      status: 'declined',
      reason: 'Ask for a fund first.',
    });
  });

  it('when the same person answers with another account then they are refused', async () => {
    const fund = await openFund('100.00');
    const id = idOf(await claim(fund, '50.00'));
    expect((await decide(id, preparer.key)).status).toBe(200);
    const { key } = await giveRole(api.db, preparer.actor.id, 'approver');
    expect((await decide(id, key)).body).toMatchObject({ code: 'approver_decided_already' });
    const insider = await api.newKey('approver');
    await giveRole(api.db, insider.actor.id, 'partner', { partnerId: (await getPartner(api.db, 'ann')).id });
    expect((await decide(id, insider.key)).body).toMatchObject({ code: 'approver_is_payee' });
    expect((await get(id)).body).toMatchObject({ status: 'review' });
  });

  it('when the code forgets to ask then the database refuses what exceeds the fund, and a grant without a credit', async () => {
    const fund = await openFund('100.00');
    const id = idOf(await claim(fund, '60.00'));
    const copy = api.db.query(sql.unsafe`
      insert into fund_claim(program_id, partner_id, fund_id, currency, amount_minor, wish, proof, proof_sha256, claimed_by, due_at)
      select program_id, partner_id, fund_id, currency, amount_minor, wish, proof, proof_sha256, claimed_by, now()
      from fund_claim where id = ${id}`);
    expect(await refusalOf(copy)).toContain('has less left');
    const { body: gift } = await api.ask('GET', '/v1/corrections?limit=1');
    expect(
      await refusalOf(api.db.query(grantBy(id, idOf({ body: (gift['items'] as Answer['body'][])[0] ?? {} })))),
    ).toContain('grant it');
  });

  it('when the code credits another partner then the database refuses the grant', async () => {
    const id = idOf(await claim(await openFund('100.00'), '60.00'));
    await decide(id, preparer.key);
    const creditTo = async (partner: string): Promise<string> => {
      const gift = { kind: 'credit', partner, program: 'shop', currency: 'USD', amount: '60.00', reason: 'A gift' };
      const { body } = await api.ask('POST', '/v1/corrections', { body: gift });
      await api.ask('POST', `/v1/corrections/${idOf({ body })}/decision`, {
        body: { decision: 'confirm' },
        key: other.key,
      });
      return idOf({ body });
    };
    const grantWith = (correction: string) =>
      api.db.transaction(async (tx) => {
        await tx.query(sql.unsafe`
          insert into policy_answer(review_id, actor_id, stage, role, decision, at)
          select id, ${approver.actor.id}, 2, 'approver', 'approve', clock_timestamp() from policy_review where subject_id = ${id}`);
        await tx.query(sql.unsafe`
          update policy_review set status = 'approved', due_at = null, ended_at = now() where subject_id = ${id}`);
        await tx.query(grantBy(id, correction));
      });
    expect(await refusalOf(grantWith(await creditTo('bob')))).toContain('grant it');
    await grantWith(await creditTo('ann'));
    expect((await get(id)).body).toMatchObject({ status: 'granted' });
  });
});

describe('given a policy that pays small claims without a person', () => {
  const path = '/v1/programs/shop/policies/claim';
  const policy = { rules: [LIMIT, ...POLICY.rules] };

  const asked = async () => {
    const { items } = (await api.ask('GET', '/v1/tasks?kind=policy_proposed')).body as { items: { subject: string }[] };
    return items.map(({ subject }) => subject);
  };

  it('when nobody has confirmed it then the version before decides', async () => {
    expect((await api.ask('POST', path, { body: { policy } })).body).toMatchObject({
      version: 2,
      needsConfirmation: true,
      confirmedBy: null,
    });
    expect((await claim(await openFund('100.00'), '20.00')).body).toMatchObject({ status: 'review' });
  });

  it('when an approver confirms it then claims within the limit are paid, and both people had a hand in it', async () => {
    const { key } = await giveRole(api.db, api.operator.actor.id, 'approver');
    expect((await api.ask('POST', `${path}/2/confirm`, { key })).body).toMatchObject({ code: 'decider_is_proposer' });
    const confirm = () => api.ask('POST', `${path}/2/confirm`, { key: other.key });
    expect(await asked()).toEqual(['policy/shop/claim/2']);
    expect((await confirm()).body).toMatchObject({ confirmedBy: other.actor.code });
    expect(await asked()).toEqual([]);
    expect((await confirm()).status, 'a second call changes nothing').toBe(200);

    const fund = await openFund('100.00');
    const { body } = await claim(fund, '20.00');
    expect(body).toMatchObject({ status: 'granted' });
    const correction = await api.ask('GET', `/v1/corrections/${String(body['correction'])}`);
    expect(correction.body).toMatchObject({
      proposedBy: api.operator.actor.code,
      decidedBy: other.actor.code,
    });
    expect((await claim(fund, '20.01')).body).toMatchObject({ status: 'review' });
  });

  it('when a version begins later then the one before still asks, and one that begins at once closes both questions', async () => {
    const add = async (effectiveFrom?: string) =>
      (await api.ask('POST', path, { body: { policy, effectiveFrom } })).body['version'];
    const later = new Date(Date.now() + 30 * 86_400_000).toISOString();
    expect([await add(), await add(later)]).toEqual([3, 4]);
    expect((await asked()).toSorted()).toEqual(['policy/shop/claim/3', 'policy/shop/claim/4']);
    expect(await checkInvariants(api.db)).toEqual([]);
    expect(await add()).toBe(5);
    expect(await asked()).toEqual(['policy/shop/claim/5']);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when the partner pays one of the two then people decide', async () => {
    const fund = await openFund('100.00');
    const owner = await openOwner(api.url);
    for (const { id, email } of [api.operator.actor, other.actor]) {
      await tamper(
        owner,
        sql.unsafe`update partner set email = (select email from actor where id = ${id}) where code = 'ann'`,
      );
      expect((await claim(fund, '20.00')).body, email ?? '').toMatchObject({ status: 'review' });
    }
    await tamper(owner, sql.unsafe`update partner set email = 'ann@partners.test' where code = 'ann'`);
    await owner.end();
    expect((await claim(fund, '20.00')).body).toMatchObject({ status: 'granted' });
  });

  it('when the approver behind it loses the role then people decide, and the database refuses a payment without them', async () => {
    const fund = await openFund('100.00');
    const { body: paid } = await claim(fund, '20.00');
    await api.db.query(sql.unsafe`
      update role_grant set status = 'revoked', revoked_by = ${api.operator.actor.id}, revoked_at = now()
      where id = ${other.grantId}`);
    const waiting = await claim(fund, '20.00');
    expect(waiting.body).toMatchObject({ status: 'review' });
    const copy = api.db.transaction(async (tx) => {
      await tx.query(sql.unsafe`
        update policy_review waiting set status = 'withdrawn', due_at = null, ended_at = now() where subject_id = ${idOf(waiting)}`);
      await tx.query(sql.unsafe`
        insert into policy_review(subject, subject_id, ask, program_id, partner_id, policy_version_id, rule_no, rule, facts, asked_by)
        select subject, ${idOf(waiting)}, ask, program_id, partner_id, policy_version_id, rule_no, rule, facts, asked_by
        from policy_review where subject_id = ${String(paid['id'])}`);
      await tx.query(sql.unsafe`
        update policy_review set status = 'approved', ended_at = now() where subject_id = ${idOf(waiting)} and status = 'waiting'`);
      await tx.query(grantBy(idOf(waiting), String(paid['correction'])));
    });
    expect(await refusalOf(copy)).toContain('grant it');
    await decide(idOf(waiting), preparer.key);
    expect((await decide(idOf(waiting), approver.key)).body).toMatchObject({ status: 'granted' });
  });
});

describe('given a partner with a fund who is merged', () => {
  it('then the other one claims from it, and is paid', async () => {
    const fund = await openFund('100.00');
    const path = '/v1/partners/ann/merge';
    const { body: merge } = await api.ask('POST', path, { body: { into: 'bob', reason: 'One person' } });
    const confirm = { body: { decision: 'confirm' }, key: approver.key };
    const merged = await api.ask('POST', `/v1/corrections/${String(merge['id'])}/decision`, confirm);
    expect(merged.status, merged.text).toBe(200);
    const answer = await claim(fund, '60.00', { key: bob.key });
    expect(answer.body, answer.text).toMatchObject({ status: 'review' });
    await decide(idOf(answer), preparer.key);
    const granted = await decide(idOf(answer), approver.key);
    expect(granted.body, granted.text).toMatchObject({ status: 'granted' });
    const correction = await api.ask('GET', `/v1/corrections/${String(granted.body['correction'])}`);
    expect(correction.body).toMatchObject({ items: [{ partner: 'bob', amount: '60.00' }] });
    const { body } = await api.ask('GET', '/v1/me/funds?limit=200', { key: bob.key });
    expect((body['items'] as { id: string; left: string }[]).find(({ id }) => id === fund)?.left).toBe('40.00');
  });

  it('then the books are right', async () => {
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
