import { useQuery } from "@tanstack/react-query";
import { Pagination } from "antd";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { LINES, STATES } from "@/features/customers/words";
import { useFormat } from "@/lib/format";
import { wordOf } from "@/lib/identifiers";
import { useSay } from "@/lib/text";
import { Pill } from "@/ui/figures";
import { Answered } from "@/ui/Page";
import { Scroll } from "@/ui/Scroll";
import { Nothing } from "@/ui/states";

const PAGE = 20;

/** What he ordered and returned, the newest first; an order opens to its lines. */
export function Orders({ id }: { id: string }) {
  const say = useSay();
  const [page, setPage] = useState(1);
  const query = useQuery({
    queryKey: ["customer", id, "orders", page],
    queryFn: () =>
      answered(
        api.GET("/api/v1/customers/{one_id}/orders", {
          params: { path: { one_id: id }, query: { skip: (page - 1) * PAGE, limit: PAGE } },
        }),
      ),
  });
  return (
    <Answered query={query} rows={8}>
      {({ total, orders }) =>
        total ? (
          <div className="card">
            {orders.map((each, at) => (
              <Order key={`${each.source} ${each.order_number}`} order={each} open={at === 0} />
            ))}
            {total > PAGE && (
              <Pagination
                size="small"
                style={{ marginTop: 12 }}
                current={page}
                pageSize={PAGE}
                total={total}
                showSizeChanger={false}
                onChange={setPage}
              />
            )}
          </div>
        ) : (
          <Nothing title={say("No order is known of him.", "暂无订单。")} />
        )
      }
    </Answered>
  );
}

function Order({ order, open }: { order: Schemas["OneOrder"]; open: boolean }) {
  const say = useSay();
  const format = useFormat();
  const back = order.returned + order.refunded;
  const place = order.store_name ?? order.store ?? order.channel ?? order.source;
  return (
    <details className="order" open={open}>
      <summary>
        <span>{format.instant(order.placed_at)}</span>
        <span className="ellipsis">
          {place} <span className="faint small">{order.order_number}</span>
        </span>
        <span>
          <Pill tone={order.counts ? (order.type === "return" ? "warm" : "good") : undefined}>
            {order.type === "return" ? say("return", "退货") : order.status ? say(wordOf(STATES, order.status)) : "–"}
          </Pill>
        </span>
        <b className="number">
          {format.exact(order.type === "return" ? -order.returned : order.amount, order.currency)}
        </b>
      </summary>
      <div className="chips faint small" style={{ marginBottom: 6 }}>
        <span>{order.source}</span>
        {order.platform && <span>{order.platform}</span>}
        {order.discount ? (
          <span>
            {say("taken off ", "优惠 ")}
            {format.exact(order.discount, order.currency)}
          </span>
        ) : null}
        {order.type !== "return" && back > 0 && (
          <span>
            {say("given back ", "退回 ")}
            {format.exact(back, order.currency)}
          </span>
        )}
        {order.coupon && (
          <span>
            {say("coupon ", "券 ")}
            {order.coupon}
          </span>
        )}
        {order.campaign && (
          <span>
            {say("campaign ", "活动 ")}
            {order.campaign}
          </span>
        )}
        {!order.counts && <span>{say("does not count: unpaid or closed", "不计入：未付款或已关闭")}</span>}
      </div>
      {order.lines.length > 0 && (
        <Scroll label={say(`Lines of ${order.order_number}`, `订单 ${order.order_number} 的商品`)} bare>
          <table className="plain">
            <thead>
              <tr>
                <th>{say("Product", "商品")}</th>
                <th>{say("Code", "编码")}</th>
                <th>{say("Kind", "类型")}</th>
                <th className="number">{say("Pieces", "件数")}</th>
                <th className="number">{say("Amount", "金额")}</th>
              </tr>
            </thead>
            <tbody>
              {order.lines.map((line, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines of an order have no key of their own, and stay
                <tr key={at}>
                  <td>{line.title ?? <span className="faint">–</span>}</td>
                  <td className="faint">{line.product}</td>
                  <td>{say(wordOf(LINES, line.type))}</td>
                  <td className="number">{line.quantity}</td>
                  <td className="number">{format.exact(line.amount, order.currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
