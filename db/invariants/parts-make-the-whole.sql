-- 5. The parts of a split line add up to it, and keep its partner, program, currency and release day.
select format('line %s of %s was split into parts of %s', whole.id, whole.amount_minor, sum(part.amount_minor)) as culprit
from earning_line part join earning_line whole on whole.id = part.split_from
group by whole.id
having sum(part.amount_minor) <> whole.amount_minor
  or bool_or((part.partner_id, part.program_id, part.currency, part.available_on)
    is distinct from (whole.partner_id, whole.program_id, whole.currency, whole.available_on));
