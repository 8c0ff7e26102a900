import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { accrueAll } from '../../fixtures/accrual.ts';
import { followMerges } from '../../../commands/earnings/merges.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { giveRole } from '../../fixtures/people.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [preparer, approver]: [Key, Key] = [] as never;
let count = 0;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['stranger']);
  await api.ask('PUT', '/v1/payers/acme/gateways/paypal', {
    body: { gateway: 'paypal', accountRef: 'PayPal', settings: {} },
  });
  await api.ask('POST', '/v1/programs', { body: { code: 'club', name: 'Club', schedule: 'monthly' } });
  await api.ask('POST', '/v1/programs/club/plans', {
    body: {
      code: 'standard',
      terms: {
        holdDays: 0,
        rounding: 'half-even',
        incentives: [{ id: 'all', pay: { rule: 'percent', percent: '10' } }],
      },
    },
  });
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
});
afterAll(() => api.stop());

/** One person with two accounts, both in the program `club`: the old one since 2026, the new one since March. */
async function addTwo(): Promise<{ old: string; now: string }> {
  count += 1;
  const [old, now] = [`old-${count}`, `new-${count}`];
  const partner = (code: string, startsOn: string) => ({
    code,
    name: code,
    kind: 'affiliate',
    country: 'US',
    agreements: [{ program: 'club', plan: 'standard', startsOn }],
    instrument: { method: 'paypal', receiver: `${code}@example.com` },
  });
  const added = await api.ask('POST', '/v1/partners/batch', {
    body: { partners: [partner(old, '2026-01-01'), partner(now, '2026-03-01')] },
  });
  expect(added.status, added.text).toBe(201);
  return { old, now };
}

const propose = (old: string, into: string, key = api.operator.key): Promise<Answer> =>
  api.ask('POST', `/v1/partners/${old}/merge`, { body: { into, reason: 'One person was enrolled twice' }, key });
const decide = (id: unknown, decision = 'confirm', key = approver.key): Promise<Answer> =>
  api.ask('POST', `/v1/corrections/${String(id)}/decision`, { body: { decision }, key });

async function merge(old: string, into: string): Promise<Record<string, unknown>> {
  const proposed = await propose(old, into);
  expect(proposed.status, proposed.text).toBe(201);
  const confirmed = await decide(proposed.body['id']);
  expect(confirmed.status, confirmed.text).toBe(200);
  return confirmed.body;
}

async function correct(kind: string, partner: string, amount: string, availableOn?: string): Promise<void> {
  const body = { kind, partner, amount, program: 'club', currency: 'USD', reason: 'given', availableOn };
  const proposed = await api.ask('POST', '/v1/corrections', { body, key: preparer.key });
  expect((await decide(proposed.body['id'])).status).toBe(200);
}

type EventWish = { id: string; partner: string; amount: string; occurredAt?: string; refundOf?: string };

const send = ({ id, partner, amount, occurredAt = '2026-03-10T12:00:00Z', refundOf }: EventWish): Promise<Answer> =>
  api.ask('POST', '/v1/events', {
    body: {
      events: [
        {
          source: 'shop',
          id: `${partner.split('-')[1]}-${id}`,
          program: 'club',
          partner,
          kind: refundOf === undefined ? 'sale' : 'refund',
          occurredAt,
          currency: 'USD',
          amount,
          ...(refundOf !== undefined && { refundOf: `${partner.split('-')[1]}-${refundOf}` }),
        },
      ],
    },
  });

/** Works out every event, then lets the money of merged partners follow, as the sweep does each minute. */
async function settle(): Promise<void> {
  await accrueAll(api.db, 'club');
  await followMerges(api.db);
}

describe('given partners below one who is merged', () => {
  it('when the merge is confirmed then the partner who goes on is above them, and has the parent of the other one', async () => {
    const { old, now } = await addTwo();
    const [{ old: child }, { old: top }] = [await addTwo(), await addTwo()];
    const put = (partner: string, parent: string) =>
      api.ask('PUT', `/v1/partners/${partner}/parent`, { body: { parent, from: '2026-01-01', reason: 'Contract' } });
    for (const [partner, parent] of [
      [child, old],
      [now, old],
      [old, top],
    ] as const)
      expect((await put(partner, parent)).status).toBe(200);
    await merge(old, now);
    const parents = async (partner: string) => (await api.ask('GET', `/v1/partners/${partner}/parent`)).body['items'];
    expect(await parents(child)).toEqual([{ parent: now, from: '2026-01-01', until: null }]);
    expect(await parents(now)).toEqual([]);
  });

  it('when the merge would put a partner above themselves then it is refused', async () => {
    const { old, now } = await addTwo();
    const { old: between } = await addTwo();
    const put = (partner: string, parent: string) =>
      api.ask('PUT', `/v1/partners/${partner}/parent`, { body: { parent, from: '2026-01-01', reason: 'Contract' } });
    await put(now, between);
    await put(between, old);
    const proposed = await propose(old, now);
    expect((await decide(proposed.body['id'])).body).toMatchObject({ code: 'correction_overtaken' });
  });
});

describe('given two partners about whom facts were recorded', () => {
  it('when they are merged then the one who goes on keeps their own, and gets what did not hold about them', async () => {
    const { old, now } = await addTwo();
    const record = (partner: string, key: string, value: string, from: string) =>
      api.ask('POST', `/v1/partners/${partner}/facts`, { body: { key, value, from } });
    await record(old, 'tier', 'silver', '2026-01-01');
    await record(old, 'certification', 'net-1', '2026-02-01');
    await record(now, 'tier', 'gold', '2026-03-01');
    await record(now, 'certification', 'net-2', '2026-03-01');
    await merge(old, now);
    const { body } = await api.ask('GET', `/v1/partners/${old}/facts`);
    expect(body['items']).toEqual([
      { key: 'certification', value: 'net-1', from: '2026-02-01', until: null },
      { key: 'certification', value: 'net-2', from: '2026-03-01', until: null },
      { key: 'tier', value: 'gold', from: '2026-03-01', until: null },
      { key: 'tier', value: 'silver', from: '2026-01-01', until: '2026-03-01' },
    ]);
  });

  it('when the old code is used afterwards then the one who goes on is changed', async () => {
    const { old, now } = await addTwo();
    await merge(old, now);
    const ended = await api.ask('PATCH', `/v1/partners/${old}/agreements/club`, { body: { endsOn: '2026-11-01' } });
    expect(ended.body).toMatchObject({ partner: now, endsOn: '2026-11-01' });
    const again = { program: 'club', plan: 'standard', startsOn: '2026-12-01' };
    expect((await api.ask('POST', `/v1/partners/${old}/agreements`, { body: again })).body).toMatchObject({
      partner: now,
      startsOn: '2026-12-01',
    });
    expect((await api.ask('GET', `/v1/partners/${old}/agreements/club/history`)).body['items']).toHaveLength(4);
  });
});

type Standing = { schedule: string; payable: string; held: string; outcome: string };

/** The rows of a partner, read by the id, so that the old one is not answered for by the new one. */
async function standing(code: string): Promise<string> {
  const rows = await api.db.any(sql.type(z.object({ payable: z.bigint(), held: z.bigint(), outcome: z.string() }))`
    select payable_minor as payable, held_minor as held, outcome
    from pay_schedule schedule, payability(schedule.id, '2098-12-01', '2099-01-01') judged
    where judged.partner_id = (select id from partner where code = ${code})`);
  return rows.map(({ payable, held, outcome }) => `${payable} ${held} ${outcome}`).join();
}

describe('given one person with two accounts', () => {
  it('when the old one owes 20.00 and the new one has 50.00 then 30.00 is due after the merge', async () => {
    const { old, now } = await addTwo();
    await correct('deduction', old, '20.00');
    await correct('credit', now, '50.00');
    const body = await merge(old, now);

    expect(body).toMatchObject({ kind: 'merge', status: 'confirmed', merged: old, into: now, itemCount: 2 });
    expect(await standing(now)).toBe('3000 0 paid');
    expect(await standing(old)).toBe('0 0 nothing_due');
    const { body: asked } = await api.ask('GET', `/v1/partners/${old}/payability`);
    expect((asked['items'] as Standing[])[0]).toMatchObject({ payable: '30.00', outcome: 'paid' });
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when nobody has confirmed the merge then nothing changes', async () => {
    const { old, now } = await addTwo();
    await correct('credit', old, '20.00');
    const { body } = await propose(old, now);
    expect(await standing(old)).toBe('2000 0 paid');
    expect((await api.ask('GET', `/v1/partners/${old}`)).body).toMatchObject({ code: old, mergedInto: null });
    await decide(body['id'], 'refuse');
    expect(await standing(old)).toBe('2000 0 paid');
    expect((await propose(old, now)).status).toBe(201);
  });

  it('when some of the money is still held then it is held after the merge too, until the same day', async () => {
    const { old, now } = await addTwo();
    await correct('credit', old, '7.00', '2099-05-01');
    await correct('credit', old, '5.00');
    await merge(old, now);
    expect(await standing(now)).toBe('500 700 paid');
    expect(await standing(old)).toBe('0 0 nothing_due');
  });
});

describe('given money in a program that only the old partner was ever in, and whose agreement was taken back', () => {
  it('when they are merged then runs judge the new partner there too, so the money is not forgotten', async () => {
    const { old } = await addTwo();
    const lone = { code: `lone-${old}`, name: 'Lone', kind: 'affiliate', country: 'US' };
    const instrument = { method: 'paypal', receiver: 'lone@example.com' };
    await api.ask('POST', '/v1/partners', { body: { ...lone, instrument } });
    await correct('credit', old, '9.00');
    await api.db.query(sql.unsafe`
      insert into agreement_term(partner_id, program_id, plan_id, starts_on)
      select partner.id, program.id, null, '1900-01-01' from partner, program where partner.code = ${old} and program.code = 'club'`);
    await merge(old, lone.code);
    expect(await standing(lone.code)).toBe('900 0 paid');
    const { body } = await api.ask('GET', `/v1/partners/${old}/agreements`);
    expect(body['items']).toEqual([]);
  });
});

describe('given a merged partner', () => {
  it('when somebody asks by the old code then the new partner answers, and says for whom', async () => {
    const { old, now } = await addTwo();
    await merge(old, now);
    const answer = { code: now, mergedFrom: [old], mergedInto: null };
    expect((await api.ask('GET', `/v1/partners/${old}`)).body).toMatchObject(answer);
    expect((await api.ask('GET', `/v1/partners/${now}`)).body).toMatchObject(answer);
    const { body } = await api.ask('GET', `/v1/partners/${old}/agreements`);
    expect(body['items']).toMatchObject([{ partner: now, program: 'club', startsOn: '2026-01-01', endsOn: null }]);
    const { body: all } = await api.ask('GET', '/v1/partners?limit=200');
    expect(all['items']).toContainEqual(expect.objectContaining({ code: old, mergedInto: now }));
  });

  it('when events come under the old code then the new partner earns them, also for days before they joined', async () => {
    const { old, now } = await addTwo();
    await merge(old, now);
    expect((await send({ id: 'a', partner: old, amount: '100.00', occurredAt: '2026-01-15T12:00:00Z' })).status).toBe(
      200,
    );
    expect(
      (await send({ id: 'a', partner: old, amount: '100.00', occurredAt: '2026-01-15T12:00:00Z' })).body,
    ).toMatchObject({
      results: [{ status: 'replayed' }],
    });
    await settle();
    expect(await standing(now)).toBe('1000 0 paid');
  });

  it('when a sale of the old account is refunded under either code then the new partner owes it', async () => {
    const { old, now } = await addTwo();
    await send({ id: 'a', partner: old, amount: '100.00' });
    await send({ id: 'b', partner: old, amount: '200.00' });
    await settle();
    await merge(old, now);
    expect(await standing(now)).toBe('3000 0 paid');
    expect((await send({ id: 'ra', partner: old, amount: '100.00', refundOf: 'a' })).status).toBe(200);
    expect((await send({ id: 'rb', partner: now, amount: '50.00', refundOf: 'b' })).status).toBe(200);
    await settle();
    expect(await standing(now)).toBe('1500 0 paid');
    expect(await standing(old)).toBe('0 0 nothing_due');
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when a sale of the old account is refunded then each sum names the other code, and the old one its events', async () => {
    const { old, now } = await addTwo();
    await send({ id: 'a', partner: old, amount: '100.00' });
    await settle();
    await merge(old, now);
    await send({ id: 'ra', partner: old, amount: '40.00', refundOf: 'a' });
    await settle();
    const listed = async (code: string) => {
      const { body } = await api.ask('GET', `/v1/partners/${code}/earnings`);
      type Item = { kind: string; amount: string; explanation: { from?: string; to?: string } };
      return (body['items'] as Item[]).map(({ kind, amount, explanation: { from, to } }) => ({
        kind,
        amount,
        from,
        to,
      }));
    };
    expect(await listed(now)).toEqual([
      { kind: 'transferred', amount: '-4.00', from: old },
      { kind: 'transferred', amount: '10.00', from: old },
    ]);
    expect(await listed(old)).toEqual([
      { kind: 'transferred', amount: '4.00', to: now },
      { kind: 'transferred', amount: '-10.00', to: now },
      { kind: 'refund', amount: '-4.00' },
      { kind: 'sale', amount: '10.00' },
    ]);
  });

  it('when a refund came before its sale, and the partners merged in between, then both still meet', async () => {
    const { old, now } = await addTwo();
    await send({ id: 'ra', partner: old, amount: '40.00', refundOf: 'a' });
    await settle();
    await merge(old, now);
    await send({ id: 'a', partner: old, amount: '100.00' });
    await settle();
    expect(await standing(now)).toBe('600 0 paid');
    const { body } = await api.ask('GET', '/v1/alarms');
    expect((body['items'] as { kind: string }[]).map(({ kind }) => kind)).not.toContain('refund_not_applied');
  });

  it('when events were taken in before the merge and worked out after it then the money follows, once', async () => {
    const { old, now } = await addTwo();
    await send({ id: 'a', partner: old, amount: '100.00' });
    const { id, reason } = await merge(old, now);
    const told = await api.db.any(sql.type(z.object({ partner: z.string(), body: z.record(z.string(), z.string()) }))`
      select partner.code as partner, notification.body from notification join partner on partner.id = notification.partner_id
      where notification.body ->> 'correction' = ${String(id)} order by partner.id`);
    const body = { correction: id, kind: 'merge', added: '', taken: '', reason };
    expect(told.map((notice) => notice.body)).toEqual([body, body]);
    expect(told.map(({ partner }) => partner).toSorted()).toEqual([old, now].toSorted());
    await accrueAll(api.db, 'club');
    expect(await standing(old)).toBe('1000 0 partner_merged');
    await Promise.all([followMerges(api.db), followMerges(api.db)]);
    await followMerges(api.db);
    expect(await standing(now)).toBe('1000 0 paid');
    expect(await standing(old)).toBe('0 0 nothing_due');
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when the new partner is merged too then the oldest code finds the last one, and late money goes all the way', async () => {
    const { old, now } = await addTwo();
    const { old: last } = await addTwo();
    await send({ id: 'a', partner: old, amount: '100.00' });
    await merge(old, now);
    await merge(now, last);
    await settle();
    await followMerges(api.db);
    expect((await api.ask('GET', `/v1/partners/${old}`)).body).toMatchObject({ code: last, mergedFrom: [now, old] });
    expect(await standing(last)).toBe('1000 0 paid');
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when the old account was paid before then its payouts are listed under the new one, who may read them', async () => {
    const { old, now } = await addTwo();
    await correct('credit', old, '12.00');
    await api.db.query(sql.unsafe`
      insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on)
      select uuidv7(), id, 'on_demand', '2026-02-01', '2099-03-01', '2099-03-01T05:00:00Z', '2099-03-03' from pay_schedule
      on conflict do nothing`);
    const id = await api.db.oneFirst(sql.type(z.object({ id: z.string() }))`
      with line as (
        select * from earning_line where partner_id = (select id from partner where code = ${old})
      ), drafted as (
        insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id)
        select uuidv7(), (select id from payout_run limit 1), line.partner_id, 'USD', 'paypal', 'paypal', 1200, 1200, instrument.id
        from line join instrument_version instrument on instrument.partner_id = line.partner_id
        returning id
      )
      insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
      select drafted.id, line.id, partner_id, currency, amount_minor from drafted, line returning payout_id as id`);
    await merge(old, now);
    for (const code of [old, now])
      expect((await api.ask('GET', `/v1/payouts?partner=${code}`)).body['items']).toMatchObject([{ id, partner: old }]);
    const { key } = await api.newKey('partner', (await getPartner(api.db, now)).id);
    expect((await api.ask('GET', '/v1/me/payouts', { key })).body['items']).toMatchObject([{ id }]);
    expect((await api.ask('GET', `/v1/payouts/${id}`, { key })).status).toBe(200);
    const stranger = await api.newKey('partner', (await getPartner(api.db, 'stranger')).id);
    expect((await api.ask('GET', `/v1/payouts/${id}`, { key: stranger.key })).status).toBe(404);
    expect((await api.ask('GET', `/v1/partners/${old}`, { key: stranger.key })).status).toBe(404);
  });

  it('when a person could read the old account then that access ends, and nobody gets a new one', async () => {
    const { old, now } = await addTwo();
    const reader = await api.newKey('partner', (await getPartner(api.db, old)).id);
    await merge(old, now);
    expect((await api.ask('GET', '/v1/me', { key: reader.key })).status).toBe(401);
  });

  it('when a person was paid through the old account then they decide nothing about the new one', async () => {
    const { old, now } = await addTwo();
    const payee = await api.newKey('partner', (await getPartner(api.db, old)).id);
    const approves = await giveRole(api.db, payee.actor.id, 'approver');
    await merge(old, now);
    const body = { kind: 'credit', partner: now, amount: '1.00', program: 'club', currency: 'USD', reason: 'given' };
    const proposed = await api.ask('POST', '/v1/corrections', { body, key: preparer.key });
    expect((await decide(proposed.body['id'], 'confirm', approves.key)).body).toMatchObject({
      code: 'approver_is_payee',
    });
  });
});

describe('given merges that cannot be', () => {
  it('when a partner is merged with themselves, with nobody, or again, then the field is named', async () => {
    const { old, now } = await addTwo();
    expect((await propose(old, old)).body).toMatchObject({ errors: [{ field: 'into' }] });
    expect((await propose(old, 'nobody')).status).toBe(404);
    await merge(old, now);
    expect((await propose(old, 'stranger')).body).toMatchObject({ errors: [{ field: 'code' }] });
    expect((await propose(now, old)).body).toMatchObject({ errors: [{ field: 'into' }] });
  });

  it('when each of two partners is to be merged into the other then only one merge is confirmed', async () => {
    const { old, now } = await addTwo();
    const [there, back] = [await propose(old, now), await propose(now, old)];
    expect((await decide(there.body['id'])).status).toBe(200);
    expect((await decide(back.body['id'])).body).toMatchObject({ code: 'correction_overtaken', status: 409 });
    expect((await decide(back.body['id'], 'refuse')).status).toBe(200);
  });

  it('when the partner is on hold then held money would move, so it is refused', async () => {
    const { old, now } = await addTwo();
    const { body } = await propose(old, now);
    await api.ask('POST', `/v1/partners/${old}/hold`, { body: { reason: 'a dispute is open' } });
    expect((await propose(now, old)).status).toBe(201);
    expect((await decide(body['id'])).body).toMatchObject({ code: 'correction_overtaken' });
    expect(await standing(old)).toContain('nothing_due');
  });

  it('when a preparer proposes it, or one person alone decides it, then it is refused', async () => {
    const { old, now } = await addTwo();
    expect((await propose(old, now, preparer.key)).status).toBe(403);
    const { body } = await propose(old, now);
    const again = await giveRole(api.db, api.operator.actor.id, 'approver');
    expect((await decide(body['id'], 'confirm', again.key)).body).toMatchObject({ code: 'decider_is_proposer' });
  });
});
