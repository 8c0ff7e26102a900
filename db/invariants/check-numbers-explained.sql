-- 16. Every check number that an account has used has one explanation.
select format('check %s of account %s is not in the register', used.number, account.id) as culprit
from check_account account cross join lateral generate_series(account.number_first, account.number_next - 1) as used(number)
where not exists (select from check_register register where register.check_account_id = account.id and register.number = used.number)
union all
select format('check %s of account %s is in the register %s times', number, check_account_id, count(*))
from check_register group by check_account_id, number having count(*) > 1
union all
select format('check %s of account %s is neither drawn nor spoiled by a person', number, check_account_id)
from check_register
where num_nonnulls(attempt_id, spoiled_because) <> 1 or (spoiled_because is null) <> (recorded_by is null);
