import type { QuorumMember, QuorumRow } from "../../worker/api.ts";
import { formatNumber, shortHash } from "../format.ts";
import type { Loaded } from "../loader.ts";
import { masternodeHref } from "../route.ts";
import { Bitmap } from "./Bitmap.tsx";
import { type Field, FieldList } from "./FieldList.tsx";
import { QuorumChip } from "./QuorumChip.tsx";

interface QuorumDetailProps {
  row: QuorumRow;
  isUnchecked: boolean;
  /** Undefined inside: a list they are drawn from is missing. */
  members: Loaded<readonly QuorumMember[] | undefined>;
}

/** One quorum: its key, who signed, who belongs to it. */
export function QuorumDetail({ row, isUnchecked, members }: QuorumDetailProps) {
  return (
    <>
      <p className="sheet-lead">
        <QuorumChip row={row} isUnchecked={isUnchecked} />
        <span>{row.name}</span>
      </p>
      {row.reason !== undefined && <p>{row.reason}</p>}
      <FieldList fields={fieldsOf(row, isUnchecked)} />
      <h3>Members</h3>
      <div className="bitmaps">
        <Bitmap label="signed" bits={row.signers} />
        <Bitmap label="valid members" bits={row.validMembers} />
      </div>
      <Members members={members} />
    </>
  );
}

function fieldsOf(row: QuorumRow, isUnchecked: boolean): readonly Field[] {
  return [
    { label: "Quorum hash", value: row.quorumHash, copy: row.quorumHash },
    {
      label: row.status === "verified" && !isUnchecked ? "Public key" : "Public key (not verified)",
      value: row.quorumPublicKey,
      copy: row.quorumPublicKey,
    },
    { label: "Base block", value: row.height === undefined ? "Not known here" : formatNumber(row.height) },
    { label: "Index", value: row.quorumIndex },
  ];
}

function Members({ members }: { members: QuorumDetailProps["members"] }) {
  if (members.status === "failed") return <p>The members could not be loaded.</p>;
  if (members.status !== "ready") return <p className="muted">Loading members…</p>;
  if (members.value === undefined) {
    return <p className="muted">Who they are is not known yet: a list they are drawn from is missing.</p>;
  }
  return (
    <table className="grid-table member-table">
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">Masternode</th>
          <th scope="col">Signed</th>
          <th scope="col">Valid</th>
        </tr>
      </thead>
      <tbody>
        {members.value.map((member, index) => (
          <tr key={member.proTxHash}>
            <td>{index}</td>
            <td>
              <a href={masternodeHref(member.proTxHash)}>
                <code>{shortHash(member.proTxHash, 6)}</code>
              </a>
              <span className="member-address">{member.service ?? "No address"}</span>
            </td>
            <td>{member.isSigner ? "Yes" : "No"}</td>
            <td>{member.isValidMember ? "Yes" : "No"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
