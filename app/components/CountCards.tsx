import type { MasternodesSnapshot, PeerSnapshot, QuorumTypeSnapshot } from "../../worker/api.ts";
import { routeHref } from "../route.ts";
import { Amount } from "./Amount.tsx";
import { Card } from "./Card.tsx";
import { NotRechecked } from "./Chip.tsx";
import { SplitBar } from "./SplitBar.tsx";

interface CountCardProps<T> {
  counts: T;
  /** Proven before, not in this run. */
  isUnchecked: boolean;
}

export function MasternodesCard({ counts: list, isUnchecked }: CountCardProps<MasternodesSnapshot>) {
  const banned = list.total - list.valid;
  return (
    <Card
      title="Masternodes"
      badge={isUnchecked && <NotRechecked />}
      more={{ href: routeHref({ screen: "masternodes", proTxHash: undefined }), label: "All masternodes" }}
    >
      <p className="figure">
        <Amount value={list.total} testId="masternode-count" />
      </p>
      <SplitBar
        parts={[
          { tone: "ok", count: list.valid },
          { tone: "danger", count: banned },
        ]}
      />
      <dl className="facts is-inline">
        <div>
          <dt>Enabled</dt>
          <dd>
            <Amount value={list.valid} />
          </dd>
        </div>
        <div>
          <dt>Banned</dt>
          <dd>
            <Amount value={banned} />
          </dd>
        </div>
        <div>
          <dt>Evo</dt>
          <dd>
            <Amount value={list.evo} />
          </dd>
        </div>
      </dl>
      <p className="muted">
        In the list that block <Amount value={list.height} /> commits to
      </p>
    </Card>
  );
}

export function QuorumsCard({ counts: quorums, isUnchecked }: CountCardProps<readonly QuorumTypeSnapshot[]>) {
  return (
    <Card
      title="Quorums"
      badge={isUnchecked && <NotRechecked />}
      className="is-tall"
      more={{ href: routeHref({ screen: "quorums", quorum: undefined }), label: "All quorums" }}
    >
      <ul className="quorum-types">
        {quorums.map((type) => (
          <li key={type.llmqType} data-testid={`quorums-${type.llmqType}`}>
            <span className="quorum-type-name">
              {type.name}
              {!type.isNeeded && <small>not needed</small>}
            </span>
            <SplitBar
              parts={[
                { tone: isUnchecked ? "warn" : "ok", count: type.verified },
                { tone: "off", count: type.unknown },
                { tone: "danger", count: type.invalid },
              ]}
            />
            <span className="quorum-type-count">
              {type.verified} of {type.total}
              <span className="visually-hidden">{isUnchecked ? " verified before" : " verified"}</span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function PeersCard({ peers }: { peers: readonly PeerSnapshot[] }) {
  const ready = peers.filter((peer) => peer.status === "ready");
  const latencies = ready.flatMap((peer) => peer.latencyMs ?? []);
  const banned = peers.filter((peer) => peer.status === "banned").length;
  return (
    <Card title="Peers" more={{ href: routeHref({ screen: "peers" }), label: "All peers" }}>
      <p className="figure">
        <Amount value={ready.length} testId="peer-count" />
        <small>{ready.length === 1 ? "node connected" : "nodes connected"}</small>
      </p>
      <dl className="facts is-inline">
        <div>
          <dt>Fastest</dt>
          <dd>{latencies.length === 0 ? "–" : `${Math.round(Math.min(...latencies))} ms`}</dd>
        </div>
        <div>
          <dt>Banned</dt>
          <dd>{banned}</dd>
        </div>
      </dl>
    </Card>
  );
}
