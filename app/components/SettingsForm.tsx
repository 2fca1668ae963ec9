import { type FormEvent, useEffect, useRef, useState } from "react";
import type { NetworkName, Settings } from "../../worker/api.ts";
import { MAX_PEERS, MIN_PEERS, type SettingsDraft, toDraft, toSettings } from "../settingsDraft.ts";
import { FormField } from "./FormField.tsx";
import { NeededTypesField, type TypeOption } from "./NeededTypesField.tsx";
import { TuningFields } from "./TuningFields.tsx";

const NETWORKS: readonly { value: NetworkName; label: string }[] = [
  { value: "mainnet", label: "Mainnet" },
  { value: "testnet", label: "Testnet" },
  { value: "devnet", label: "Devnet" },
  { value: "regtest", label: "Regtest" },
  { value: "simnet", label: "Simnet, the simulated network" },
];

/** What the engine refused, at the field it named. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
}

interface SettingsFormProps {
  /** As they are saved. */
  settings: Settings;
  origin: string;
  typeOptions: readonly TypeOption[];
  problem: FieldProblem | undefined;
  /** What became of the last save, one sentence. */
  outcome: string;
  isSaving: boolean;
  onSave: (settings: Settings) => void;
}

export function SettingsForm(props: SettingsFormProps) {
  const { settings, origin, typeOptions, problem, outcome, isSaving, onSave } = props;
  const [draft, setDraft] = useState(() => toDraft(settings));
  const form = useRef<HTMLFormElement>(null);
  const change = (part: Partial<SettingsDraft>) => setDraft((before) => ({ ...before, ...part }));
  const errorOf = (field: string) => (problem?.field === field ? problem.reason : undefined);

  useEffect(() => {
    if (problem === undefined) return;
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]:is(input, select)")?.focus();
  }, [problem]);

  function save(event: FormEvent): void {
    event.preventDefault();
    onSave(toSettings(draft));
  }

  return (
    <form className="settings-form" ref={form} noValidate onSubmit={save}>
      <FormField label="Network" hint="Each network is saved on its own." error={errorOf("network")}>
        {(input) => (
          <select
            {...input}
            value={draft.network}
            onChange={(event) => change({ network: event.target.value as SettingsDraft["network"] })}
          >
            <option value="">What the bridge was started for</option>
            {NETWORKS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </FormField>
      <FormField
        label="Bridge address"
        hint="It passes bytes on to Dash nodes and is never believed. Empty: where this page came from."
        error={errorOf("bridgeUrl")}
      >
        {(input) => (
          <input
            {...input}
            type="url"
            placeholder={origin}
            value={draft.bridgeUrl}
            onChange={(event) => change({ bridgeUrl: event.target.value })}
          />
        )}
      </FormField>
      <FormField
        label="Your own node"
        hint="Address and port. It is asked before all others, and believed no more than they are."
        error={errorOf("ownNode")}
      >
        {(input) => (
          <input
            {...input}
            type="text"
            placeholder="203.0.113.7:9999"
            spellCheck={false}
            autoCapitalize="none"
            value={draft.ownNode}
            onChange={(event) => change({ ownNode: event.target.value })}
          />
        )}
      </FormField>
      <FormField
        label="Nodes at the same time"
        hint={`${MIN_PEERS} to ${MAX_PEERS}. More are faster and need more data.`}
        error={errorOf("maxPeers")}
      >
        {(input) => (
          <input
            {...input}
            type="number"
            inputMode="numeric"
            min={MIN_PEERS}
            max={MAX_PEERS}
            value={draft.maxPeers}
            onChange={(event) => change({ maxPeers: event.target.value })}
          />
        )}
      </FormField>
      <NeededTypesField
        options={typeOptions}
        value={draft.neededLlmqTypes}
        error={errorOf("neededLlmqTypes")}
        onChange={(neededLlmqTypes) => change({ neededLlmqTypes })}
      />
      <TuningFields value={draft.tuning} errorOf={errorOf} onChange={(tuning) => change({ tuning })} />
      <div className="form-actions">
        <button type="submit" className="button is-primary" disabled={isSaving}>
          {isSaving ? "Saving…" : "Save"}
        </button>
        <p role="status">{outcome}</p>
      </div>
    </form>
  );
}
