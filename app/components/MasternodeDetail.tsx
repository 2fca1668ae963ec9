import type { MasternodeRow } from "../../worker/api.ts";
import { type Field, FieldList } from "./FieldList.tsx";
import { MasternodeChip } from "./MasternodeTable.tsx";

/** All that the proven list says about one masternode. */
export function MasternodeDetail({ row }: { row: MasternodeRow }) {
  return (
    <>
      <p className="sheet-lead">
        <MasternodeChip isValid={row.isValid} />
        <span>{row.isEvo ? "Evo masternode" : "Regular masternode"}</span>
      </p>
      <FieldList fields={fieldsOf(row)} />
    </>
  );
}

function fieldsOf(row: MasternodeRow): readonly Field[] {
  const fields: Field[] = [
    copied("ProTx hash", row.proTxHash),
    row.service === undefined
      ? { label: "Address", value: "None in the list" }
      : copied("Address", row.service),
    copied("Confirmed hash", row.confirmedHash),
    copied("Operator public key", row.pubKeyOperator),
    copied("Voting key ID", row.keyIDVoting),
    { label: "Entry version", value: row.version },
  ];
  if (row.platformNodeID !== undefined) fields.push(copied("Platform node ID", row.platformNodeID));
  if (row.platformHTTPPort !== undefined)
    fields.push({ label: "Platform HTTP port", value: row.platformHTTPPort });
  return fields;
}

function copied(label: string, value: string): Field {
  return { label, value, copy: value };
}
