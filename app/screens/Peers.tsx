import type { PeerSnapshot } from "../../worker/api.ts";
import { EmptyState } from "../components/EmptyState.tsx";
import { PeerTable } from "../components/PeerTable.tsx";
import { ScreenHeader } from "../components/ScreenHeader.tsx";
import { plural } from "../format.ts";
import { readyPeers, useApp } from "../store.ts";

const NONE: readonly PeerSnapshot[] = [];

/** Whom the client talks to, and what became of those it no longer talks to. */
export function Peers() {
  const peers = useApp((state) => state.snapshot?.peers ?? NONE);
  const ready = useApp((state) => readyPeers(state.snapshot));
  return (
    <>
      <ScreenHeader title="Peers">
        {plural(ready, "node")} connected. What they say counts only with its proof; one that sends a false
        proof is banned.
      </ScreenHeader>
      {peers.length > 0 ? (
        <PeerTable peers={peers} />
      ) : (
        <EmptyState icon="peers" title="No node yet">
          The bridge names Dash nodes to connect to; your own can be added in the settings.
        </EmptyState>
      )}
    </>
  );
}
