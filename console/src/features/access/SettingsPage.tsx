import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Popconfirm, Select, Tabs } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { useFormat } from "@/lib/format";
import { ROLE_WORDS } from "@/lib/roles";
import { type Role, useMay, useSession } from "@/lib/session";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered, Page } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing, Refused } from "@/ui/states";

export default function SettingsPage() {
  const say = useSay();
  const owner = useMay("owner");
  if (!owner)
    return (
      <Page title={say("Settings", "设置")}>
        <Nothing title={say("Only owners may change settings.", "仅所有者可更改设置。")} />
      </Page>
    );
  return (
    <Page title={say("Settings", "设置")}>
      <Tabs
        items={[
          { key: "operators", label: say("People", "操作员"), children: <Operators /> },
          { key: "keys", label: say("API keys", "API 密钥"), children: <Keys /> },
          { key: "audit", label: say("Audit log", "审计日志"), children: <Audit /> },
        ]}
      />
    </Page>
  );
}

function RoleSelect({ value, change }: { value: Role; change: (role: Role) => void }) {
  const say = useSay();
  return (
    <Select
      value={value}
      aria-label={say("Role", "角色")}
      style={{ width: 140 }}
      onChange={change}
      options={Object.entries(ROLE_WORDS).map(([role, words]) => ({ value: role, label: say(words) }))}
    />
  );
}

function Operators() {
  const say = useSay();
  const format = useFormat();
  const session = useSession();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const query = useQuery({ queryKey: ["operators"], queryFn: () => answered(api.GET("/api/v1/operators")) });
  const change = useMutation({
    mutationFn: ({ name, ...body }: { name: string; role?: Role; disabled?: boolean }) =>
      answered(api.POST("/api/v1/operators/{name}", { params: { path: { name } }, body })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["operators"] }),
  });
  return (
    <div className="grid">
      <div>
        <Button type="primary" onClick={() => setAdding(true)}>
          {say("Add somebody…", "新增操作员……")}
        </Button>
      </div>
      {change.isError && <Refused error={change.error} />}
      <Answered query={query}>
        {({ operators }) => (
          <Scroll label={say("Table", "表格")}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{say("Name", "登录名")}</th>
                  <th>{say("Title", "名称")}</th>
                  <th>{say("Role", "角色")}</th>
                  <th>{say("Last seen", "最近登录")}</th>
                  <th>{say("State", "状态")}</th>
                  <td />
                </tr>
              </thead>
              <tbody>
                {operators.map((each) => (
                  <tr key={each.name}>
                    <td>{each.name}</td>
                    <td>{each.title}</td>
                    <td>
                      <RoleSelect value={each.role} change={(role) => change.mutate({ name: each.name, role })} />
                    </td>
                    <td className="faint when">{each.seen_at ? format.instant(each.seen_at) : "–"}</td>
                    <td>
                      <Pill tone={each.disabled_at ? undefined : "good"}>
                        {each.disabled_at ? say("closed", "已停用") : say("open", "正常")}
                      </Pill>
                    </td>
                    <td className="number">
                      {each.name !== session.name && (
                        <Button
                          size="small"
                          onClick={() => change.mutate({ name: each.name, disabled: !each.disabled_at })}
                        >
                          {each.disabled_at ? say("Open", "启用") : say("Close", "停用")}
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Answered>
      {adding && <AddOperator close={() => setAdding(false)} />}
    </div>
  );
}

function AddOperator({ close }: { close: () => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const add = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/operators", { body: { name, title, role, password } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["operators"] });
      close();
    },
  });
  return (
    <Modal
      open
      title={say("Add somebody", "新增操作员")}
      okText={say("Add", "新增")}
      cancelText={say("Cancel", "取消")}
      okButtonProps={{ loading: add.isPending, disabled: !name || !password }}
      onOk={() => add.mutate()}
      onCancel={close}
    >
      <div className="grid">
        <label>
          {say("Name to sign in with (a–z, 0–9)", "登录名（a–z、0–9）")}
          <Input autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          {say("Name that others read", "显示名称")}
          <Input value={title} maxLength={80} onChange={(event) => setTitle(event.target.value)} />
        </label>
        <label>
          {say("Password, at least 10 characters", "密码，至少 10 位")}
          <Input.Password
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <RoleSelect value={role} change={setRole} />
        {add.isError && <Refused error={add.error} />}
      </div>
    </Modal>
  );
}

function Keys() {
  const say = useSay();
  const format = useFormat();
  const queries = useQueryClient();
  const [label, setLabel] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const query = useQuery({ queryKey: ["tokens"], queryFn: () => answered(api.GET("/api/v1/tokens")) });
  const renew = () => queries.invalidateQueries({ queryKey: ["tokens"] });
  const make = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/tokens", { body: { label, role } })),
    onSuccess: renew,
  });
  const revoke = useMutation({
    mutationFn: (each: string) => answered(api.DELETE("/api/v1/tokens/{label}", { params: { path: { label: each } } })),
    onSettled: renew,
  });
  return (
    <div className="grid">
      <div className="chips" style={{ alignItems: "center" }}>
        <Input
          style={{ width: 220 }}
          aria-label={say("What the key is for", "密钥用途")}
          placeholder={say("What it is for", "用途")}
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
        <RoleSelect value={role} change={setRole} />
        <Button type="primary" disabled={!label} loading={make.isPending} onClick={() => make.mutate()}>
          {say("Make a key", "创建密钥")}
        </Button>
      </div>
      {make.data && (
        <div className="card" role="status">
          <b>{say("Copy it now: it is shown only this once.", "请立即复制：仅显示这一次。")}</b>
          <pre className="code">{make.data.token}</pre>
        </div>
      )}
      {(make.isError || revoke.isError) && <Refused error={make.error ?? revoke.error} />}
      <Answered query={query}>
        {({ tokens }) =>
          tokens.length ? (
            <Scroll label={say("Table", "表格")}>
              <table className="plain">
                <tbody>
                  {tokens.map((each) => (
                    <tr key={`${each.label} ${each.created_at}`}>
                      <td>{each.label}</td>
                      <td>{say(ROLE_WORDS[each.role as Role])}</td>
                      <td className="faint when">{format.instant(each.created_at)}</td>
                      <td className="number">
                        {each.revoked_at ? (
                          <Pill>{say("revoked", "已吊销")}</Pill>
                        ) : (
                          <Popconfirm
                            title={say("Revoke every key of this name?", "吊销此名称的全部密钥？")}
                            okText={say("Revoke", "吊销")}
                            cancelText={say("Keep", "保留")}
                            onConfirm={() => revoke.mutate(each.label)}
                          >
                            <Button size="small">{say("Revoke", "吊销")}</Button>
                          </Popconfirm>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          ) : (
            <Nothing title={say("No API key yet.", "还没有 API 密钥。")} />
          )
        }
      </Answered>
    </div>
  );
}

function Audit() {
  const say = useSay();
  const format = useFormat();
  const [pages, setPages] = useState<string[]>([]);
  const before = pages[pages.length - 1];
  const query = useQuery({
    queryKey: ["audit", before],
    queryFn: () =>
      answered(
        api.GET("/api/v1/audit", { params: { query: { limit: 100, before: before ? Number(before) : undefined } } }),
      ),
  });
  return (
    <Answered query={query} rows={10}>
      {({ entries }) =>
        entries.length ? (
          <Scroll label={say("Table", "表格")}>
            <table className="plain">
              <thead>
                <tr>
                  <th>{say("When", "时间")}</th>
                  <th>{say("Who", "操作人")}</th>
                  <th>{say("What", "操作")}</th>
                  <th>{say("About", "对象")}</th>
                  <th>{say("Why", "原因")}</th>
                  <th>{say("Ended", "结果")}</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((each: Schemas["AuditEntry"]) => (
                  <tr key={each.number}>
                    <td className="faint when">{format.instant(each.at)}</td>
                    <td>{each.who}</td>
                    <td>
                      <code>{each.act}</code>
                    </td>
                    <td>{each.about}</td>
                    <td>{each.reason}</td>
                    <td>
                      <Pill tone={each.status === null ? "warm" : each.status < 400 ? "good" : "warm"}>
                        {each.status ?? say("not known", "未知")}
                      </Pill>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <div className="chips" style={{ marginTop: 8 }}>
              {pages.length > 0 && <Button onClick={() => setPages(pages.slice(0, -1))}>{say("Newer", "较新")}</Button>}
              {entries.length === 100 && (
                <Button onClick={() => setPages([...pages, entries[99]?.number ?? ""])}>{say("Older", "较早")}</Button>
              )}
            </div>
          </Scroll>
        ) : (
          <Nothing title={say("Nothing has been changed yet.", "尚无操作记录。")} />
        )
      }
    </Answered>
  );
}
