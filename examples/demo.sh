#!/bin/sh
# The main job from end to end, as a person would type it. Run by `make demo`.
set -eu
here=$(dirname "$0")
PATH="$(cd "$here/.." && pwd)/.venv/bin:$PATH"
QUANYU_HOME=${DEMO_HOME:-demo-home}
company=${DEMO_COMPANY:-demo-company}
export PATH QUANYU_HOME

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "1/6  A retailer with stores, marketplaces, a mini-program and guides · 生成一家全渠道零售商"
if [ -e "$company/company.json" ]; then
  echo "$company is there already · 已存在"
else
  quanyu simulate --customers "${DEMO_CUSTOMERS:-20000}" --out "$company"
fi

say "2/6  A home, and the files of its systems as they are · 新建数据目录，导入各系统的文件"
quanyu init --time-zone Asia/Shanghai --currency CNY
quanyu clock --to 2026-06-30T20:00  # the company's last day: what is "now" for it
quanyu import "$company"/*/*.yaml

say "3/6  Who is who · 识别客户"
quanyu identify

say "4/6  Tags as of 30 June 2026, and RFM · 标签与 RFM"
quanyu tag compute
quanyu tag list
quanyu tag rfm

say "5/6  Three audiences · 三个人群"
quanyu audience apply "$here"/company/audiences/*.yaml
quanyu audience refresh
quanyu audience list

say "6/6  What an e-mail changed, against people who got none · 邮件活动的增量效果"
quanyu experiment analyze "$here/email_test/campaign.csv" \
  --arm segment --control "No E-Mail" --outcomes visit,conversion,spend

say "How things stand · 当前状态"
quanyu status

say "Somebody who may sign in · 可登录的操作员"
quanyu operator list --json | grep -q '"mei"' || echo look-and-choose | quanyu operator add mei --role owner --title 梅

if [ "${SERVE:-1}" != 0 ]; then
  say "The console is on http://127.0.0.1:8000 — sign in as mei, look-and-choose; stop it with Ctrl-C"
  say "控制台已启动：http://127.0.0.1:8000 ，登录名 mei，密码 look-and-choose；Ctrl-C 停止"
  exec quanyu serve
fi
