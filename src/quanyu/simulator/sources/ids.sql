-- By what each system knows a person.
create macro hex16(id) as
  case when id >= 1152921504606846976 then hex(id) else right('000000000000000' || hex(id), 16) end;
create macro hexed(id) as lower(hex16(id));

create macro url_safe(base64) as replace(replace(base64, '+', '-'), '/', '_');
-- An id of some app (three letters): the same person has another in each. The first eleven letters of the last part are
-- the 64 bits.
create macro open_id(id, app) as
  'o' || app || url_safe(substr(to_base64(unhex(hex16(id) || hex16(hash(id)) || hex16(hash(id, 1)))), 1, 24));
create macro union_id(id) as
  'oUn' || url_safe(substr(to_base64(unhex(hex16(id) || hex16(hash(id)) || hex16(hash(id, 7)))), 1, 25));
create macro external_userid(id) as
  'wm' || url_safe(substr(to_base64(unhex(hex16(id) || hex16(hash(id)) || hex16(hash(id, 3)))), 1, 30));
-- What a member's card says; the north chain's has leading zeros.
create macro south_card(id) as digits(id, 16);
create macro north_card(id) as '00' || digits(id, 14);
-- Whom a Tmall store, all Tmall stores of a group, and Douyin know; what marketplaces leave of a name and a phone.
create macro buyer_id(id) as 'AAE' || substr(to_base64(unhex(hex16(id) || hex16(hash(id, 11)))), 1, 22);
create macro group_id(id) as 'AAH' || substr(to_base64(unhex(hex16(id) || hex16(hash(id, 13)))), 1, 22);
create macro jd_pin(id) as 'jd_' || lower(hex16(id));
create macro douyin_id(id) as '1@#' || to_base64(unhex(hex16(id) || hex16(hash(id, 17))));
create macro masked_phone(phone) as substr(phone::varchar, 1, 3) || '****' || substr(phone::varchar, 8);
-- Numbers of accounts as our own shop systems write them.
create macro user_id(id) as (1000000000000000000 + id % 8000000000000000000)::varchar;
-- What friends pass on, and how a phone is known to the push service.
create macro share_code(id) as upper(substr(hexed(hash(id, 23)), 1, 12));
create macro registration_id(id) as '1' || substr(hexed(hash(id, 29)), 1, 2) || hexed(id);
-- What the source of an account (0 to 6) and of a marketplace's buyer is called, and the key of his record there.
create macro account_source(account, chain) as case when account <= 1 then 'pos_' || chain else
  ['mini_program', 'site', 'app', 'official_account', 'wecom'][account - 1] end;
create macro account_record(account, chain, key) as case
  when account <= 1 then case chain when 'south' then south_card(key) else north_card(key) end
  when account = 2 then open_id(key, 'HYm') when account = 5 then open_id(key, 'HYg') when account = 6 then external_userid(key)
  else user_id(key) end;
create macro buyer_source(channel) as ['tmall_flagship', 'tmall_outlet', 'jd', 'douyin'][channel];
create macro buyer_record(channel, id) as case when channel <= 2 then buyer_id(id) when channel = 3 then jd_pin(id) else douyin_id(id) end;
