import type { ClientSnapshot } from "../../worker/api.ts";
import { ChainLockCard, TipCard } from "../components/ChainCards.tsx";
import { MasternodesCard, PeersCard, QuorumsCard } from "../components/CountCards.tsx";
import { CannotVerifyCard, StoredCard } from "../components/StateCards.tsx";
import { StatusHero } from "../components/StatusHero.tsx";
import { SyncProgress } from "../components/SyncProgress.tsx";
import { TrustLadder } from "../components/TrustLadder.tsx";
import { plural } from "../format.ts";
import { trustLadder } from "../ladder.ts";
import type { Status } from "../status.ts";
import { isUnchecked, readyPeers, useApp } from "../store.ts";
import { useNow } from "../useNow.ts";
import { useStatus } from "../useStatus.ts";
import { Problems } from "./Problems.tsx";

/** What is verified and why. */
export function Overview() {
  const status = useStatus();
  const snapshot = useApp((state) => state.snapshot);
  const unchecked = useApp(isUnchecked);
  const nowMs = useNow();
  const isSyncing = snapshot !== undefined && isWorking(status, snapshot);
  return (
    <>
      <StatusHero
        status={status}
        fraction={gauge(snapshot, isSyncing)}
        facts={hasFacts(status) && <Facts snapshot={snapshot} />}
      >
        {isSyncing && (
          <SyncProgress
            phase={snapshot.phase}
            progress={snapshot.progress}
            isWaiting={status.kind === "waiting"}
          />
        )}
      </StatusHero>
      <Problems />
      <section className="ladder-section" aria-labelledby="ladder-title">
        <h2 id="ladder-title">What it rests on</h2>
        <TrustLadder steps={trustLadder(snapshot, unchecked)} />
      </section>
      {snapshot !== undefined && <Cards snapshot={snapshot} unchecked={unchecked} nowMs={nowMs} />}
    </>
  );
}

/** @returns whether the small facts say more than the headline does */
function hasFacts({ kind }: Status): boolean {
  return kind !== "stopped" && kind !== "starting";
}

/** @returns whether there is progress to show, and not just a last proof or a node to wait for */
function isWorking({ kind }: Status, { phase }: ClientSnapshot): boolean {
  return phase !== "live" && ["starting", "syncing", "checking-again", "waiting"].includes(kind);
}

function gauge(snapshot: ClientSnapshot | undefined, isSyncing: boolean): number {
  if (isSyncing) return snapshot?.progress.fraction ?? 0;
  return snapshot?.isSynced ? 1 : 0;
}

function Facts({ snapshot }: { snapshot: ClientSnapshot | undefined }) {
  if (snapshot === undefined) return null;
  return (
    <>
      <span>{plural(readyPeers(snapshot), "node")} connected</span>
      {snapshot.role === "follower" && <span>Another tab does the work; this one follows it</span>}
      {snapshot.stored?.status === "checked" && <span>Saved state checked again</span>}
    </>
  );
}

interface CardsProps {
  snapshot: ClientSnapshot;
  unchecked: boolean;
  nowMs: number;
}

function Cards({ snapshot, unchecked, nowMs }: CardsProps) {
  const { tip, chainLock, masternodes, quorums, peers, stored, cannotVerify } = snapshot;
  return (
    <div className="cards">
      {tip !== undefined && <TipCard tip={tip} isUnchecked={unchecked} nowMs={nowMs} />}
      {chainLock !== undefined && <ChainLockCard lock={chainLock} isUnchecked={unchecked} />}
      {quorums.length > 0 && <QuorumsCard counts={quorums} isUnchecked={unchecked} />}
      {masternodes !== undefined && <MasternodesCard counts={masternodes} isUnchecked={unchecked} />}
      {(peers.length > 0 || masternodes !== undefined) && <PeersCard peers={peers} />}
      {stored !== undefined && stored.status !== "checked" && <StoredCard stored={stored} nowMs={nowMs} />}
      {cannotVerify.length > 0 && <CannotVerifyCard names={cannotVerify} />}
    </div>
  );
}
