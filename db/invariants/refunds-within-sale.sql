-- 5. Refunds take back no more than their sale earned, on the sale's release day.
select format('the refunds of %s/%s %s take back %s of %s', sale.source, sale.source_id, sale.incentive_id, -sum(back.amount_minor),
  sale.amount_minor) as culprit
from earning back
join earning sale on sale.source = back.source and sale.source_id = back.reverses and sale.incentive_id = back.incentive_id
group by sale.source, sale.source_id, sale.incentive_id
having abs(sum(back.amount_minor)) > abs(sale.amount_minor) or bool_or(back.amount_minor * sign(sale.amount_minor) > 0)
  or bool_or((back.available_on, back.partner_id, back.program_id, back.currency)
    is distinct from (sale.available_on, sale.partner_id, sale.program_id, sale.currency));
