import type { PeerSnapshot, PeerStatus } from "../../worker/api.ts";
import { formatBytes, formatNumber } from "../format.ts";
import type { Tone } from "../status.ts";
import { Chip } from "./Chip.tsx";

const STATUSES: Record<PeerStatus, { tone: Tone; label: string }> = {
  connecting: { tone: "busy", label: "Connecting" },
  handshake: { tone: "busy", label: "Introducing" },
  ready: { tone: "ok", label: "Ready" },
  banned: { tone: "danger", label: "Banned" },
  closed: { tone: "off", label: "Closed" },
};

/** Every node known in this run: a table where there is room, cards where there is not. */
export function PeerTable({ peers }: { peers: readonly PeerSnapshot[] }) {
  return (
    <table className="grid-table peer-table">
      <thead>
        <tr>
          <th scope="col">Node</th>
          <th scope="col">Status</th>
          <th scope="col">Height</th>
          <th scope="col">Latency</th>
          <th scope="col">Score</th>
          <th scope="col">In</th>
          <th scope="col">Out</th>
        </tr>
      </thead>
      <tbody>
        {peers.map((peer) => (
          <Row key={peer.address} peer={peer} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ peer }: { peer: PeerSnapshot }) {
  const status = STATUSES[peer.status];
  return (
    <tr data-testid="peer" data-status={peer.status}>
      <td className="cell-node">
        <code>{peer.address}</code>
        <p className="peer-agent">
          {peer.userAgent ?? "Not introduced yet"}
          {peer.protocolVersion !== undefined && `, protocol ${peer.protocolVersion}`}
        </p>
        {peer.reason !== undefined && <p className="row-reason">{peer.reason}</p>}
      </td>
      <td className="cell-status">
        <Chip tone={status.tone}>{status.label}</Chip>
      </td>
      <td data-label="Height">{peer.height === undefined ? "–" : formatNumber(peer.height)}</td>
      <td data-label="Latency">{peer.latencyMs === undefined ? "–" : `${Math.round(peer.latencyMs)} ms`}</td>
      <td data-label="Score">
        <meter min={0} max={100} low={34} high={67} optimum={100} value={peer.score} aria-hidden="true" />{" "}
        {Math.round(peer.score)}
      </td>
      <td data-label="In">
        <data value={peer.bytesIn} data-testid="peer-bytes-in">
          {formatBytes(peer.bytesIn)}
        </data>
      </td>
      <td data-label="Out">{formatBytes(peer.bytesOut)}</td>
    </tr>
  );
}
