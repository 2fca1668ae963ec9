import type { ChainLockSnapshot, TipSnapshot } from "../../worker/api.ts";
import { quorumHref } from "../route.ts";
import { Age } from "./Age.tsx";
import { Amount } from "./Amount.tsx";
import { Card } from "./Card.tsx";
import { Chip, NotRechecked } from "./Chip.tsx";
import { Hash } from "./Hash.tsx";

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
