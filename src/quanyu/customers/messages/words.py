"""What channels, the states of a message and the answers to it are called, in files and here."""

from quanyu.foundation.kinds import Code
from quanyu.foundation.text import Text

CHANNELS = (
    Code("sms", Text("Text message", "短信"), ("text", "mms", "彩信", "5g消息")),
    Code("email", Text("E-mail", "邮件"), ("mail", "edm", "电子邮件", "邮箱")),
    Code("wecom", Text("WeCom", "企业微信"), ("wework", "企微", "work wechat")),
    Code("push", Text("App push", "APP推送"), ("app push notification", "推送", "notification", "通知栏推送")),
    Code("official_account", Text("WeChat official account", "公众号"), ("微信公众号", "服务号", "订阅号", "wechat")),
    Code("mini_program", Text("Mini-program message", "小程序订阅消息"), ("小程序", "miniprogram", "订阅消息")),
    Code("in_app", Text("Message inside the app", "站内信"), ("inbox", "in-app", "弹窗", "app内消息")),
    Code("call", Text("Phone call", "电话外呼"), ("phone", "外呼", "电话", "ivr")),
    Code("post", Text("Letter", "信函"), ("direct mail", "dm", "直邮")),
)

STATUSES = (
    Code(
        "queued",
        Text("Waiting to be sent", "待发送"),
        ("pending", "scheduled", "accepted", "accepted by carrier", "acceptd"),
    ),
    Code("sent", Text("Sent", "已发送"), ("success", "ok", "发送成功", "成功", "submitted", "enroute")),
    Code("delivered", Text("Delivered", "已送达"), ("delivrd", "received", "送达", "已接收", "arrived")),
    Code(
        "failed",
        Text("Failed", "发送失败"),
        ("undeliv", "undelivered", "not_received", "失败", "未送达", "bounced", "error"),
    ),
    Code("expired", Text("Expired on the way", "超时未达"), ("timeout", "超时")),
    Code(
        "rejected",
        Text("Refused on the way", "被拒收"),
        ("rejectd", "refused", "拒收", "blocked", "拦截"),
    ),
    Code("suppressed", Text("Not sent, by our own rules", "未发送"), ("skipped", "capped", "被过滤", "已跳过")),
    Code("unknown", Text("No report came", "状态未知"), ("no report", "未知", "无回执")),
)

RESPONSE_EVENTS = (
    Code("delivered", Text("Delivered", "已送达"), ("delivrd", "delivery", "送达", "received")),
    Code("opened", Text("Opened", "打开"), ("open", "read", "view", "已读", "阅读", "已打开")),
    Code("clicked", Text("Clicked", "点击"), ("click", "已点击", "点击链接")),
    Code("replied", Text("Replied", "回复"), ("reply", "mo", "上行", "已回复")),
    Code("unsubscribed", Text("Unsubscribed", "退订"), ("unsubscribe", "opt-out", "optout", "td", "取关", "取消关注")),
    Code("complained", Text("Complained", "投诉"), ("complaint", "spam", "spamreport", "举报")),
    Code("bounced", Text("Bounced", "退信"), ("bounce", "hard bounce", "soft bounce", "退回")),
    Code("uninstalled", Text("Removed the app", "卸载"), ("uninstall", "已卸载")),
)
