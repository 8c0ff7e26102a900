-- What must always be true of the books, one query each. A query returns no row while its rule holds; otherwise each row is a
-- sentence that names a culprit. `npm run check-invariants` runs them all in one snapshot; psql can run them as they are.
-- The numbers are those of docs and tests. 9, the providers' own books, is compared by scripts/check-invariants.ts. There is no 10
-- yet: it belongs to the partners' statements.

-- name: 1 every journal has at least two entries, and they add up to nothing
select format('journal %s (%s %s) has %s entries that sum to %s', journal.id, journal.kind, journal.idempotency_key,
  count(entry.journal_id), coalesce(sum(entry.amount_minor), 0)) as culprit
from ledger_journal journal left join ledger_entry entry on entry.journal_id = journal.id
group by journal.id having count(entry.journal_id) < 2 or sum(entry.amount_minor) <> 0;

-- name: 1 every currency adds up to nothing over all entries, each in the currency of its account and journal
select format('the entries in %s sum to %s', currency, sum(amount_minor)) as culprit
from ledger_entry group by currency having sum(amount_minor) <> 0
union all
select format('entry %s of journal %s is in %s, its account in %s, its journal in %s', entry.line_no, entry.journal_id, entry.currency,
  account.currency, journal.currency)
from ledger_entry entry
left join ledger_account account on account.id = entry.account_id left join ledger_journal journal on journal.id = entry.journal_id
where account.currency is distinct from entry.currency or journal.currency is distinct from entry.currency;

-- name: 2 the balance kept with an account is the sum of its entries
select format('account %s keeps %s debits and %s credits, its entries are %s and %s', account.code, account.debits, account.credits,
  entries.debits, entries.credits) as culprit
from ledger_account account
left join (
  select account_id, sum(amount_minor) filter (where amount_minor > 0) as debits, -sum(amount_minor) filter (where amount_minor < 0) as credits
  from ledger_entry group by account_id
) entries on entries.account_id = account.id
where account.cached and (account.debits, account.credits) is distinct from (coalesce(entries.debits, 0), coalesce(entries.credits, 0));

-- name: 3 no earning line is in two payouts at once
select format('line %s is in payouts %s', earning_line_id, string_agg(payout_id::text, ', ' order by payout_id)) as culprit
from payout_line where released_at is null group by earning_line_id having count(*) > 1;

-- name: 3 no line that was split is paid beside its parts
select format('line %s was split and is in payout %s', earning_line_id, payout_id) as culprit
from payout_line where released_at is null and earning_line_id in (select split_from from earning_line where split_from is not null);

-- name: 4 a live payout is the sum of its lines, a dead one holds none, and net is what withholding and fee leave
select format('payout %s is %s: gross %s, withheld %s, fee %s, net %s, lines %s', payout.id, payout.status, payout.gross_minor,
  payout.withheld_minor, payout.fee_minor, payout.net_minor, coalesce(held.minor::text, 'none')) as culprit
from payout
left join (
  select payout_id, sum(amount_minor) as minor from payout_line where released_at is null group by payout_id
) held on held.payout_id = payout.id
where payout.net_minor <> payout.gross_minor - payout.withheld_minor - payout.fee_minor
  or case when payout.status in ('failed', 'returned', 'cancelled') then held.payout_id is not null
     else held.minor is distinct from payout.gross_minor end;

-- name: 4 a payout pays its own partner's lines, in their currency and amount, of its schedule, free before its cut-off
select format('payout %s to partner %s in %s holds line %s of partner %s: %s %s, written down as %s %s', payout.id, payout.partner_id,
  payout.currency, line.id, line.partner_id, line.amount_minor, line.currency, taken.amount_minor, taken.currency) as culprit
from payout_line taken join payout on payout.id = taken.payout_id join earning_line line on line.id = taken.earning_line_id
join payout_run run on run.id = payout.run_id join program on program.id = line.program_id
where program.schedule_id <> run.schedule_id or line.available_on >= run.period_end or (line.partner_id, line.currency, line.amount_minor, line.partner_id, line.currency)
  is distinct from (taken.partner_id, taken.currency, taken.amount_minor, payout.partner_id, payout.currency);

-- name: 5 an earning line is the sum and the count of its earnings
select format('line %s says %s from %s earnings, and has %s from %s', line.id, line.amount_minor, line.earning_count,
  coalesce(earned.minor, 0), coalesce(earned.count, 0)) as culprit
from earning_line line
left join (
  select earning_line_id, sum(amount_minor) as minor, count(*) as count from earning group by earning_line_id
) earned on earned.earning_line_id = line.id
where line.split_from is null and line.kind <> 'returned_funds'
  and (line.amount_minor, line.earning_count) is distinct from (coalesce(earned.minor, 0), coalesce(earned.count, 0));

-- name: 5 a line of returned funds is what two people credited its partner with, of a part that came back
select format('line %s of %s says %s to partner %s, resolution %s says %s', line.id, line.currency, line.amount_minor, line.partner_id,
  coalesce(resolution.id::text, 'none'), coalesce(resolution.amount_minor::text, 'nothing')) as culprit
from (select * from earning_line where kind = 'returned_funds' and split_from is null) line
full join (select resolution.*, payout.partner_id, payout.currency from resolution join payout on payout.id = resolution.payout_id
           where resolution.outcome = 'credit_partner' and resolution.status = 'applied') resolution on resolution.id = line.resolution_id
where (line.partner_id, line.currency, line.amount_minor) is distinct from (resolution.partner_id, resolution.currency, resolution.amount_minor);

-- name: 5 the parts of a split line add up to it, and keep its partner, program, currency and release day
select format('line %s of %s was split into parts of %s', whole.id, whole.amount_minor, sum(part.amount_minor)) as culprit
from earning_line part join earning_line whole on whole.id = part.split_from
group by whole.id
having sum(part.amount_minor) <> whole.amount_minor
  or bool_or((part.partner_id, part.program_id, part.currency, part.available_on)
    is distinct from (whole.partner_id, whole.program_id, whole.currency, whole.available_on));

-- name: 5 earnings that add up to something have their one line, and earnings that cancel out have none
select format('the earnings of partner %s in batch %s (%s, %s) sum to %s and are in %s lines', partner_id, batch_id, currency, available_on,
  sum(amount_minor), count(distinct earning_line_id)) as culprit
from earning
group by batch_id, partner_id, program_id, currency, available_on, reverses is null
having (sum(amount_minor) <> 0) is distinct from (count(distinct earning_line_id) = 1 and count(earning_line_id) = count(*))
  or (sum(amount_minor) = 0 and count(earning_line_id) > 0);

-- name: 5 an earning belongs to the partner, program and currency of its line, and to the partner and program of its event
select format('earning %s/%s %s does not fit its line or its event', earning.source, earning.source_id, earning.incentive_id) as culprit
from earning join event using (source, source_id) left join earning_line line on line.id = earning.earning_line_id
where (event.partner_id, event.program_id) is distinct from (earning.partner_id, earning.program_id)
  or line.id is not null and (line.partner_id, line.program_id, line.currency, line.available_on, line.batch_id)
    is distinct from (earning.partner_id, earning.program_id, earning.currency, earning.available_on, earning.batch_id);

-- name: 5 an event that is still to be worked out has earned nothing yet
select format('event %s/%s is due and has an earning', source, source_id) as culprit
from event_due join earning using (source, source_id);

-- name: 5 every event is still due, or was counted once when its program's events were worked out
with seen as (
  select program_id, count(*) as events from event group by program_id
), due as (
  select program_id, count(*) as events from event_due group by program_id
), counted as (
  select program_id, sum(event_count) as events from accrual_batch group by program_id
)
select format('program %s has %s events: %s are due and %s were worked out', program_id, coalesce(seen.events, 0),
  coalesce(due.events, 0), coalesce(counted.events, 0)) as culprit
from seen full join due using (program_id) full join counted using (program_id)
where coalesce(seen.events, 0) <> coalesce(due.events, 0) + coalesce(counted.events, 0);

-- name: 5 refunds take back no more than their sale earned, and from its release day
select format('the refunds of %s/%s %s take back %s of %s', sale.source, sale.source_id, sale.incentive_id, -sum(back.amount_minor),
  sale.amount_minor) as culprit
from earning back
join earning sale on sale.source = back.source and sale.source_id = back.reverses and sale.incentive_id = back.incentive_id
group by sale.source, sale.source_id, sale.incentive_id
having abs(sum(back.amount_minor)) > abs(sale.amount_minor) or bool_or(back.amount_minor * sign(sale.amount_minor) > 0)
  or bool_or((back.available_on, back.partner_id, back.program_id, back.currency)
    is distinct from (sale.available_on, sale.partner_id, sale.program_id, sale.currency));

-- name: 6 a payout has at most one attempt that may pay
select format('payout %s has %s live attempts', payout_id, count(*)) as culprit
from payout_attempt where state <> 'failed' group by payout_id having count(*) > 1;

-- name: 6 an attempt pays its payout's net, by its payout's gateway
select format('attempt %s pays %s %s by %s, payout %s is %s %s by %s', attempt.id, attempt.amount_minor, attempt.currency, attempt.gateway,
  payout.id, payout.net_minor, payout.currency, payout.gateway) as culprit
from payout_attempt attempt join payout on payout.id = attempt.payout_id
where (attempt.amount_minor, attempt.currency, attempt.gateway) is distinct from (payout.net_minor, payout.currency, payout.gateway);

-- name: 6 a payout is what its attempt is: settled, returned and failed are proved, and nobody was asked before it was approved
select format('payout %s is %s, its attempt %s', payout.id, payout.status, coalesce(attempt.state, 'is missing')) as culprit
from payout left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
where case
  when payout.status in ('draft', 'approved', 'failed', 'cancelled') then attempt.id is not null
  when payout.status = 'executing' then attempt.state in ('unclaimed', 'sent', 'stale', 'settled', 'returned')
  when payout.status = 'sent' then attempt.id is null or attempt.state in ('settled', 'returned')
  when payout.status = 'returned' then attempt.state is distinct from 'returned'
  else attempt.state is null or attempt.state = 'returned'
    or not exists (select from attempt_history history where history.attempt_id = attempt.id and history.to_state = 'settled')
end;

-- name: 6 only money that was taken settles or comes back, and money that was taken never failed
select format('attempt %s is %s; taken %s, returned %s', id, state, coalesce(debited_minor::text, 'nothing'),
  coalesce(returned_minor::text, 'nothing')) as culprit
from payout_attempt
where case when state in ('settled', 'returned') then debited_minor is null
  when state in ('failed', 'prepared') then debited_minor is not null or returned_minor > 0
  else returned_minor > 0 and debited_minor is null end
  or debited_minor <> amount_minor or returned_minor > amount_minor;

-- name: 6 no attempt was moved along an edge that does not exist, and its history is whole
select format('attempt %s went from %s to %s', attempt_id, coalesce(from_state, 'nothing'), to_state) as culprit
from attempt_history
where from_state is distinct from to_state
  and not (from_state is null and to_state = 'prepared')
  and not exists (select from attempt_edge edge where edge.from_state = attempt_history.from_state and edge.to_state = attempt_history.to_state)
union all
select format('attempt %s is %s, its history ends in %s', attempt.id, attempt.state, coalesce(last.to_state, 'nothing'))
from payout_attempt attempt
left join lateral (
  select to_state from attempt_history where attempt_id = attempt.id order by id desc limit 1
) last on true
where last.to_state is distinct from attempt.state;

-- name: 6 a batch is its attempts, to the cent, all of its own gateway, currency and run
select format('batch %s of %s %s holds %s payments of %s, not %s of %s', batch.id, batch.gateway, batch.currency, count(attempt.id),
  coalesce(sum(attempt.amount_minor), 0), batch.item_count, batch.total_minor) as culprit
from provider_batch batch left join payout_attempt attempt on attempt.batch_id = batch.id
left join payout on payout.id = attempt.payout_id
group by batch.id
having count(attempt.id) <> batch.item_count or coalesce(sum(attempt.amount_minor), 0) <> batch.total_minor
  or bool_or((attempt.gateway, attempt.currency, payout.run_id) is distinct from (batch.gateway, batch.currency, batch.run_id));

-- name: 6 the payments of a batch are asked for together, and a batch that moved nothing has none that did
select format('attempt %s is %s, its batch %s is %s', attempt.id, attempt.state, batch.id, batch.state) as culprit
from provider_batch batch join payout_attempt attempt on attempt.batch_id = batch.id
where (attempt.state = 'prepared') <> (batch.state = 'prepared')
  or batch.state = 'failed' and attempt.state not in ('failed', 'needs_person')
  or batch.state = 'done' and attempt.state in ('submitted', 'unknown');

-- name: 6 nobody's silence ended what was not known: a provider answered, or two people decided
select format('attempt %s went from %s to %s, as %s said', history.attempt_id, history.from_state, history.to_state,
  coalesce(history.said_by, 'nobody')) as culprit
from attempt_history history left join resolution on resolution.id = history.resolution_id
where history.from_state in ('submitted', 'unknown') and history.to_state <> history.from_state
  and case history.said_by when 'provider' then history.word is null
    when 'people' then resolution.status is distinct from 'applied' or resolution.decided_by is null
      or resolution.decided_by = resolution.proposed_by
    else true end;

-- name: 7 what was sent, taken, undone and returned is in the ledger exactly once, to the cent
with fact as (
  select attempt.id::text as key, attempt.gateway || ':' || attempt.currency as gateway, ':' || attempt.currency as currency,
    payout.partner_id, payout.gross_minor as gross, payout.withheld_minor as withheld, payout.fee_minor as fee, payout.net_minor as net,
    attempt.submitted_at is not null as was_sent, attempt.state = 'failed' as has_failed, attempt.debited_minor is not null as was_taken,
    coalesce(attempt.debit_fee_minor, 0) as provider_fee, attempt.state = 'returned' as is_back, coalesce(attempt.returned_minor, 0) as back
  from payout_attempt attempt join payout on payout.id = attempt.payout_id
), expected(key, kind, code, minor) as (
  select key, kind, code, minor from fact cross join lateral (values
    (was_sent, 'send', 'partner:payable:' || partner_id || currency, gross),
    (was_sent, 'send', 'tax:withheld' || currency, -withheld),
    (was_sent, 'send', 'fees:payout' || currency, -fee),
    (was_sent, 'send', 'payout:in_transit:' || gateway, -net),
    (was_taken, 'debit', 'payout:in_transit:' || gateway, net),
    (was_taken, 'debit', 'fees:' || gateway, provider_fee),
    (was_taken, 'debit', 'cash:' || gateway, -(net + provider_fee)),
    (was_sent and has_failed, 'fail', 'partner:payable:' || partner_id || currency, -gross),
    (was_sent and has_failed, 'fail', 'tax:withheld' || currency, withheld),
    (was_sent and has_failed, 'fail', 'fees:payout' || currency, fee),
    (was_sent and has_failed, 'fail', 'payout:in_transit:' || gateway, net),
    (is_back, 'return', 'partner:payable:' || partner_id || currency, -gross),
    (is_back, 'return', 'tax:withheld' || currency, withheld),
    (is_back, 'return', 'fees:payout' || currency, fee),
    (is_back, 'return', 'fees:' || gateway, net - back),
    (true, 'return', 'cash:' || gateway, back),
    (not is_back, 'return', 'suspense' || currency, -back)
  ) posting(happened, kind, code, minor)
  where happened and minor <> 0
), booked(key, kind, code, minor) as (
  -- A part that came back first waits in suspense; with the full return the two are one.
  select split_part(journal.idempotency_key, '/', 1), replace(journal.kind, 'partial_return', 'return'), account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id join ledger_account account on account.id = entry.account_id
  where journal.kind in ('send', 'debit', 'fail', 'return', 'partial_return')
  group by 1, 2, 3 having sum(entry.amount_minor) <> 0
)
select format('%s of attempt %s: account %s should have %s and has %s', kind, key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, kind, code)
where expected.minor is distinct from booked.minor;

-- name: 7 what people decided of a part that came back has left suspense once, to the cent, and never more than came
with expected(key, code, minor) as (
  select resolution.id::text, code, minor
  from resolution join payout on payout.id = resolution.payout_id cross join lateral (values
    ('suspense:' || payout.currency, amount_minor),
    (case outcome when 'keep' then 'writeoff:' else 'partner:payable:' || payout.partner_id || ':' end || payout.currency, -amount_minor)
  ) posting(code, minor)
  where resolution.status = 'applied' and amount_minor is not null
), booked(key, code, minor) as (
  select journal.idempotency_key, account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id join ledger_account account on account.id = entry.account_id
  where journal.kind = 'suspense' group by 1, 2
)
select format('resolution %s: account %s should have %s and has %s', key, code, coalesce(expected.minor, 0), coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, code)
where expected.minor is distinct from booked.minor
union all
select format('of attempt %s %s came back, and people decided about %s', attempt.id, coalesce(attempt.returned_minor, 0), sum(resolution.amount_minor))
from payout_attempt attempt join resolution on resolution.attempt_id = attempt.id and resolution.status = 'applied'
group by attempt.id having sum(resolution.amount_minor) > coalesce(attempt.returned_minor, 0);

-- name: 7 every earning line is booked once as owed to its partner
with expected(key, code, minor) as (
  select line.id::text, code, minor
  from earning_line line cross join lateral (values
    ('program:expense:' || program_id || ':' || currency, amount_minor),
    ('partner:payable:' || partner_id || ':' || currency, -amount_minor)
  ) posting(code, minor)
  where split_from is null and kind <> 'returned_funds'
), booked(key, code, minor) as (
  select journal.idempotency_key, account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id join ledger_account account on account.id = entry.account_id
  where journal.kind = 'accrual' group by 1, 2
)
select format('accrual of line %s: account %s should have %s and has %s', key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, code)
where expected.minor is distinct from booked.minor;

-- name: 8 a partner is owed what the events earned less what was sent and did not come back
with earned as (
  select partner_id, currency, sum(amount_minor) as minor
  from (select partner_id, currency, amount_minor from earning
        union all select partner_id, currency, amount_minor from earning_line where kind = 'returned_funds' and split_from is null) credited
  group by partner_id, currency
), paid as (
  select payout.partner_id, payout.currency, sum(payout.gross_minor) as minor
  from payout
  where exists (select from payout_attempt attempt where attempt.payout_id = payout.id
    and attempt.submitted_at is not null and attempt.state not in ('failed', 'returned'))
  group by payout.partner_id, payout.currency
), owed as (
  select account.partner_id, account.currency, -sum(entry.amount_minor) as minor
  from ledger_account account join ledger_entry entry on entry.account_id = account.id
  where account.partner_id is not null group by account.partner_id, account.currency
)
select format('partner %s earned %s %s and was sent %s, so %s is owed; the ledger says %s', partner_id, coalesce(earned.minor, 0), currency,
  coalesce(paid.minor, 0), coalesce(earned.minor, 0) - coalesce(paid.minor, 0), coalesce(owed.minor, 0)) as culprit
from earned full join paid using (partner_id, currency) full join owed using (partner_id, currency)
where coalesce(earned.minor, 0) - coalesce(paid.minor, 0) <> coalesce(owed.minor, 0);

-- name: 11 whoever does not know an outcome for a day has told a person
select format('attempt %s is %s since %s, and nobody was told', attempt.id, attempt.state, attempt.state_at) as culprit
from payout_attempt attempt
where attempt.state in ('submitted', 'unknown') and attempt.state_at < now() - interval '1 day'
  and not exists (select from recon_break where attempt_id = attempt.id and resolved_at is null)
  and not exists (select from alarm where subject in ('payout/' || attempt.payout_id, 'batch/' || attempt.batch_id) and cleared_at is null)
  and not exists (select from task where (payout_id = attempt.payout_id or subject = 'batch/' || attempt.batch_id) and closed_at is null);

-- name: 11 no payout under way, no open batch and no open run is forgotten
-- `bursar.grace` is how long after its time it may be looked at; the sweep comes every minute.
with grace as (
  select coalesce(nullif(current_setting('bursar.grace', true), ''), '10 minutes')::interval as late
)
select format('payout %s is %s, and nobody has looked since %s', id, status, due_at) as culprit
from payout, grace where status in ('executing', 'sent') and due_at < now() - late
  and not exists (select from payout_attempt attempt where attempt.payout_id = payout.id and attempt.batch_id is not null
    and attempt.state in ('prepared', 'submitted', 'unknown')) -- its batch is looked after instead
union all
select format('batch %s is %s, and nobody has looked since %s', id, state, due_at)
from provider_batch, grace where state not in ('done', 'failed') and due_at < now() - late
union all
select format('run %s is %s, and nobody has looked since %s', id, status, due_at)
from payout_run, grace where status in ('preparing', 'review', 'approved', 'disbursing', 'paused') and due_at < now() - late;

-- name: 12 the audit log is a chain without a gap that computes again
-- Entries cut off at its end leave a shorter chain that is whole: against that, keep its head elsewhere.
select format('audit entry %s (number %s of the chain) was altered, added or removed', seq, chain_seq) as culprit
from (
  select entry.seq, entry.chain_seq, entry.hash, entry.prev_hash, audit_hash(entry.prev_hash, entry) as recomputed,
    lag(entry.hash) over chain as head, row_number() over chain as place
  from audit_log entry where entry.chain_seq is not null window chain as (order by entry.chain_seq)
) sealed
where hash is distinct from recomputed or prev_hash is distinct from head or chain_seq <> place;

-- name: 13 a run that is disbursed has asked for all its payouts, and an ended run pays none
select format('payout %s is %s, its run %s is %s', payout.id, payout.status, run.id, run.status) as culprit
from payout join payout_run run on run.id = payout.run_id
where run.status = 'disbursed' and payout.status in ('draft', 'approved', 'executing')
  or run.status in ('rejected', 'expired', 'cancelled') and payout.status <> 'cancelled'
  or run.status in ('preparing', 'review') and payout.status not in ('draft', 'cancelled')
  or run.status = 'approved' and payout.status <> 'approved' and payout.status <> 'cancelled';

-- name: 14 a prepared run says of every partner of its schedule what it means for them
select format('run %s says nothing of partner %s', run.id, agreement.partner_id) as culprit
from payout_run run join program on program.schedule_id = run.schedule_id join agreement on agreement.program_id = program.id
where (run.review_since is not null or run.status = 'disbursed') and agreement.created_at < run.created_at and run.replaces_id is null
  and not exists (select from run_outcome outcome where outcome.run_id = run.id and outcome.partner_id = agreement.partner_id)
group by run.id, agreement.partner_id;

-- name: 14 who is paid by a run has the payout that its outcome names, and every payout its outcome
select format('payout %s of run %s and the outcome of partner %s do not agree', coalesce(payout.id::text, 'none'),
  coalesce(outcome.run_id, payout.run_id), coalesce(outcome.partner_id, payout.partner_id)) as culprit
from (select * from run_outcome where payout_id is not null) outcome full join payout on payout.id = outcome.payout_id
where (outcome.run_id, outcome.partner_id, outcome.currency, outcome.payable_minor)
  is distinct from (payout.run_id, payout.partner_id, payout.currency, payout.gross_minor)
  or outcome.outcome = 'excluded' and payout.status <> 'cancelled';

-- name: 14 a replacement pays whom it replaces alone, after proof that the first moved nothing or came back, and once
select format('run %s replaces payout %s to partner %s in %s, which is %s, and its payout %s is to partner %s in %s', run.id, replaced.id,
  replaced.partner_id, replaced.currency, replaced.status, payout.id, payout.partner_id, payout.currency) as culprit
from payout_run run join payout on payout.run_id = run.id left join payout replaced on replaced.id = coalesce(run.replaces_id, payout.replaces_id)
where (run.replaces_id is not null or payout.replaces_id is not null)
  and ((payout.replaces_id, payout.partner_id, payout.currency) is distinct from (run.replaces_id, replaced.partner_id, replaced.currency)
    or replaced.status not in ('failed', 'returned'))
union all
select format('payout %s is replaced by %s at once', replaces_id, string_agg(id::text, ', ' order by id))
from payout where replaces_id is not null and status not in ('failed', 'returned', 'cancelled')
group by replaces_id having count(*) > 1;

-- name: 15 a run pays only what as many people as its schedule asks for, other than its preparer, have approved
select format('run %s is %s with %s approvals of its content', run.id, run.status, count(distinct approval.actor_id)) as culprit
from payout_run run
join pay_schedule schedule on schedule.id = run.schedule_id
left join approval on approval.run_id = run.id and approval.content_hash = run.content_hash and approval.decision = 'approve'
  and approval.actor_id is distinct from run.preparer_id
where run.status in ('approved', 'disbursing', 'paused', 'disbursed') and exists (select from payout where run_id = run.id)
group by run.id, schedule.id having count(distinct approval.actor_id) < schedule.approvals_required;

-- name: 15 nobody approved a run that pays them or to details that they added, or that they changed
select format('actor %s approved run %s, which pays or was changed by the same person', approval.actor_id, approval.run_id) as culprit
from approval
where approval.decision = 'approve'
  and (exists (select from run_edit where run_id = approval.run_id and actor_id = approval.actor_id and at < approval.at)
    or exists (select from payout join api_key key on key.partner_id = payout.partner_id
               where payout.run_id = approval.run_id and key.actor_id = approval.actor_id and key.created_at < approval.at)
    or exists (select from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
               where payout.run_id = approval.run_id and payout.status <> 'cancelled' and instrument.created_by = approval.actor_id));

-- name: 16 every check number from the first of its account to the next has one explanation
select format('check %s of account %s (%s) is not in the register', used.number, account.id, account.account_ref) as culprit
from check_account account cross join lateral generate_series(account.number_first, account.number_next - 1) as used(number)
where not exists (select from check_register register where register.check_account_id = account.id and register.number = used.number)
union all
select format('check %s of account %s is in the register %s times', number, check_account_id, count(*))
from check_register group by check_account_id, number having count(*) > 1
union all
select format('check %s of account %s is neither drawn nor spoiled by a person', number, check_account_id)
from check_register
where num_nonnulls(attempt_id, spoiled_because) <> 1 or (spoiled_because is null) <> (recorded_by is null);

-- name: 16 a check that was drawn is its attempt's, on an account of its payer, and every attempt by check is in the register
select format('check %s of account %s is not the check %s of attempt %s', register.number, register.check_account_id,
  coalesce(attempt.check_number::text, 'none'), register.attempt_id) as culprit
from check_register register
join check_account account on account.id = register.check_account_id
left join payout_attempt attempt on attempt.id = register.attempt_id left join payout on payout.id = attempt.payout_id
left join payout_run run on run.id = payout.run_id left join pay_schedule schedule on schedule.id = run.schedule_id
where register.attempt_id is not null
  and (attempt.check_number, schedule.payer_id) is distinct from (register.number, account.payer_id)
union all
select format('check %s of attempt %s is not in the register', check_number, id)
from payout_attempt
where (check_number is not null or gateway = 'printed-check')
  and not exists (select from check_register where attempt_id = payout_attempt.id);

-- name: 16 a check that the bank knows has failed or come back only where the bank confirmed that it is dead
select format('attempt %s is %s, and the bank has confirmed neither a stop nor a void of check %s', id, state, check_number) as culprit
from payout_attempt
where check_number is not null and state in ('failed', 'returned') and step::jsonb ->> 'acknowledgedAt' is not null
  and coalesce(evidence ->> 'bank', '') not in ('void', 'stopped') and not (state = 'returned' and resolution_id is not null);

-- name: 16 no check was printed or mailed that the bank had not acknowledged
select format('check %s of attempt %s is %s, and the bank has not acknowledged it', check_number, id, state) as culprit
from payout_attempt
where check_number is not null and step is not null and step::jsonb ->> 'acknowledgedAt' is null
  and exists (select from attempt_history where attempt_id = payout_attempt.id and to_state in ('accepted', 'sent', 'stale', 'settled'));
