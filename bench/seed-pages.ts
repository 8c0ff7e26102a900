import { type DatabasePool, type FragmentSqlToken, type QuerySqlToken, sql } from 'slonik';

import { Id } from '../db/column-types.ts';
import { addActor } from '../commands/people/actors.ts';
import { insertPasskey } from '../db/people/passkeys.ts';
import { insertSession } from '../db/people/sessions.ts';
import { insertCall, newCallId } from '../db/partners/details-calls.ts';
import { callRecord, seal } from '../db/vault.ts';
import type { Role } from '../domain/people/role.ts';
import { type Company, VAULT } from './company.ts';
import { write } from './seed-books.ts';

/** The partner whose portal is opened. Each kind of row has one of theirs. */
export const OWN_PARTNER = 'p1';
const STAFF_ROLES: readonly Role[] = ['operator', 'preparer', 'approver', 'auditor'];

/** Adds rows of everything besides payouts: one for every partner where partners cause it. One in ten still waits. */
export async function seedPages(db: DatabasePool, owner: DatabasePool, company: Company, paidId: string) {
  const staff = await addVisitor(db, owner, 'staff', STAFF_ROLES);
  const user = await addVisitor(db, owner, 'user', ['partner']);
  await write(owner, [
    ...failures(paidId),
    ...decisions(company, user.actorId),
    ...corrections(company, staff.actorId),
    ...eventsThatWait(company, staff.actorId),
    ...bankBooks(company),
    ...workings(company, staff.actorId),
    ...announcements(staff.actorId),
    ...access(staff.actorId, user.actorId),
  ]);
  await addCall(db, owner, staff.actorId);
  await owner.query(sql.unsafe`vacuum (analyze)`);
  return { staff: staff.cookie, partner: user.cookie };
}

/** A person with some roles, who is signed in. */
async function addVisitor(db: DatabasePool, owner: DatabasePool, code: string, roles: readonly Role[]) {
  const { id: actorId } = await addActor(db, { code, name: code, email: `${code}@example.org` }, null);
  const partner = sql.fragment`(select id from partner where code = ${OWN_PARTNER})`;
  await write(
    owner,
    roles.map(
      (role) => sql.unsafe`
        insert into role_grant(actor_id, role, partner_id, access, status, proposed_by, decided_by, decided_at)
        select ${actorId}, ${role}, ${role === 'partner' ? partner : null}, ${role === 'partner' ? 'owner' : null}, 'confirmed',
          first.id, second.id, now()
        from actor first, actor second where first.code = 'first' and second.code = 'second'`,
    ),
  );
  const bytes = Buffer.from(code.padEnd(32, '.'));
  const passkey = { actorId, credentialId: bytes, publicKey: bytes, signCount: 0n, transports: [] };
  const passkeyId = (await insertPasskey(db, passkey)) ?? '';
  const token = bytes.toString('base64url');
  await insertSession(db, { actorId, means: { passkeyId }, token, userAgent: null });
  return { actorId, cookie: `__Host-session=${token}` };
}

/** A tenth of the last run failed and waits for people. Half of the run was a task once. */
const failures = (paidId: string): QuerySqlToken[] => [
  sql.unsafe`
    update payout_attempt attempt set state = 'failed', debited_minor = null, reason = 'RECIPIENT_REJECTED' from payout
    where payout.id = payout_id and run_id = ${paidId} and partner_id % 10 = 1`,
  sql.unsafe`
    update payout set status = 'failed', status_reason = 'RECIPIENT_REJECTED', status_at = now()
    where run_id = ${paidId} and partner_id % 10 = 1`,
  sql.unsafe`
    insert into instrument_failure(payout_id, instrument_id, reason, advice)
    select id, instrument_version_id, 'RECIPIENT_REJECTED', 'ask_partner' from payout where status = 'failed'`,
  sql.unsafe`
    insert into task(kind, subject, payout_id, detail, evidence, deadline_at, closed_at, resolution)
    select 'outcome_unknown', 'payout/' || id, id, 'The provider did not answer.', '{}', now() + interval '1 day',
      case when partner_id % 10 <> 1 then now() end, case when partner_id % 10 <> 1 then 'The provider answered.' end
    from payout where run_id = ${paidId} and partner_id % 2 = 1`,
  sql.unsafe`insert into incident(kind, payout_id) select 'payout_failed', id from payout where status = 'failed'`,
  sql.unsafe`
    insert into alarm(kind, subject, detail, cleared_at)
    select 'payout_stuck', 'payout/' || id, 'It waits.', case when partner_id % 10 <> 1 then now() end from payout
    where run_id = ${paidId} and partner_id % 5 = 1`,
];

/** A policy under which one person decides within three days. */
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
const waits = sql.fragment`partner.id % 10 = 1`;
const whileWaiting = (value: FragmentSqlToken): FragmentSqlToken => sql.fragment`case when ${waits} then ${value} end`;
const onceEnded = (value: FragmentSqlToken): FragmentSqlToken => sql.fragment`case when not ${waits} then ${value} end`;
const ending = sql.fragment`${whileWaiting(sql.fragment`now() + interval '3 days'`)}, ${onceEnded(sql.fragment`now()`)},
  ${onceEnded(sql.fragment`'Not needed.'`)}`;
const state = sql.fragment`case when ${waits} then 'review' else 'declined' end`;

/** Deals, requests, claims and questions. */
function decisions({ programId, by }: Company, userId: string): QuerySqlToken[] {
  const subjects = [
    ['deal', 'registration', sql.fragment`deal`, { protectionDays: 30 }],
    ['request', 'development_funds', sql.fragment`partner_request`, undefined],
    ['claim', 'claim', sql.fragment`fund_claim`, undefined],
  ] as const;
  const policies = subjects.map(([subject, , , grants]) => {
    const policy = { rules: [{ ...POLICY.rules[0], ...(grants && { grants }) }] };
    return sql.unsafe`
      insert into policy_version(program_id, subject, version, policy, created_by)
      values (${programId}, ${subject}, 1, ${JSON.stringify(policy)}::jsonb, ${by})`;
  });
  const reviews = subjects.map(
    ([subject, ask, table]) => sql.unsafe`
      insert into policy_review(subject, subject_id, ask, program_id, partner_id, policy_version_id, rule_no, rule, facts, asked_by,
        status, ended_at)
      select ${subject}, asked.id, ${ask}, ${programId}, partner_id, version.id, 1, version.policy->'rules'->0, '{}', ${userId},
        case when asked.status = 'review' then 'waiting' else 'declined' end, asked.ended_at
      from ${table} asked, policy_version version where version.subject = ${subject}`,
  );
  return [
    ...policies,
    sql.unsafe`
      insert into deal(program_id, partner_id, customer, domain, country, product_lines, currency, amount_minor, expected_close,
        registered_by, status, due_at, ended_at, reason)
      select ${programId}, partner.id, 'Customer', code || '.example', 'US', '{routers}', 'USD', 50000, current_date + 60, ${userId},
        ${state}, ${ending} from partner`,
    sql.unsafe`
      insert into deal_customer(deal_id, program_id, identifier, product_line, is_held)
      select id, program_id, 'domain/' || domain, 'routers', status = 'review' from deal`,
    sql.unsafe`
      insert into partner_request(program_id, partner_id, kind, wish, currency, amount_minor, starts_on, ends_on, requested_by, status,
        due_at, ended_at, reason)
      select ${programId}, partner.id, 'development_funds', 'The fair', 'USD', 50000, current_date, current_date + 60, ${userId},
        ${state}, ${ending} from partner`,
    sql.unsafe`
      insert into fund_claim(program_id, partner_id, currency, amount_minor, wish, proof, proof_sha256, claimed_by, status, due_at,
        ended_at, reason)
      select ${programId}, partner.id, 'USD', 50000, 'The stand', 'invoice 4711', sha256('proof'), ${userId}, ${state}, ${ending}
      from partner`,
    sql.unsafe`
      insert into question(partner_id, about, line, asked_by, status, due_at)
      select partner.id, 'missing', 'order 4711', ${userId}, case when ${waits} then 'open' else 'closed' end,
        ${whileWaiting(sql.fragment`now() + interval '3 days'`)} from partner`,
    sql.unsafe`
      insert into question_message(question_id, kind, side, actor_id, text)
      select id, 'question', 'partner', ${userId}, 'I do not see this sale.' from question`,
    ...reviews,
  ];
}

const corrections = ({ programId, by }: Company, staffId: string): QuerySqlToken[] => [
  sql.unsafe`
    insert into correction(kind, reason, proposed_by, status, decided_by, decided_at)
    select 'credit', 'for ' || code, ${by}, case when ${waits} then 'proposed' else 'refused' end,
      ${onceEnded(sql.fragment`${staffId}::uuid`)}, ${onceEnded(sql.fragment`now()`)} from partner`,
  sql.unsafe`
    insert into correction_item(correction_id, item_no, partner_id, program_id, currency, amount_minor, available_on)
    select correction.id, 1, partner.id, ${programId}, 'USD', 1000, current_date
    from correction join partner on reason = 'for ' || code`,
  sql.unsafe`
    insert into unit(code, exponent, program_id, name, conversion, created_by)
    values ('points-bench', 0, ${programId}, 'Points', 'by-staff', ${by})`,
  sql.unsafe`insert into unit_rate(unit, currency, starts_on, rate, recorded_by) values ('points-bench', 'USD', '2025-01-01', '0.01', ${by})`,
  sql.unsafe`
    insert into conversion(partner_id, unit, asked_minor, points_minor, rate_id, currency, amount_minor, reason, proposed_by, status, decided_by,
      decided_at)
    select partner.id, 'points-bench', 1000, 1000, unit_rate.id, 'USD', 1000, 'They asked for it.', ${by},
      case when ${waits} then 'proposed' else 'refused' end, ${onceEnded(sql.fragment`${staffId}::uuid`)}, ${onceEnded(sql.fragment`now()`)}
    from partner, unit_rate`,
  sql.unsafe`
    insert into re_rating(program_id, from_day, until_day, reason, proposed_by, status)
    values (${programId}, '2025-01-01', '2026-01-01', 'A rate was wrong.', ${by}, 'proposed')`,
  sql.unsafe`
    insert into re_rating_item(re_rating_id, partner_id, currency, events, before_minor, after_minor)
    select re_rating.id, partner.id, 'USD', 1, 1000, 1100 from re_rating, partner`,
];

/** Events that are quarantined, parked, set aside, or not eligible, each with an event of the last month. */
function eventsThatWait({ programId }: Company, staffId: string): QuerySqlToken[] {
  const last = sql.fragment`(select * from event order by id desc limit (select count(*) / 10 from partner))`;
  return [
    sql.unsafe`
      insert into import(file_name, created_by, finished_at, rows, rejected)
      select 'sales.csv', ${staffId}, now(), 1000, 10 from generate_series(1, 1000)`,
    sql.unsafe`
      insert into import_rejection(import_id, line, column_name, reason)
      select id, line, 'amount', 'is not an amount' from import, generate_series(1, 10) line`,
    sql.unsafe`
      insert into event_quarantine(source, source_id, payload, payload_hash, sent_by)
      select source, source_id, jsonb_build_object('source', source, 'id', source_id, 'partner', 'p' || partner_id, 'program', 'bench',
        'kind', 'sale', 'currency', 'USD', 'amount', '200.00', 'occurredAt', '2025-11-01T00:00:00.000Z'), '', ${staffId}
      from ${last} event`,
    sql.unsafe`
      insert into event_parked(program_id, partner_code, source, source_id, revision, currency, amount_minor, payload, payload_hash, sent_by)
      select ${programId}, 'new-' || partner_id, source, 'parked-' || source_id, 1, 'USD', 10000, jsonb_build_object('source', source,
        'id', 'parked-' || source_id, 'partner', 'new-' || partner_id, 'program', 'bench', 'kind', 'sale', 'currency', 'USD',
        'amount', '100.00', 'occurredAt', '2025-11-01T00:00:00.000Z'), '', ${staffId}
      from ${last} event`,
    sql.unsafe`
      insert into event_due(event_id, partner_id, program_id, shard, source, waits_on, waits_for, waits_since, set_aside_since,
        set_aside_reason)
      select id, partner_id, ${programId}, 0, source, case when id % 2 = 0 then 'eligibility' end, case when id % 2 = 0 then 'bench' end,
        case when id % 2 = 0 then now() end, case when id % 2 = 1 then now() end, case when id % 2 = 1 then 'no_terms' end
      from ${last} event`,
  ];
}

/** A statement of each paid day, with a line for each payment, and a break for each hundredth. */
const bankBooks = ({ payerId }: Company): QuerySqlToken[] => [
  sql.unsafe`
    insert into recon_report(gateway, payer_id, currency, day, line_count, break_count, read_at)
    select 'wise', ${payerId}, 'USD', (submitted_at at time zone 'UTC')::date, count(*), 1, now() from payout_attempt
    where submitted_at is not null group by 4`,
  sql.unsafe`
    insert into recon_line(report_id, line_id, gateway, kind, currency, amount_minor, occurred_at, reference, matched_attempt_id)
    select report.id, 'line-' || attempt.id, 'wise', 'payout', 'USD', -1000, submitted_at, provider_ref, attempt.id
    from payout_attempt attempt join recon_report report on report.day = (submitted_at at time zone 'UTC')::date`,
  sql.unsafe`
    insert into recon_break(gateway, kind, subject, attempt_id, currency, expected_minor, found_minor)
    select 'wise', 'amount_differs', 'payout/' || payout_id, attempt.id, 'USD', 1000, 999
    from payout_attempt attempt join payout on payout.id = payout_id where partner_id % 100 = 0 and submitted_at is not null`,
];

/** The audits of months, and a back-test. */
const workings = ({ programId }: Company, staffId: string): QuerySqlToken[] => [
  sql.unsafe`
    insert into audit(program_id, month, state, ended_at)
    select ${programId}, month, 'done', now() from generate_series('2025-01-01', '2025-11-01', interval '1 month') month`,
  sql.unsafe`
    insert into audit_sum(audit_id, partner_id, unit, event_count, earned_minor, booked_minor, posted_minor, ledger_minor, events)
    select audit.id, partner.id, 'USD', 1, 1000, 1000, 1000, 1000,
      case when partner.id % 100 = 1 then '{bench/sale-1}'::text[] else '{}' end from audit, partner`,
  sql.unsafe`
    insert into back_test(program_id, plan_id, terms, starts_on, ends_on, state, asked_by, ended_at)
    select ${programId}, plan.id, terms, '2025-01-01', '2026-01-01', 'done', ${staffId}, now()
    from plan join plan_version on plan_id = plan.id`,
  sql.unsafe`
    insert into back_test_partner(back_test_id, partner_id, unit, event_count, old_minor, new_minor, stopped_count)
    select back_test.id, partner.id, 'USD', 11, 11000, 12100, 0 from back_test, partner`,
  sql.unsafe`
    insert into back_test_group(back_test_id, month, tier, unit, event_count, old_minor, new_minor)
    select back_test.id, month, '', 'USD', count(*), 1000 * count(*), 1100 * count(*)
    from back_test, partner, generate_series('2025-01-01', '2025-11-01', interval '1 month') month group by back_test.id, month`,
];

/** Notices of the console and of every partner, and a system that is told of what happened. */
const announcements = (staffId: string): QuerySqlToken[] => [
  sql.unsafe`
    insert into notification(dedupe_key, kind, audience, partner_id, body, content, told_at, sent_at)
    select audience || '-' || no || '-' || partner.id, 'deal_changed', audience, case when audience = 'partner' then partner.id end, '{}',
      '{"subject": "A deal changed", "parts": [{"is": "text", "text": "A deal changed."}]}', now(), now()
    from partner, unnest(array['partner', 'finance']) audience, generate_series(1, 3) no`,
  sql.unsafe`
    insert into webhook_endpoint(url, events, created_by) values ('https://systems.example', '{payout.settled}', ${staffId})`,
  sql.unsafe`
    insert into webhook_event(type, data) select 'payout.settled', jsonb_build_object('payout', id) from payout where status = 'settled'
    limit (select count(*) from partner)`,
  sql.unsafe`
    insert into webhook_delivery(endpoint_id, event_id, status, tries, ended_at)
    select webhook_endpoint.id, webhook_event.id, 'delivered', 1, now() from webhook_endpoint, webhook_event`,
  sql.unsafe`
    insert into webhook_attempt(endpoint_id, event_id, status, took_ms) select endpoint_id, event_id, 200, 80 from webhook_delivery`,
];

/** People: those of every tenth partner, and a colleague whose passkey is lost. */
const access = (staffId: string, userId: string): QuerySqlToken[] => [
  sql.unsafe`
    insert into actor(code, name, email) select 'user-' || id, 'User', 'user' || id || '@partners.example' from partner
    where id % 10 = 1`,
  sql.unsafe`
    insert into role_grant(actor_id, role, partner_id, access, status, proposed_by, decided_at)
    select actor.id, 'partner', partner.id, 'viewer', 'confirmed', ${staffId}, now()
    from partner join actor on actor.code = 'user-' || partner.id`,
  sql.unsafe`
    insert into passkey_loss(actor_id, reason, needs_two, status, proposed_by)
    values (${userId}, 'The phone is lost.', true, 'proposed', ${staffId})`,
];

/** A call about the payout details of the partner, with a file. */
async function addCall(db: DatabasePool, owner: DatabasePool, staffId: string): Promise<void> {
  const id = await newCallId(db);
  const instrumentId = await owner.oneFirst(sql.type(Id)`
    select version.id from instrument_version version join partner on partner.id = partner_id where partner.code = ${OWN_PARTNER}`);
  const file = { name: 'call.pdf', sealed: seal(VAULT, callRecord(id), Buffer.from('%PDF-1.7')) };
  const call = {
    phone: '+1 555 0100',
    spokeWith: 'Ann',
    calledAt: new Date(),
    isConfirmed: true,
    evidence: 'They confirmed it.',
  };
  await insertCall(owner, { id, instrumentId, ...call, file }, staffId);
}
