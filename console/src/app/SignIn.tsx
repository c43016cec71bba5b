import { useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal } from "antd";
import { type FormEvent, useState } from "react";
import { answered, api } from "@/api/client";
import { sessionQuery } from "@/api/queries";
import { useTongue } from "@/lib/text";
import { Refused } from "@/ui/states";

/** Asks for name and password; `again` when a session has ended while somebody works, whose page stays below. */
export function SignIn({ again = false, done }: { again?: boolean; done?: () => void }) {
  const { say } = useTongue();
  if (again)
    return (
      <Modal open title={say("Your session has ended", "会话已结束")} footer={null} closable={false} width={380}>
        <p className="faint">
          {say("Sign in again; nothing you typed is lost.", "请重新登录，您输入的内容不会丢失。")}
        </p>
        <Form done={done} />
      </Modal>
    );
  return (
    <main className="sign-in">
      <div className="card">
        <h1 style={{ marginBottom: 2 }}>
          Quanyu <span lang="zh-CN">全域</span>
        </h1>
        <p className="faint" style={{ marginTop: 0 }}>
          {say("One customer, every channel.", "一个顾客，全部渠道。")}
        </p>
        <Form done={done} />
        <Tongues />
      </div>
    </main>
  );
}

function Form({ done }: { done?: () => void }) {
  const { say } = useTongue();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [refused, setRefused] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(undefined);
    try {
      const session = await answered(api.POST("/api/v1/session", { body: { name, password } }));
      queries.setQueryData(sessionQuery.queryKey, session);
      done?.();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={enter} className="grid" style={{ gap: 10 }}>
      <label>
        {say("Name", "登录名")}
        <Input autoFocus autoComplete="username" value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label>
        {say("Password", "密码")}
        <Input.Password
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      {refused !== undefined && <Refused error={refused} />}
      <Button type="primary" htmlType="submit" loading={busy} disabled={!name || !password}>
        {say("Sign in", "登录")}
      </Button>
    </form>
  );
}

function Tongues() {
  const { language, speak } = useTongue();
  return (
    <Button type="link" style={{ padding: 0, marginTop: 14 }} onClick={() => speak(language === "zh" ? "en" : "zh")}>
      {language === "zh" ? "English" : <span lang="zh-CN">中文</span>}
    </Button>
  );
}
