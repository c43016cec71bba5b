-- How many customers both sides have, and how many differ in any tag.
with ours as (
    select v.value::bigint as customer, t.* exclude (customer)
    from tags t join mapping m using (customer) join "values" v on v.record = m.record
)
select count(*), count(*) filter (
    o.country is distinct from r.country or o.frequency is distinct from r.frequency
    or o.monetary is distinct from r.monetary or o.average_basket is distinct from r.average_basket
    or o.first_purchase is distinct from r.first_purchase or o.last_purchase is distinct from r.last_purchase
    or round(o.return_share, 9) is distinct from round(r.return_share, 9)
    or o.top_product is distinct from r.top_product or o.days_to_next_purchase is distinct from r.next_purchase
    or o.rfm_score is distinct from r.rfm_score
)
from ours o join $rival r using (customer)
