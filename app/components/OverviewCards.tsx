import type {
  ChainLockSnapshot,
  MasternodesSnapshot,
  PeerSnapshot,
  QuorumTypeSnapshot,
  StoredSnapshot,
  TipSnapshot,
} from "../../worker/api.ts";
import { plural } from "../format.ts";
import { quorumHref, routeHref } from "../route.ts";
import { Age } from "./Age.tsx";
import { Amount } from "./Amount.tsx";
import { Card } from "./Card.tsx";
import { Chip } from "./Chip.tsx";
import { Hash } from "./Hash.tsx";
import { SplitBar } from "./SplitBar.tsx";

/** @param isUnchecked - verified before, not in this run: said instead of what it was verified to be */
export function TipCard({
  tip,
  isUnchecked,
  nowMs,
}: {
  tip: TipSnapshot;
  isUnchecked: boolean;
  nowMs: number;
}) {
  return (
    <Card
      title="Newest block"
      badge={<TipChip isChainLocked={tip.isChainLocked} isUnchecked={isUnchecked} />}
    >
      <p className="figure">
        <Amount value={tip.height} testId="tip-height" />
      </p>
      <dl className="facts">
        <div>
          <dt>Hash</dt>
          <dd>
            <Hash value={tip.hash} what="block hash" edge={6} />
          </dd>
        </div>
        <div>
          <dt>Mined</dt>
          <dd>
            <Age timeMs={tip.timeSeconds * 1000} nowMs={nowMs} />
          </dd>
        </div>
      </dl>
    </Card>
  );
}

function TipChip({ isChainLocked, isUnchecked }: { isChainLocked: boolean; isUnchecked: boolean }) {
  if (isUnchecked) return <NotRechecked />;
  if (!isChainLocked) return <Chip tone="off">Not locked yet</Chip>;
  return (
    <Chip tone="ok" icon="lock">
      ChainLocked
    </Chip>
  );
}

function NotRechecked() {
  return <Chip tone="warn">Not rechecked</Chip>;
}

export function ChainLockCard({ lock, isUnchecked }: { lock: ChainLockSnapshot; isUnchecked: boolean }) {
  return (
    <Card title="Newest ChainLock" badge={isUnchecked ? <NotRechecked /> : <Chip tone="ok">Verified</Chip>}>
      <p className="figure">
        <Amount value={lock.height} testId="chainlock-height" />
      </p>
      <dl className="facts">
        <div>
          <dt>Block</dt>
          <dd>
            <Hash value={lock.blockHash} what="hash of the locked block" edge={6} />
          </dd>
        </div>
        <div>
          <dt>Signed by</dt>
          <dd>
            <Hash
              value={lock.quorumHash}
              what="quorum hash"
              href={quorumHref(lock.llmqType, lock.quorumHash)}
              edge={6}
            />
          </dd>
        </div>
      </dl>
    </Card>
  );
}

export function MasternodesCard({ list }: { list: MasternodesSnapshot }) {
  const banned = list.total - list.valid;
  return (
    <Card
      title="Masternodes"
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

export function QuorumsCard({ quorums }: { quorums: readonly QuorumTypeSnapshot[] }) {
  return (
    <Card
      title="Quorums"
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
                { tone: "ok", count: type.verified },
                { tone: "off", count: type.unknown },
                { tone: "danger", count: type.invalid },
              ]}
            />
            <span className="quorum-type-count">
              {type.verified} of {type.total}
              <span className="visually-hidden"> verified</span>
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

const STORED_SENTENCES: Record<StoredSnapshot["status"], string> = {
  "checking-again": "It is being checked again like any node's answer.",
  checked: "It was checked again since this page was opened, and it held.",
  dropped: "It did not pass the check, so it was dropped and fetched again.",
};

const STORED_CHIPS: Record<StoredSnapshot["status"], { tone: "busy" | "ok" | "warn"; label: string }> = {
  "checking-again": { tone: "busy", label: "Checking again" },
  checked: { tone: "ok", label: "Checked" },
  dropped: { tone: "warn", label: "Dropped" },
};

export function StoredCard({ stored, nowMs }: { stored: StoredSnapshot; nowMs: number }) {
  const chip = STORED_CHIPS[stored.status];
  return (
    <Card title="Saved on this device" badge={<Chip tone={chip.tone}>{chip.label}</Chip>}>
      <p className="figure is-text" data-testid="stored-age">
        <Age timeMs={stored.savedAtMs} nowMs={nowMs} />
      </p>
      <p className="muted">{STORED_SENTENCES[stored.status]}</p>
    </Card>
  );
}

export function CannotVerifyCard({ names }: { names: readonly string[] }) {
  return (
    <Card title="Cannot be verified" badge={<Chip tone="warn">{plural(names.length, "quorum")}</Chip>}>
      <p className="muted">No node can give the missing proof, so these quorums are never used.</p>
      <ul className="plain-list" data-testid="cannot-verify">
        {names.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </Card>
  );
}
