import { type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { addAuditEntry, sealAuditLog } from '../../db/people/audit.ts';
import { ATTEMPT_NEXT, ATTEMPT_STATES, canAttemptBecome } from '../../domain/payouts/attempt.ts';
import { canPayoutBecome, PAYOUT_NEXT, PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import { canRunBecome, RUN_NEXT, RUN_STATUSES } from '../../domain/runs/run.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import {
  addActor,
  addAttempt,
  addCompany,
  addEvent,
  addInstrument,
  addLine,
  addPartner,
  addPayout,
  addRun,
  approve,
  disburse,
  putInReview,
  refusalOf,
  sendPayout,
  settlePayout,
  SOURCE,
  tryAll,
} from '../fixtures/rows.ts';
import { eventually } from '../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../fixtures/locks.ts';
import { tamper } from '../fixtures/database.ts';
import { openFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
let scene: Scene;

beforeAll(async () => {
  fixture = await openFixture();
  scene = await setScene(fixture.app);
});
afterAll(() => fixture.close());

type Scene = Awaited<ReturnType<typeof setScene>>;

/** Three companies, whose runs are in preparation, in review and being paid. */
async function setScene(db: Fixture['app']) {
  const drafting = await addCompany(db, { approvalsRequired: 2 });
  const ann = await addPartner(db, drafting);
  const bob = await addPartner(db, drafting);
  const draftLine = await addLine(db, drafting, ann);
  const draftRun = await addRun(db, drafting);
  const draft = await addPayout(db, draftRun, ann, [draftLine]);

  const reviewing = await addCompany(db, { approvalsRequired: 2 });
  const editor = await addActor(db, 'eddie');
  const raeUnpaid = await addPartner(db, reviewing, null);
  const raeInstrument = await addInstrument(db, raeUnpaid.id, { createdBy: editor });
  const rae = { ...raeUnpaid, method: 'bank' as const, instrumentId: raeInstrument };
  const reviewRun = await addRun(db, reviewing);
  const reviewed = await addPayout(db, reviewRun, rae, [await addLine(db, reviewing, rae)]);
  await putInReview(db, reviewRun);
  await approve(db, reviewRun, reviewing.preparer);
  await approve(db, reviewRun, reviewing.approver);
  await db.query(sql.unsafe`
    insert into run_edit(run_id, payout_id, actor_id, reason) values (${reviewRun}, ${reviewed}, ${reviewing.preparer}, 'looked')`);

  const paying = await addCompany(db);
  const partners = [await addPartner(db, paying), await addPartner(db, paying), await addPartner(db, paying)] as const;
  const payingRun = await addRun(db, paying);
  const [unasked, asked, settled] = [
    await addPayout(db, payingRun, partners[0], [await addLine(db, paying, partners[0])]),
    await addPayout(db, payingRun, partners[1], [await addLine(db, paying, partners[1])]),
    await addPayout(db, payingRun, partners[2], [await addLine(db, paying, partners[2])]),
  ];
  await disburse(db, payingRun, paying.approver);
  const attempts = {
    prepared: await addAttempt(db, unasked, { providerKey: 'prepared-key' }),
    submitted: await sendPayout(db, asked),
    settled: await settlePayout(db, settled),
  };
  await addEvent(db, drafting, ann, { id: 'known-sale' });
  await addSurroundings(db, paying.payerId);
  const freeLine = await addLine(db, drafting, ann);
  const lineOfRae = await addLine(db, reviewing, rae);
  const lineOfAsked = await addLine(db, paying, partners[1]);
  const rivalRun = await addRun(db, await addCompany(db));
  const lineOfBob = await addLine(db, drafting, bob);
  const newerInstrument = await addInstrument(db, partners[1].id, { createdBy: editor });
  return {
    drafting,
    ann,
    bob,
    draftLine,
    draftRun,
    draft,
    freeLine,
    lineOfRae,
    lineOfAsked,
    rivalRun,
    lineOfBob,
    newerInstrument,
    reviewing,
    reviewRun,
    reviewed,
    editor,
    paying,
    payingRun,
    unasked,
    asked,
    settled,
    attempts,
  };
}

/** A row of each kind of fact that nothing above has created. */
async function addSurroundings(db: Fixture['app'], payerId: number): Promise<void> {
  await db.query(sql.unsafe`
    insert into event_quarantine(source, source_id, payload, payload_hash) values (${SOURCE}, 'known-sale', '{}', 'other')`);
  await db.query(sql.unsafe`
    with file as (insert into import(file_name, mapping) values ('sales.csv', '{}') returning id)
    insert into import_rejection(import_id, line, column_name, reason) select id, 2, 'amount', 'no amount' from file`);
  await db.query(sql.unsafe`
    with account as (
      insert into check_account(payer_id, account_ref, number_first, number_next) values (${payerId}, 'checking', 1001, 1001) returning id)
    insert into check_register(check_account_id, number, spoiled_because, recorded_by)
    select account.id, 1001, 'torn', actor.id from account, (select id from actor limit 1) actor`);
  await db.query(sql.unsafe`
    with report as (insert into recon_report(gateway, payer_id, currency, day) values ('wise', ${payerId}, 'USD', '2026-02-02') returning id)
    insert into recon_line(report_id, line_id, gateway, kind, currency, amount_minor, occurred_at)
    select id, 'L1', 'wise', 'payout', 'USD', -1000, '2026-02-02' from report`);
  await addAuditEntry(db, { actorId: null, action: 'test.look', subject: 'scene' });
  await sealAuditLog(db);
}

type Attack = { does: string; with: (s: Scene) => readonly QuerySqlToken[]; refused: RegExp };

const CHECKED_NOW = sql.unsafe`set constraints all immediate`;
const account = (code: string) => sql.fragment`(select min(id) from ledger_account where code like ${`${code}%`})`;
const journal = (key: string) => sql.unsafe`
  insert into ledger_journal(kind, idempotency_key, currency, effective_at) values ('suspense', ${key}, 'USD', now())`;
const entry = (key: string, lineNo: number, minor: number, currency = 'USD') => sql.unsafe`
  insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
  select id, ${lineNo}, ${account('program:expense')}, ${currency}, ${minor} from ledger_journal where idempotency_key = ${key}`;
const entries = (key: string, ...minors: readonly number[]) => sql.unsafe`
  insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
  select journal.id, added.line_no, ${account('program:expense')}, 'USD', added.minor
  from ledger_journal journal,
    ${sql.unnest(
      minors.map((minor, index) => [index + 10, minor]),
      ['int2', 'int8'],
    )} as added(line_no, minor)
  where journal.idempotency_key = ${key}`;
const takeLine = (
  payoutId: string,
  lineId: bigint,
  change: { partnerId?: bigint; currency?: string; minor?: bigint } = {},
) => sql.unsafe`
  insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
  select ${payoutId}, id, coalesce(${change.partnerId ?? null}::bigint, partner_id), coalesce(${change.currency ?? null}, currency),
    coalesce(${change.minor ?? null}::bigint, amount_minor)
  from earning_line where id = ${lineId}`;
const release = (payoutId: string) =>
  sql.unsafe`update payout_line set released_at = now() where payout_id = ${payoutId}`;
const endAndRelease = (id: string, status: string) => sql.unsafe`
  with ended as (update payout set status = ${status} where id = ${id} returning id)
  update payout_line set released_at = now() from ended where payout_id = ended.id`;
const movePayout = (id: string, status: string) => sql.unsafe`update payout set status = ${status} where id = ${id}`;
const takeOut = (id: string) => sql.unsafe`update payout set cut_reason = 'in dispute' where id = ${id}`;
const moveRun = (id: string, status: string) => sql.unsafe`update payout_run set status = ${status} where id = ${id}`;
const split = (lineId: bigint, ...minors: readonly number[]) => sql.unsafe`
  insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on, split_from)
  select partner_id, program_id, kind, batch_id, currency, part, 1, available_on, id
  from earning_line, unnest(${sql.array(minors, 'int8')}) part where id = ${lineId}`;
const draftOf = (
  { draftRun, bob }: Scene,
  amounts: { gross: number; withheld?: number; fee?: number; net: number },
  change: { runId?: string; instrument?: string | null; gateway?: string; status?: string; replaces?: string } = {},
) => sql.unsafe`
  insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, withheld_minor, fee_minor, net_minor,
    instrument_version_id, status, replaces_id)
  values (uuidv7(), ${change.runId ?? draftRun}, ${bob.id}, 'USD', 'bank', ${change.gateway ?? 'wise'}, ${amounts.gross},
    ${amounts.withheld ?? 0}, ${amounts.fee ?? 0}, ${amounts.net}, ${change.instrument ?? bob.instrumentId}, ${change.status ?? 'draft'},
    ${change.replaces ?? null})`;
const attemptOf = (
  payoutId: string,
  change: { no?: number; key?: string; minor?: number; currency?: string; gateway?: string; state?: string } = {},
) => sql.unsafe`
  insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash, state,
    submitted_at)
  values (${payoutId}, ${change.no ?? 2}, ${change.gateway ?? 'wise'}, ${change.key ?? 'another-key'}, ${change.currency ?? 'USD'},
    ${change.minor ?? 1000}, '', '', ${change.state ?? 'prepared'}, ${change.state ? '2026-02-02' : null})`;
const changeAttempt = (id: string, change: ReturnType<typeof sql.fragment>) =>
  sql.unsafe`update payout_attempt set ${change} where id = ${id}`;

/** The attacks that somebody malicious would try. Each is one transaction, tried by the app and by the owner of the database. */
const ATTACKS: Record<string, readonly Attack[]> = {
  ledger: [
    { does: 'books a journal without entries', with: () => [journal('k1')], refused: /0 entries/ },
    {
      does: 'books a journal that does not add up',
      with: () => [journal('k1'), entries('k1', 500, -400)],
      refused: /do not add up/,
    },
    {
      does: 'books one side now and the other side later',
      with: () => [journal('k1'), entry('k1', 1, 500), entry('k1', 2, -500)],
      refused: /do not add up/,
    },
    {
      does: 'adds to a journal after it was checked',
      with: () => [journal('k1'), entries('k1', 500, -500), CHECKED_NOW, entry('k1', 1, 700)],
      refused: /do not add up/,
    },
    {
      does: "adds two balanced entries to yesterday's journal",
      with: () => [
        sql.unsafe`
          insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
          select journal.id, 90 + n, ${account('program:expense')}, 'USD', n * 2 - 3
          from (select id from ledger_journal order by id limit 1) journal, generate_series(1, 2) n`,
      ],
      refused: /its journal is closed/,
    },
    {
      does: 'claims that a journal belongs to another transaction',
      with: () => [
        sql.unsafe`
          insert into ledger_journal(kind, idempotency_key, currency, effective_at, txid) values ('suspense', 'k1', 'USD', now(), '5')`,
        entries('k1', 500, -500),
      ],
      refused: /its journal is closed/,
    },
    {
      does: 'books euros in a journal of dollars',
      with: () => [journal('k1'), entry('k1', 1, 500, 'EUR')],
      refused: /foreign key|do not add up/,
    },
    { does: 'books nothing', with: () => [journal('k1'), entries('k1', 0, 0)], refused: /check/ },
    {
      does: 'posts the same journal a second time',
      with: () => [
        sql.unsafe`
          insert into ledger_journal(kind, idempotency_key, currency, effective_at)
          select kind, idempotency_key, currency, effective_at from ledger_journal limit 1`,
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'opens an account that already has money',
      with: ({ ann }) => [
        sql.unsafe`
          insert into ledger_account(code, currency, partner_id, cached, credits) values ('mine', 'USD', ${ann.id}, true, 1000000)`,
      ],
      refused: /must begin empty/,
    },
  ],
  events: [
    {
      does: 'sends the same event again with another date',
      with: ({ drafting, ann }) => [
        sql.unsafe`
          insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, occurred_at, payload_hash)
          values (${SOURCE}, 'known-sale', ${ann.id}, ${drafting.programId}, 'sale', 'USD', 10000, '2026-03-10', 'other')`,
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'sends a sale with a negative amount',
      with: ({ drafting, ann }) => [
        sql.unsafe`
          insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, occurred_at, payload_hash)
          values (${SOURCE}, 'odd', ${ann.id}, ${drafting.programId}, 'sale', 'USD', -1, '2026-03-10', 'other')`,
      ],
      refused: /check/,
    },
    {
      does: 'takes back more than a sale earned',
      with: ({ drafting, ann }) => [
        sql.unsafe`
          insert into event(source, source_id, partner_id, program_id, kind, about, occurred_at, payload_hash)
          select ${SOURCE}, 'refund-' || n, ${ann.id}, ${drafting.programId}, 'refund', source_id, now(), 'hash'
          from (select event_id from earning where amount_minor = 1000 limit 1) sale join event on event.id = event_id,
            generate_series(1, 2) n`,
        sql.unsafe`
          insert into earning(event_id, n, partner_id, program_id, origin_id, incentive_id, plan_version_id, terms_since, batch_id, currency,
            amount_minor, volume, of_amount, available_on)
          select refund.id, 1, sale.partner_id, sale.program_id, sale.event_id, sale.incentive_id, sale.plan_version_id, sale.terms_since,
            sale.batch_id, 'USD', -501, 0, 0, sale.available_on
          from event refund join event origin on origin.source_id = refund.about join earning sale on sale.event_id = origin.id
          where refund.source_id like 'refund-%'`,
      ],
      refused: /take back more than was earned/,
    },
  ],
  lines: [
    {
      does: 'splits a line into parts that add up to more',
      with: ({ freeLine }) => [split(freeLine, 600, 401)],
      refused: /do not add up to the whole/,
    },
    {
      does: 'splits a line twice',
      with: ({ freeLine }) => [split(freeLine, 600, 400), CHECKED_NOW, split(freeLine, 600, 400)],
      refused: /do not add up to the whole/,
    },
    {
      does: 'splits a line that is in a payout',
      with: ({ draftLine }) => [split(draftLine, 600, 400)],
      refused: /it is in a payout/,
    },
    {
      does: 'pays a line and its parts',
      with: (s) => [split(s.freeLine, 600, 400), takeLine(s.draft, s.freeLine)],
      refused: /it was split/,
    },
    {
      does: 'gives a part of the line to somebody else',
      with: ({ freeLine, bob }) => [
        sql.unsafe`
          insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on, split_from)
          select ${bob.id}, program_id, kind, batch_id, currency, amount_minor, 1, available_on, id from earning_line where id = ${freeLine}`,
      ],
      refused: /must keep the partner/,
    },
    {
      does: 'puts one line into two payouts',
      with: (s) => [
        sql.unsafe`
          with rival as (
            insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id)
            select uuidv7(), ${s.rivalRun}, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id
            from payout where id = ${s.draft}
            returning id)
          insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
          select rival.id, line.id, line.partner_id, line.currency, line.amount_minor
          from rival, earning_line line where line.id = ${s.draftLine}`,
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'adds a line to a draft',
      with: (s) => [takeLine(s.draft, s.freeLine)],
      refused: /do not add up to its gross amount/,
    },
    {
      does: 'adds a line to a draft after it was checked',
      with: (s) => [CHECKED_NOW, takeLine(s.draft, s.freeLine)],
      refused: /do not add up to its gross amount/,
    },
    {
      does: 'adds a line to a run in review, whose payout stays as it was',
      with: (s) => [takeLine(s.reviewed, s.lineOfRae)],
      refused: /do not add up/,
    },
    {
      does: 'adds a line to a payout that executes',
      with: (s) => [takeLine(s.asked, s.lineOfAsked)],
      refused: /gains lines only while its run is in preparation/,
    },
    {
      does: "pays another partner's line",
      with: (s) => [takeLine(s.draft, s.lineOfBob)],
      refused: /only of its partner/,
    },
    {
      does: "pays another partner's line as the payee's own",
      with: (s) => [takeLine(s.draft, s.lineOfBob, { partnerId: s.ann.id })],
      refused: /foreign key|do not add up/,
    },
    {
      does: 'pays a line in another currency',
      with: (s) => [takeLine(s.draft, s.freeLine, { currency: 'EUR' })],
      refused: /foreign key|do not add up/,
    },
    {
      does: 'pays a line with another amount',
      with: (s) => [takeLine(s.draft, s.freeLine, { minor: 999_999n })],
      refused: /foreign key|do not add up/,
    },
    { does: 'frees the lines of a payout under way', with: (s) => [release(s.asked)], refused: /keeps its lines/ },
    { does: 'frees the lines of a settled payout', with: (s) => [release(s.settled)], refused: /keeps its lines/ },
    {
      does: 'takes back a released line',
      with: (s) => [
        endAndRelease(s.draft, 'cancelled'),
        sql.unsafe`update payout_line set released_at = null where payout_id = ${s.draft}`,
      ],
      refused: /released, and only once/,
    },
    {
      does: 'releases a line a second time',
      with: (s) => [endAndRelease(s.draft, 'cancelled'), release(s.draft)],
      refused: /released, and only once/,
    },
    {
      does: 'moves a line to another payout while it is released',
      with: (s) => [
        sql.unsafe`
          with ended as (update payout set status = 'cancelled' where id = ${s.draft} returning id)
          update payout_line set released_at = now(), payout_id = ${s.asked} from ended where payout_id = ended.id`,
      ],
      refused: /are facts/,
    },
    {
      does: 'writes a payout now and its lines later',
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 })],
      refused: /its lines add up to 0, not to 1000/,
    },
    {
      does: 'writes a payout with a line that is released already',
      with: (s) => [
        sql.unsafe`
          with drafted as (
            insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id)
            values (uuidv7(), ${s.draftRun}, ${s.bob.id}, 'USD', 'bank', 'wise', 1000, 1000, ${s.bob.instrumentId}) returning id)
          insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor, released_at)
          select drafted.id, line.id, line.partner_id, line.currency, line.amount_minor, now()
          from drafted, earning_line line where line.id = ${s.lineOfBob}`,
      ],
      refused: /gains lines only while its run is in preparation/,
    },
    {
      does: 'ends a payout and keeps its lines',
      with: (s) => [movePayout(s.draft, 'cancelled')],
      refused: /still holds lines/,
    },
  ],
  payouts: [
    { does: 'pays nothing', with: (s) => [draftOf(s, { gross: 0, net: 0 })], refused: /check/ },
    { does: 'pays less than nothing', with: (s) => [draftOf(s, { gross: -5, net: -5 })], refused: /check/ },
    {
      does: 'takes a payout out of its run after its provider was asked',
      with: (s) => [takeOut(s.asked)],
      refused: /its provider was asked, so nobody can take it out/,
    },
    {
      does: 'pays more than the net amount',
      with: (s) => [draftOf(s, { gross: 1000, withheld: 100, fee: 50, net: 900 })],
      refused: /check/,
    },
    {
      does: 'withholds a negative amount',
      with: (s) => [draftOf(s, { gross: 1000, withheld: -1, net: 1001 })],
      refused: /check/,
    },
    {
      does: 'charges a negative fee',
      with: (s) => [draftOf(s, { gross: 1000, fee: -1, net: 1001 })],
      refused: /check/,
    },
    {
      does: 'drafts a payout without lines',
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 })],
      refused: /its lines add up to 0/,
    },
    {
      does: "sends a payout to another partner's account",
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 }, { instrument: s.ann.instrumentId })],
      refused: /foreign key/,
    },
    {
      does: "replaces another partner's payout",
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 }, { replaces: s.settled })],
      refused: /foreign key|must replace the payout that its run replaces/,
    },
    {
      does: 'sends a bank payout by PayPal',
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 }, { gateway: 'paypal' })],
      refused: /check/,
    },
    {
      does: 'begins with an approved payout',
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 }, { status: 'approved' })],
      refused: /must begin as a draft/,
    },
    {
      does: 'adds a payout without lines to a run in review',
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 }, { runId: s.reviewRun })],
      refused: /its lines add up to/,
    },
    {
      does: 'adds a payout to a run that is being paid',
      with: (s) => [draftOf(s, { gross: 1000, net: 1000 }, { runId: s.payingRun })],
      refused: /gains no more/,
    },
    {
      does: 'changes the amount of a draft',
      with: (s) => [sql.unsafe`update payout set gross_minor = 2000, net_minor = 2000 where id = ${s.draft}`],
      refused: /frozen/,
    },
    {
      does: 'changes the partner of a payout',
      with: (s) => [sql.unsafe`update payout set partner_id = ${s.bob.id} where id = ${s.asked}`],
      refused: /foreign key|frozen/,
    },
    {
      does: 'changes the instrument of a payout',
      with: (s) => [sql.unsafe`update payout set instrument_version_id = ${s.newerInstrument} where id = ${s.asked}`],
      refused: /frozen/,
    },
    {
      does: 'approves a payout without its run',
      with: (s) => [movePayout(s.reviewed, 'approved')],
      refused: /its run is not approved/,
    },
    {
      does: 'executes a draft',
      with: (s) => [movePayout(s.draft, 'executing')],
      refused: /draft cannot become executing/,
    },
    { does: 'settles a draft', with: (s) => [movePayout(s.draft, 'settled')], refused: /draft cannot become settled/ },
    {
      does: 'fails a payout while its attempt can still pay',
      with: (s) => [endAndRelease(s.asked, 'failed')],
      refused: /while an attempt can still pay/,
    },
    {
      does: 'fails a payout whose provider may be asked at any moment',
      with: (s) => [endAndRelease(s.unasked, 'failed')],
      refused: /while an attempt can still pay/,
    },
    {
      does: 'settles a payout whose attempt is not settled',
      with: (s) => [movePayout(s.asked, 'settled')],
      refused: /none of its attempts is settled/,
    },
    {
      does: 'returns a payout whose attempt is not returned',
      with: (s) => [endAndRelease(s.settled, 'returned')],
      refused: /none of its attempts is returned/,
    },
    {
      does: 'pays a settled payout again',
      with: (s) => [movePayout(s.settled, 'executing')],
      refused: /settled cannot become executing/,
    },
  ],
  attempts: [
    {
      does: 'makes a second attempt while the first can still pay',
      with: (s) => [attemptOf(s.asked)],
      refused: /unique|duplicate/,
    },
    {
      does: 'makes another attempt for a settled payout',
      with: (s) => [attemptOf(s.settled)],
      refused: /not executing/,
    },
    { does: 'makes an attempt for a draft', with: (s) => [attemptOf(s.draft)], refused: /not executing/ },
    {
      does: 'makes an attempt with another amount',
      with: (s) => [attemptOf(s.unasked, { minor: 100_000 })],
      refused: /another amount/,
    },
    {
      does: 'makes an attempt in another currency',
      with: (s) => [attemptOf(s.unasked, { currency: 'EUR' })],
      refused: /another amount/,
    },
    {
      does: 'makes an attempt through another gateway',
      with: (s) => [attemptOf(s.unasked, { gateway: 'paypal' })],
      refused: /another amount or gateway/,
    },
    {
      does: 'begins with a settled attempt',
      with: (s) => [attemptOf(s.unasked, { state: 'settled' })],
      refused: /begins as prepared/,
    },
    {
      does: "uses another attempt's key",
      with: (s) => [
        changeAttempt(s.attempts.prepared, sql.fragment`state = 'failed'`),
        attemptOf(s.unasked, { key: 'prepared-key' }),
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'changes the amount',
      with: (s) => [changeAttempt(s.attempts.prepared, sql.fragment`amount_minor = 1`)],
      refused: /frozen/,
    },
    {
      does: 'changes the key',
      with: (s) => [changeAttempt(s.attempts.submitted, sql.fragment`provider_key = 'new'`)],
      refused: /frozen/,
    },
    {
      does: 'changes the request',
      with: (s) => [changeAttempt(s.attempts.prepared, sql.fragment`request_sealed = 'new'`)],
      refused: /frozen/,
    },
    {
      does: 'submits more than the partner is owed',
      with: (s) => [
        changeAttempt(
          s.attempts.prepared,
          sql.fragment`state = 'submitted', submitted_at = now(), owed_minor = amount_minor - 1`,
        ),
      ],
      refused: /pays more than the partner is owed/,
    },
    {
      does: 'submits a payout that a person has taken out of its run',
      with: (s) => [
        takeOut(s.unasked),
        changeAttempt(
          s.attempts.prepared,
          sql.fragment`state = 'submitted', submitted_at = now(), owed_minor = amount_minor`,
        ),
      ],
      refused: /a person has taken its payout out of the run/,
    },
    {
      does: 'changes what the partner was owed',
      with: (s) => [changeAttempt(s.attempts.submitted, sql.fragment`owed_minor = owed_minor + 1`)],
      refused: /frozen/,
    },
    {
      does: 'erases the time of submission',
      with: (s) => [changeAttempt(s.attempts.submitted, sql.fragment`submitted_at = null, owed_minor = null`)],
      refused: /frozen|check/,
    },
    {
      does: 'changes the reference',
      with: (s) => [changeAttempt(s.attempts.settled, sql.fragment`provider_ref = 'new'`)],
      refused: /frozen/,
    },
    {
      does: 'erases the amount that was taken',
      with: (s) => [changeAttempt(s.attempts.settled, sql.fragment`debited_minor = null`)],
      refused: /frozen/,
    },
    {
      does: 'fails an attempt whose money was taken',
      with: (s) => [changeAttempt(s.attempts.submitted, sql.fragment`state = 'failed', debited_minor = 1000`)],
      refused: /check/,
    },
    {
      does: 'moves a submitted attempt back to prepared',
      with: (s) => [changeAttempt(s.attempts.submitted, sql.fragment`state = 'prepared'`)],
      refused: /submitted cannot become prepared/,
    },
  ],
  runs: [
    {
      does: 'opens a run whose period ends before it begins',
      with: (s) => [
        sql.unsafe`
          insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on)
          values (uuidv7(), ${s.paying.scheduleId}, 'on_demand', '2026-03-01', '2026-02-01', now(), '2026-03-02')`,
      ],
      refused: /check/,
    },
    {
      does: 'opens two scheduled runs for one period',
      with: (s) => [
        sql.unsafe`
          insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on)
          select uuidv7(), ${s.paying.scheduleId}, 'scheduled', '2026-02-01', '2026-03-01', now(), '2026-03-02' from generate_series(1, 2)`,
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'opens a second run while another one is in review',
      with: (s) => [
        sql.unsafe`
          insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on)
          values (uuidv7(), ${s.reviewing.scheduleId}, 'on_demand', '2026-02-01', '2026-03-01', now(), '2026-03-02')`,
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'begins with an approved run',
      with: (s) => [
        sql.unsafe`
          insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, status)
          values (uuidv7(), ${s.paying.scheduleId}, 'on_demand', '2026-02-01', '2026-03-01', now(), '2026-03-02', 'approved')`,
      ],
      refused: /must begin as preparing/,
    },
    {
      does: 'approves a run with one approval of two, and one by its preparer',
      with: (s) => [moveRun(s.reviewRun, 'approved')],
      refused: /too few people who had no hand in it approved this content/,
    },
    {
      does: 'approves a run that pays to details which the same person added',
      with: (s) => [
        sql.unsafe`
          insert into approval(run_id, content_hash, actor_id, decision)
          select id, content_hash, ${s.editor}, 'approve' from payout_run where id = ${s.reviewRun}`,
        moveRun(s.reviewRun, 'approved'),
      ],
      refused: /too few people/,
    },
    {
      does: 'approves content other than the approved content',
      with: (s) => [
        sql.unsafe`
          insert into approval(run_id, content_hash, actor_id, decision)
          select id, content_hash, ${s.reviewing.otherApprover}, 'approve' from payout_run where id = ${s.reviewRun}`,
        sql.unsafe`update payout_run set content_hash = 'other' where id = ${s.reviewRun}`,
        moveRun(s.reviewRun, 'approved'),
      ],
      refused: /too few people/,
    },
    {
      does: 'approves twice as the same person',
      with: (s) => [
        sql.unsafe`
          insert into approval(run_id, content_hash, actor_id, decision)
          select run_id, content_hash, actor_id, decision from approval where run_id = ${s.reviewRun} limit 1`,
      ],
      refused: /unique|duplicate/,
    },
    {
      does: 'changes the preparer of a run',
      with: (s) => [
        sql.unsafe`update payout_run set preparer_id = ${s.reviewing.otherApprover} where id = ${s.reviewRun}`,
      ],
      refused: /never change/,
    },
    {
      does: 'changes the approved content',
      with: (s) => [sql.unsafe`update payout_run set content_hash = 'other' where id = ${s.payingRun}`],
      refused: /its content is closed/,
    },
    {
      does: 'pays a run without a decision',
      with: (s) => [moveRun(s.reviewRun, 'disbursing')],
      refused: /review cannot become disbursing/,
    },
  ],
  people: [
    {
      does: 'approves the instrument that the same person added',
      with: (s) => [
        sql.unsafe`
          insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, created_by, approved_by, usable_from)
          values (${s.ann.id}, 'bank', 'US', '', 'test', '', '6789', ${s.paying.approver}, ${s.paying.approver}, now())`,
      ],
      refused: /check/,
    },
    {
      does: 'gives themselves a role',
      with: () => [grantRow({ role: 'approver', to: 'giver-1', by: 'giver-1' })],
      refused: /check/,
    },
    {
      does: 'gives a role without a second person',
      with: () => [grantRow({ role: 'approver', status: 'confirmed' })],
      refused: /must begin as proposed/,
    },
    {
      does: 'confirms their own proposal',
      with: () => [grantRow({ role: 'auditor' }), confirmGrant('giver-1')],
      refused: /two_people_grant/,
    },
    {
      does: 'confirms a role without being an operator',
      with: () => [grantRow({ role: 'auditor' }), confirmGrant('nobody')],
      refused: /two operators are needed/,
    },
    {
      does: 'names a second operator alone although there is one',
      with: () => [grantRow({ role: 'operator', status: 'confirmed', firstSetup: true })],
      refused: /there is another operator/,
    },
    {
      does: 'makes a key for a role that nobody confirmed',
      with: () => [
        grantRow({ role: 'auditor' }),
        sql.unsafe`
          insert into api_key(grant_id, prefix, secret_hash) select id, 'early', 'early' from role_grant where status = 'proposed'`,
      ],
      refused: /its role is not confirmed/,
    },
    {
      does: 'revives a revoked role',
      with: () => [
        sql.unsafe`
          update role_grant set status = 'revoked', revoked_at = now() where role = 'approver' and status = 'confirmed'`,
        sql.unsafe`update role_grant set status = 'confirmed', revoked_at = null where status = 'revoked'`,
      ],
      refused: /decided once, and revoked once/,
    },
    {
      does: 'revives a revoked key',
      with: () => [sql.unsafe`update api_key set revoked_at = now()`, sql.unsafe`update api_key set revoked_at = null`],
      refused: /what has ended stays ended/,
    },
    {
      does: 'gives two people one mailbox',
      with: () => [
        sql.unsafe`insert into actor(code, name, email) values ('twice-1', 'A', 'An.Na+work@gmail.com'), ('twice-2', 'A', 'anna@googlemail.com')`,
      ],
      refused: /mailbox/,
    },
    {
      does: 'writes an audit entry that is already sealed',
      with: () => [
        sql.unsafe`insert into audit_log(action, subject, chain_seq, hash) values ('test.forge', 'scene', 2, 'forged')`,
      ],
      refused: /must begin unsealed/,
    },
    {
      does: 'edits a sealed audit entry',
      with: () => [sql.unsafe`update audit_log set subject = 'nothing'`],
      refused: /its entries are facts/,
    },
  ],
};

type GrantWish = { role: string; to?: string; by?: string; status?: string; firstSetup?: boolean };

/** A grant to somebody, or to a giver of roles, by a giver of roles. */
function grantRow({ role, to = 'nobody', by = 'giver-1', status = 'proposed', firstSetup = false }: GrantWish) {
  return sql.unsafe`
    with nobody as (
      insert into actor(code, name) values ('nobody', 'Nobody') returning id
    ), somebody as (
      select coalesce((select id from actor where code = ${to}), (select id from nobody)) as id
    )
    insert into role_grant(actor_id, role, status, first_setup, proposed_by, decided_at)
    select somebody.id, ${role}, ${status}, ${firstSetup}, giver.id, case when ${status} = 'confirmed' then now() end
    from somebody, actor giver where giver.code = ${by}`;
}

const confirmGrant = (by: string) => sql.unsafe`
  update role_grant set status = 'confirmed', decided_at = now(), decided_by = (select id from actor where code = ${by})
  where status = 'proposed'`;

describe.each(Object.entries(ATTACKS))('given somebody who attacks the %s', (_what, attacks) => {
  describe.each(attacks)('when one $does', ({ with: statements, refused }) => {
    it('then the app is refused', async () => {
      expect(await tryAll(fixture.app, statements(scene))).toMatch(new RegExp(`${refused.source}|permission denied`));
    });
    it('then even the owner of the database is refused', async () => {
      expect(await tryAll(fixture.owner, statements(scene))).toMatch(refused);
    });
  });
});

const FACTS = (
  'plan_version plan_version_withdrawal instrument_version event event_quarantine accrual_batch earning_line earning import_rejection ledger_journal ' +
  'ledger_entry approval attempt_history run_edit check_register run_edge payout_edge attempt_edge audit_log'
).split(' ');
const KEPT = ['payout', 'payout_line', 'payout_attempt'] as const;

describe('given recorded facts', () => {
  beforeAll(async () => {
    await fixture.owner.query(sql.unsafe`
      with future as (
        insert into plan_version(plan_id, version, effective_from, terms)
        select plan_id, version + 1, '2999-01-01', terms from plan_version order by id limit 1 returning id
      )
      insert into plan_version_withdrawal(plan_version_id, reason) select id, 'mistyped' from future`);
  });

  const table = (name: string) => sql.identifier([name]);
  const someColumn = (name: string) =>
    fixture.owner.oneFirst(sql.type(z.object({ name: z.string() }))`
      select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = ${name} and is_identity = 'NO' order by ordinal_position limit 1`);

  it.each(FACTS)('then nobody changes a row of %s', async (name) => {
    const column = table(await someColumn(name));
    const update = sql.unsafe`update ${table(name)} set ${column} = ${column}`;
    expect(await tryAll(fixture.owner, [update])).toMatch(/are facts/);
    expect(await tryAll(fixture.app, [update])).toMatch(/permission denied/);
  });

  it.each([...FACTS, ...KEPT])('then nobody deletes a row of %s', async (name) => {
    const remove = sql.unsafe`delete from ${table(name)}`;
    expect(await tryAll(fixture.owner, [remove])).toMatch(/are facts|never deleted/);
    expect(await tryAll(fixture.app, [remove])).toMatch(/permission denied/);
  });

  it.each([...FACTS, ...KEPT])('then nobody empties %s', async (name) => {
    const empty = sql.unsafe`truncate ${table(name)} cascade`;
    expect(await tryAll(fixture.owner, [empty])).toMatch(/are facts/);
    expect(await tryAll(fixture.app, [empty])).toMatch(/permission denied/);
  });

  it.each([
    { does: 'removes a line of a statement', with: sql.unsafe`delete from recon_line` },
    { does: 'removes all lines of statements', with: sql.unsafe`truncate recon_line` },
    { does: 'hides what a statement says', with: sql.unsafe`update recon_line set version = 2` },
    { does: 'changes what a statement says', with: sql.unsafe`update recon_line set amount_minor = -1` },
  ])('then nobody $does', async ({ with: statement }) => {
    expect(await tryAll(fixture.owner, [statement])).toMatch(/are facts/);
    expect(await tryAll(fixture.app, [statement])).toMatch(/are facts|permission denied/);
  });
  it('then a statement line may still be matched with an attempt later', async () => {
    const match = sql.unsafe`update recon_line set matched_attempt_id = ${scene.attempts.settled}`;
    expect(await tryAll(fixture.app, [match])).toBe('accepted');
  });

  it.each([
    { does: 'gives a key another role', with: sql.unsafe`update api_key set grant_id = grant_id` },
    { does: 'makes a person of a system', with: sql.unsafe`update actor set kind = 'person'` },
    { does: 'changes an address to which keys go', with: sql.unsafe`update actor set email = 'other@example.test'` },
    { does: 'asks for fewer approvals', with: sql.unsafe`update pay_schedule set approvals_required = 1` },
    { does: 'lets another payer pay a program', with: sql.unsafe`update program set schedule_id = schedule_id` },
    { does: 'changes a balance', with: sql.unsafe`update ledger_account set credits = credits + 1` },
    { does: 'invents a currency', with: sql.unsafe`insert into currency values ('XXX', 2)` },
    { does: 'invents a step', with: sql.unsafe`insert into attempt_edge values ('settled', 'prepared')` },
    {
      does: 'invents a history',
      with: sql.unsafe`insert into attempt_history(attempt_id, to_state, evidence) select id, 'settled', '{}' from payout_attempt`,
    },
    { does: 'switches the triggers off', with: sql.unsafe`set session_replication_role = replica` },
    { does: 'drops a trigger', with: sql.unsafe`drop trigger facts_only on earning` },
  ])('then the app is not let when it $does', async ({ with: statement }) => {
    expect(await tryAll(fixture.app, [statement])).toMatch(/permission denied|must be owner/);
  });
});

describe('given tables of allowed steps in the domain and in the database', () => {
  const Edge = z.object({ edge: z.string() });
  /** Staying in a state is not a step. */
  const others = <T extends string>(all: readonly T[], from: T) => all.filter((to) => to !== from);
  const pairs = (next: Record<string, readonly string[]>) =>
    Object.entries(next).flatMap(([from, tos]) => others(tos, from).map((to) => `${from} > ${to}`));

  it.each([
    { what: 'runs', table: 'run_edge', column: 'status', next: RUN_NEXT },
    { what: 'payouts', table: 'payout_edge', column: 'status', next: PAYOUT_NEXT },
    { what: 'attempts', table: 'attempt_edge', column: 'state', next: ATTEMPT_NEXT },
  ])('then both say the same of $what', async ({ table, column, next }) => {
    const edges = await fixture.app.anyFirst(sql.type(Edge)`
      select ${sql.identifier([`from_${column}`])} || ' > ' || ${sql.identifier([`to_${column}`])} as edge from ${sql.identifier([table])}`);
    expect(edges.toSorted()).toEqual(pairs(next).toSorted());
  });

  /** The database's answer to a step, which is rolled back afterwards. */
  const stepOf = (statement: QuerySqlToken): Promise<string> =>
    refusalOf(
      fixture.app.transaction(async (tx) => {
        await tx.query(statement);
        throw new Error('allowed');
      }),
    );

  it.each(others(ATTEMPT_STATES, 'submitted'))('then a submitted attempt becomes %s only if it may', async (to) => {
    const change = changeAttempt(
      scene.attempts.submitted,
      sql.fragment`state = ${to}, word = 'heard', answered_at = now()`,
    );
    expect(await stepOf(change)).toMatch(canAttemptBecome('submitted', to) ? /^allowed/ : /cannot become/);
  });

  it.each(others(ATTEMPT_STATES, 'settled'))('then a settled attempt becomes %s only if it may', async (to) => {
    const change = changeAttempt(scene.attempts.settled, sql.fragment`state = ${to}`);
    expect(await stepOf(change)).toMatch(canAttemptBecome('settled', to) ? /^allowed/ : /cannot become/);
  });

  it.each(others(PAYOUT_STATUSES, 'draft'))('then a draft becomes %s only if it may', async (to) => {
    expect(await stepOf(movePayout(scene.draft, to))).toMatch(
      canPayoutBecome('draft', to) ? /^allowed|its run is not approved|still holds lines/ : /cannot become/,
    );
  });

  it.each(others(RUN_STATUSES, 'disbursing'))('then a run that is being paid becomes %s only if it may', async (to) => {
    expect(await stepOf(moveRun(scene.payingRun, to))).toMatch(
      canRunBecome('disbursing', to) ? /^allowed/ : /cannot become/,
    );
  });
});

describe('given two transactions at the same moment', () => {
  it('when one splits a line while the other takes it into a payout then only one of them succeeds', async () => {
    const { drafting } = scene;
    const cleo = await addPartner(fixture.app, drafting);
    const line = await addLine(fixture.app, drafting, cleo);
    const late = await raceAgainst([split(line, 600, 400), CHECKED_NOW], () =>
      refusalOf(addPayout(fixture.app, scene.draftRun, cleo, [line])),
    );
    expect(late).toMatch(/it was split/);
  });

  it('when both refund the same sale then together they take back no more than it earned', async () => {
    const { drafting, ann } = scene;
    await addLine(fixture.app, drafting, ann, { minor: 777n });
    const sale = await fixture.app.oneFirst(sql.type(z.object({ id: z.string() }))`
      select source_id as id from earning join event on event.id = event_id where earning.amount_minor = 777`);
    const [first, second] = [
      await addEvent(fixture.app, drafting, ann, { refundOf: sale, minor: 6000n }),
      await addEvent(fixture.app, drafting, ann, { refundOf: sale, minor: 6000n }),
    ];
    const takeBack = (refund: string) => sql.unsafe`
      insert into earning(event_id, n, partner_id, program_id, origin_id, incentive_id, plan_version_id, terms_since, batch_id, currency,
        amount_minor, volume, of_amount, available_on)
      select (select id from event where source_id = ${refund}), 1, earning.partner_id, earning.program_id, event_id, incentive_id,
        plan_version_id, terms_since, batch_id, 'USD', -466, 0, 0, available_on
      from earning join event on event.id = event_id where event.source_id = ${sale}`;
    const late = await raceAgainst([takeBack(first)], () => tryAll(fixture.app, [takeBack(second)]));
    expect(late).toMatch(/take back more than was earned/);
  });

  it('when one ends a payout while the other prepares an attempt then there is no attempt', async () => {
    const payout = await payoutUnderWay();
    const late = await raceAgainst([endAndRelease(payout, 'failed')], () =>
      tryAll(fixture.app, [attemptOf(payout, { key: 'too-late' })]),
    );
    expect(late).toMatch(/not executing/);
  });

  it('when one prepares an attempt while the other ends the payout then the payout does not end', async () => {
    const payout = await payoutUnderWay();
    const late = await raceAgainst([attemptOf(payout, { key: 'in-time' })], () =>
      tryAll(fixture.app, [endAndRelease(payout, 'failed')]),
    );
    expect(late).toMatch(/while an attempt can still pay/);
  });

  /** A payout that executes, and whose provider has not been asked yet. */
  async function payoutUnderWay(): Promise<string> {
    const company = await addCompany(fixture.app);
    const partner = await addPartner(fixture.app, company);
    const run = await addRun(fixture.app, company);
    const payout = await addPayout(fixture.app, run, partner, [await addLine(fixture.app, company, partner)]);
    await disburse(fixture.app, run, company.approver);
    return payout;
  }

  /** Starts the second before the first has committed. The first commits once the second waits for it. */
  async function raceAgainst(first: readonly QuerySqlToken[], second: () => Promise<string>): Promise<string> {
    const winner = await leaveOpen(fixture.app, async (tx) => {
      for (const statement of first) await tx.query(statement);
    });
    const late = second();
    try {
      await eventually('the second waits', async () => (await countWaiting(fixture.app)) > 0n);
    } finally {
      await winner.commit();
    }
    return late;
  }
});

describe('given the database types of amounts', () => {
  it('then a bigint of the database is read as a bigint, even beyond the safe integers', async () => {
    const minor = await fixture.app.oneFirst(sql.unsafe`select 9223372036854775807::int8 as minor`);
    expect(minor).toBe(9_223_372_036_854_775_807n);
  });
  it('then a sum of bigints is cast to bigint before it is read, because a numeric would lose cents', async () => {
    const sum = await fixture.app.oneFirst(
      sql.unsafe`select sum(minor)::bigint as minor from (values (9007199254740993::int8)) as t(minor)`,
    );
    expect(sum).toBe(9_007_199_254_740_993n);
  });
});

describe('given a sealed audit log', () => {
  it('when somebody disables the triggers and edits an entry then an invariant reports it', async () => {
    const actorId = await addActor(fixture.app);
    for (const subject of ['one', 'two', 'three'])
      await addAuditEntry(fixture.app, { actorId, action: 'test.look', subject, detail: { note: 'true' } });
    await sealAuditLog(fixture.app);
    const chainIsBroken = async () =>
      (await checkInvariants(fixture.app)).some(({ name }) => name === 'audit-log-is-a-chain');
    expect(await chainIsBroken()).toBe(false);
    await alter(sql.unsafe`update audit_log set detail = '{"note": "false"}' where subject = 'two'`);
    expect(await chainIsBroken()).toBe(true);
    await alter(sql.unsafe`update audit_log set detail = '{"note": "true"}' where subject = 'two'`);
    expect(await chainIsBroken()).toBe(false);
    await alter(sql.unsafe`delete from audit_log where subject = 'two'`);
    expect(await chainIsBroken()).toBe(true);
  });

  const alter = (statement: QuerySqlToken) => tamper(fixture.owner, statement);
});

describe('given a partner with an instrument', () => {
  it('when one person adds a newer instrument and another approves the run then the run is approved', async () => {
    const [maker, checker] = [await addActor(fixture.app, 'maker'), await addActor(fixture.app, 'checker')];
    const wish = { createdBy: maker, approvedBy: checker };
    expect(await refusalOf(addInstrument(fixture.app, scene.ann.id, wish))).toBe('accepted');
  });
});
