import type { Words } from "@/lib/text";

export const ATTRIBUTES: Record<string, Words> = {
  name: { en: "Name", zh: "姓名" },
  gender: { en: "Gender", zh: "性别" },
  birthday: { en: "Birthday", zh: "生日" },
  country: { en: "Country", zh: "国家" },
  province: { en: "Province", zh: "省份" },
  city: { en: "City", zh: "城市" },
  district: { en: "District", zh: "区县" },
  address: { en: "Address", zh: "地址" },
  language: { en: "Language", zh: "语言" },
  level: { en: "Member level", zh: "会员等级" },
  status: { en: "Account", zh: "账号状态" },
  store: { en: "Home store", zh: "归属门店" },
  staff: { en: "Guide", zh: "专属导购" },
  channel: { en: "Where he joined", zh: "入会渠道" },
};
export const VALUES: Record<string, Words> = {
  f: { en: "female", zh: "女" },
  m: { en: "male", zh: "男" },
  active: { en: "active", zh: "正常" },
  blocked: { en: "blocked", zh: "冻结" },
  closed: { en: "closed", zh: "已注销" },
};
export const WAYS: Record<string, Words> = {
  phone: { en: "phone", zh: "手机号" },
  tail: { en: "last four digits", zh: "手机号后四位" },
  card: { en: "card or account", zh: "会员卡或账号" },
  order: { en: "order number", zh: "订单号" },
  name: { en: "name", zh: "姓名" },
  one_id: { en: "customer id", zh: "客户编号" },
};
export const KINDS: Record<string, Words> = {
  order: { en: "Order", zh: "订单" },
  return: { en: "Return", zh: "退货" },
  case: { en: "After-sales case", zh: "售后单" },
  event: { en: "On screens", zh: "行为" },
  message: { en: "Message", zh: "消息" },
  response: { en: "Response", zh: "响应" },
  registration: { en: "Registration", zh: "注册" },
};
/** States of orders, cases and messages, and what came back. */
export const STATES: Record<string, Words> = {
  placed: { en: "placed", zh: "已下单" },
  paid: { en: "paid", zh: "已付款" },
  shipped: { en: "shipped", zh: "已发货" },
  completed: { en: "completed", zh: "已完成" },
  closed: { en: "closed", zh: "已关闭" },
  refunded: { en: "refunded", zh: "已退款" },
  open: { en: "open", zh: "处理中" },
  refused: { en: "refused", zh: "已拒绝" },
  cancelled: { en: "cancelled", zh: "已取消" },
  queued: { en: "waiting", zh: "待发送" },
  sent: { en: "sent", zh: "已发送" },
  delivered: { en: "delivered", zh: "已送达" },
  failed: { en: "failed", zh: "发送失败" },
  expired: { en: "expired on the way", zh: "超时未达" },
  rejected: { en: "refused on the way", zh: "被拒收" },
  suppressed: { en: "not sent, by our own rules", zh: "按规则未发送" },
  unknown: { en: "no report came", zh: "无回执" },
  opened: { en: "opened", zh: "打开" },
  clicked: { en: "clicked", zh: "点击" },
  replied: { en: "replied", zh: "回复" },
  unsubscribed: { en: "unsubscribed", zh: "退订" },
  complained: { en: "complained", zh: "投诉" },
  bounced: { en: "bounced", zh: "退信" },
  uninstalled: { en: "removed the app", zh: "卸载" },
};
export const CASES: Record<string, Words> = {
  return: { en: "return", zh: "退货" },
  refund: { en: "refund", zh: "退款" },
  exchange: { en: "exchange", zh: "换货" },
  repair: { en: "repair", zh: "维修" },
  complaint: { en: "complaint", zh: "投诉" },
};
export const LINES: Record<string, Words> = {
  sale: { en: "bought", zh: "购买" },
  return: { en: "returned", zh: "退货" },
  free: { en: "free", zh: "赠品" },
  adjustment: { en: "adjustment", zh: "调整" },
};
