import type { Words } from "@/lib/text";

/** What types of identifiers are called. */
export const TYPES: Record<string, Words> = {
  phone: { en: "Phone", zh: "手机号" },
  receiver_phone: { en: "Receiver's phone", zh: "收货手机号" },
  email: { en: "E-mail", zh: "邮箱" },
  unionid: { en: "WeChat union id", zh: "微信 UnionID" },
  openid: { en: "WeChat open id", zh: "微信 OpenID" },
  external_userid: { en: "WeCom contact", zh: "企微外部联系人" },
  member_card: { en: "Member card", zh: "会员卡" },
  card: { en: "Card", zh: "卡号" },
  device: { en: "Device", zh: "设备" },
  user_id: { en: "Account", zh: "账号" },
  ouid: { en: "Tmall buyer id", zh: "天猫 OUID" },
  omid: { en: "Tmall brand id", zh: "天猫 OMID" },
  jd_pin: { en: "JD account", zh: "京东 PIN" },
  registration_id: { en: "Push registration", zh: "推送注册号" },
  match: { en: "Likely the same person", zh: "很可能同一人" },
  possible_match: { en: "Possibly the same person", zh: "可能同一人" },
};
export const typeName = (type: string): Words => TYPES[type] ?? { en: type, zh: type };

export const STRENGTHS: Record<string, Words> = {
  proves: { en: "proves", zh: "可证明" },
  asks: { en: "somebody has to say so", zh: "待人工确认" },
  suggests: { en: "suggests", zh: "仅作线索" },
  never: { en: "proves nothing", zh: "不作证明" },
};

/** Why a value that several records have does not join them. */
export const REASONS: Record<string, Words> = {
  "": { en: "joins", zh: "合并" },
  type: { en: "this type proves nothing", zh: "此类标识不作证明" },
  scope: { en: "its scope is another than the policy says", zh: "范围与策略不符" },
  asked: { en: "somebody has to say so", zh: "待人工确认" },
  records: { en: "too many records share it", zh: "共用的记录过多" },
  customers: { en: "too many persons share it", zh: "共用的客户过多" },
  contradicted: { en: "name, birthday or gender contradict", zh: "姓名、生日或性别矛盾" },
  single: { en: "one customer would have two of a kind", zh: "同类标识在一人身上出现两个" },
  separated: { en: "somebody has parted it", zh: "已人工拆分" },
  lapsed: { en: "another record had it long after", zh: "此后长期归另一记录使用" },
  own: { en: "the company's own, of staff or a store", zh: "属于员工或门店" },
  across: { en: "of brands that are kept apart", zh: "分属不允许合并的品牌" },
};
export const DIFFER: Record<string, Words> = {
  name: { en: "given name", zh: "名字" },
  surname: { en: "surname", zh: "姓氏" },
  birthday: { en: "birthday", zh: "生日" },
  gender: { en: "gender", zh: "性别" },
  silent: { en: "some tell no name", zh: "部分记录无姓名" },
};
export const VERDICTS: Record<string, Words> = {
  unlinked: { en: "not the record's", zh: "标识不属于该记录" },
  nobodys: { en: "no person's", zh: "标识不属于任何人" },
  cut: { en: "not one person", zh: "不是同一人" },
  together: { en: "one person", zh: "同一人" },
  settled: { en: "stays as it is", zh: "维持现状" },
};
export const wordOf = (words: Record<string, Words>, key: string): Words => words[key] ?? { en: key, zh: key };
