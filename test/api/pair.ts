import { randomUUID } from 'node:crypto';

import { type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';

import { getPartner } from '../../db/partners/partners.ts';
import { insertIdentity } from '../../db/people/identities.ts';
import { addDays } from '../../domain/calendar.ts';
import { say } from '../../domain/tasks/notice-content.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { signIn, type SignedIn } from '../pages/site.ts';
import { addPayout, type Api, setUpShop } from './api.ts';

/** Two partners. Ann has one of everything that a partner can have, and bob has nothing. */
export type Pair = {
  ann: { key: string; pages: SignedIn };
  bob: { key: string; pages: SignedIn };
  /** The ids of what ann has, by the word before the id in an address, or by the field of a body that names it. */
  things: Readonly<Record<string, string>>;
};

/** An id that nobody has, in the form of one of ann's. */
export const missingLike = (id: string): string =>
  /^[0-9a-f]{8}-/.test(id) ? randomUUID() : /^\d+$/.test(id) ? String(BigInt(id) + 1n) : 'zoe';

const TODAY = new Date().toISOString().slice(0, 10);
const [FROM, LATER] = [addDays(TODAY, 10), addDays(TODAY, 60)];
/** Nobody decides: what is asked for waits, and keeps its owner. */
const POLICY = {
  rules: [
    {
      title: 'all',
      stages: [
        { role: 'preparer', approvals: 1, within: { days: 3, counted: 'business' }, atEnd: 'expire' },
        { role: 'approver', approvals: 1, within: { days: 3, counted: 'business' }, atEnd: 'expire' },
      ],
    },
  ],
};

export async function addPair(api: Api): Promise<Pair> {
  await setUpShop(api, ['ann', 'bob']);
  const idOf = async (code: string) => (await getPartner(api.db, code)).id;
  const keyOf = async (code: string) => (await api.newKey('partner', await idOf(code))).key;
  const [annKey, bobKey] = [await keyOf('ann'), await keyOf('bob')];
  const ann = await signIn(api, 'ann-login', 'partner', await idOf('ann'));
  const bob = await signIn(api, 'bob-login', 'partner', await idOf('bob'));

  const post = async (path: string, body: object, key?: string): Promise<string> => {
    const answer = await api.ask('POST', path, { body, ...(key && { key }) });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return String(answer.body['id']);
  };
  const [rule] = POLICY.rules;
  await post('/v1/programs/shop/policies/deal', { policy: { rules: [{ ...rule, grants: { protectionDays: 30 } }] } });
  for (const subject of ['request', 'claim']) await post(`/v1/programs/shop/policies/${subject}`, { policy: POLICY });
  const money = { program: 'shop', currency: 'USD', amount: '500.00' };
  const deal = { ...money, customer: 'Customer', country: 'DE', productLines: ['routers'], expectedClose: LATER };
  const wish = { ...money, kind: 'development_funds', wish: 'The fair', startsOn: FROM, endsOn: LATER };
  const proof = { document: 'invoice 4711', sha256: 'ab'.repeat(32) };
  const requests = await post('/v1/me/requests', wish, annKey);
  const payouts = await addPayout(api.db, 'ann');
  const ownInstrument = sql.fragment`
    (select instrument.id from instrument_version instrument join partner on partner.id = partner_id where partner.code = 'ann')`;
  const instrument = await idIn(api, ownInstrument);
  const contactChange = await addContactChange(api);
  return {
    ann: { key: annKey, pages: ann },
    bob: { key: bobKey, pages: bob },
    things: {
      partners: 'ann',
      portal: 'ann',
      payouts,
      payout: payouts,
      runs: await idIn(api, sql.fragment`(select run_id as id from payout where id = ${payouts})`),
      deals: await post('/v1/me/deals', { ...deal, domain: 'customer.example' }, annKey),
      requests,
      claims: await post('/v1/me/claims', { ...money, wish: 'The stand', proof }, annKey),
      fund: await addFund(api, requests),
      instruments: instrument,
      details: instrument,
      questions: await post('/v1/me/questions', { about: 'missing', text: 'I do not see this sale.' }, annKey),
      contact: contactChange,
      'contact-changes': contactChange,
      users: await idIn(
        api,
        sql.fragment`(select held.id from role_grant held join partner on partner.id = partner_id where partner.code = 'ann')`,
      ),
      people: 'ann-login',
      roles: ann.grantId,
      sessions: ann.sessionId,
      passkeys: ann.passkeyId,
      identities:
        (await insertIdentity(api.db, { actorId: ann.actorId, issuer: 'https://id.test', subject: 'ann' })) ?? '',
      notices: await addNotice(api),
    },
  };
}

/** A notice that ann reads in the portal, with a number that no other text has. */
async function addNotice(api: Api): Promise<string> {
  const id = '987654321';
  const content = { subject: 'A notice', parts: [say('It is for ann.')] };
  await asOwner(
    api,
    sql.unsafe`
      insert into notification(id, dedupe_key, kind, audience, partner_id, body, content, told_at) overriding system value
      select ${id}::bigint, 'a-notice', 'deal_changed', 'partner', id, '{}', ${JSON.stringify(content)}::jsonb, now()
      from partner where code = 'ann'`,
  );
  return id;
}

/** Another address that ann's owner asked for. */
async function addContactChange(api: Api): Promise<string> {
  await asOwner(
    api,
    sql.unsafe`
      insert into contact_change(partner_id, email, confirm_hash, stop_hash, asked_by, signature_id, expires_at)
      select id, 'new@ann.test', 'a', 'b', (select id from actor where code = 'ann-login'), uuidv7(), now() + interval '1 day'
      from partner where code = 'ann'`,
  );
  return idIn(api, sql.fragment`contact_change`);
}

/** A fund that ann may claim from today. */
async function addFund(api: Api, requestId: string): Promise<string> {
  await asOwner(
    api,
    sql.unsafe`
      insert into fund(request_id, program_id, partner_id, currency, amount_minor, starts_on, ends_on)
      select id, program_id, partner_id, 'USD', 100000, '2026-01-01', '2099-01-01' from partner_request where id = ${requestId}`,
  );
  return idIn(api, sql.fragment`fund`);
}

async function asOwner({ url }: Api, statement: QuerySqlToken): Promise<void> {
  const owner = await openOwner(url);
  await tamper(owner, statement);
  await owner.end();
}

const idIn = ({ db }: Api, source: ReturnType<typeof sql.fragment>): Promise<string> =>
  db.oneFirst(sql.type(z.object({ id: z.string() }))`select id from ${source} as found limit 1`);
