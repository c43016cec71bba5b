"""Accounts are checked, added and listed without their secrets; batches and letters are looked at and moved."""

HOOK = """name: crm_hook
through: webhook
channel: sms
settings: {url: "https://crm.example/messages", secret: whsec_c2VjcmV0, batch: 100, idempotent: true}
"""


def test_an_account_is_checked_added_and_listed(inside, tmp_path):
    file = tmp_path / "hook.yaml"
    file.write_text(HOOK)
    assert inside("channel", "check", str(file), "--json").document["batch"] == 100
    assert inside("channel", "add", str(file), "--json").document["changed"] is True
    again = inside("channel", "add", str(file), "--json")
    assert (again.document["changed"], again.document["secrets"]) == (False, ["secret"])
    listed = inside("channel", "list", "--json")
    assert [account["name"] for account in listed.document["accounts"]] == ["crm_hook"]
    assert "c2VjcmV0" not in again.out + listed.out


def test_all_faults_of_an_account_are_told(inside, tmp_path):
    file = tmp_path / "hook.yaml"
    file.write_text(HOOK.replace("webhook", "pigeon").replace("sms", "smoke"))
    ran = inside("channel", "check", str(file))
    assert ran.status == 1
    assert "pigeon" in ran.err
    assert "smoke" in ran.err


def test_an_empty_outbox_is_delivered_at_once(inside):
    assert inside("channel", "deliver", "--once", "--json").document == {"chunks": 0, "messages": 0, "responses": 0}
    assert inside("channel", "batches", "--json").document == {"batches": []}
    assert inside("channel", "dead", "--json").document == {"letters": []}
    assert inside("channel", "pause", "spring:", "--json").document == {"batches": 0}
    assert inside("channel", "resend", "spring:1", "--reason", "unknown").status == 1
