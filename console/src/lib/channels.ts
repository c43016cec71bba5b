import type { Words } from "@/lib/text";

/** Ways to send a message, by the code that the API has for them. */
export const CHANNELS: Record<string, Words> = {
  sms: { en: "Text message", zh: "短信" },
  email: { en: "E-mail", zh: "邮件" },
  wecom: { en: "WeCom", zh: "企业微信" },
  push: { en: "App push", zh: "APP推送" },
  official_account: { en: "Official account", zh: "公众号" },
  mini_program: { en: "Mini-program", zh: "小程序" },
  in_app: { en: "Inside the app", zh: "站内信" },
  call: { en: "Phone call", zh: "电话外呼" },
  post: { en: "Letter", zh: "信函" },
};
