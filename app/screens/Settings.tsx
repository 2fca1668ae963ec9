import { useEffect, useState } from "react";
import type { LogEntry, QuorumTypeSnapshot, Settings as SettingsValues } from "../../worker/api.ts";
import { isDashlightError } from "../../worker/errors.ts";
import { changeSettings, requestSettings } from "../actions.ts";
import { AboutCard } from "../components/AboutCard.tsx";
import { Card } from "../components/Card.tsx";
import { LogCard } from "../components/LogCard.tsx";
import type { TypeOption } from "../components/NeededTypesField.tsx";
import { ScreenHeader } from "../components/ScreenHeader.tsx";
import { type FieldProblem, SettingsForm } from "../components/SettingsForm.tsx";
import { ThemePicker } from "../components/ThemePicker.tsx";
import { downloadJson } from "../downloadJson.ts";
import { asSentence, thrownSentence } from "../errorSentences.ts";
import { useApp } from "../store.ts";
import type { Theme } from "../theme.ts";
import { Storage } from "./Storage.tsx";

const NO_LOG: readonly LogEntry[] = [];
const NO_TYPES: readonly QuorumTypeSnapshot[] = [];

interface SettingsProps {
  theme: Theme;
  onThemeChange: (theme: Theme) => void;
}

/** What the reader can change, what is kept, what was decided. */
export function Settings({ theme, onThemeChange }: SettingsProps) {
  const log = useApp((state) => state.snapshot?.log ?? NO_LOG);
  const blsEngine = useApp((state) => state.snapshot?.blsEngine);
  const x11Engine = useApp((state) => state.snapshot?.x11Engine);
  return (
    <>
      <ScreenHeader title="Settings" />
      <div className="settings">
        <Connection />
        <Card title="Theme">
          <ThemePicker theme={theme} onChange={onThemeChange} />
        </Card>
        <Storage />
        <LogCard log={log} onExport={exportLog(log)} />
        <AboutCard version={import.meta.env.VITE_APP_VERSION} blsEngine={blsEngine} x11Engine={x11Engine} />
      </div>
    </>
  );
}

function exportLog(log: readonly LogEntry[]): () => void {
  return () => downloadJson(`dashlight-log-${new Date().toISOString().slice(0, 10)}.json`, log);
}

interface SaveState {
  readonly isSaving: boolean;
  readonly problem: FieldProblem | undefined;
  readonly outcome: string;
}

const UNSAVED: SaveState = { isSaving: false, problem: undefined, outcome: "" };

function Connection() {
  const engine = useApp((state) => state.engine);
  const types = useApp((state) => state.snapshot?.quorums ?? NO_TYPES);
  const { settings, error } = useSettings(engine);
  const [save, setSave] = useState(UNSAVED);

  function saveSettings(values: SettingsValues): void {
    setSave({ ...UNSAVED, isSaving: true });
    changeSettings(values)
      .then(() => ({ ...UNSAVED, outcome: "Saved." }))
      .catch(refusal)
      .then(setSave);
  }

  return (
    <Card title="Connection">
      {settings !== undefined && (
        <SettingsForm
          settings={settings}
          origin={window.location.origin}
          typeOptions={types.map(toTypeOption)}
          onSave={saveSettings}
          {...save}
        />
      )}
      {error !== undefined && <p className="field-error">{thrownSentence(error)}</p>}
      {settings === undefined && error === undefined && <p className="muted">Loading…</p>}
    </Card>
  );
}

function toTypeOption({ llmqType, name, isNeeded }: QuorumTypeSnapshot): TypeOption {
  return { llmqType, name, isNeededByDefault: isNeeded };
}

function refusal(error: unknown): SaveState {
  const outcome = thrownSentence(error);
  if (!isDashlightError(error, "client/invalid-setting")) return { ...UNSAVED, outcome };
  const { field, reason } = error.facts;
  return { ...UNSAVED, problem: { field, reason: asSentence(reason) }, outcome: "Not saved." };
}

/** @param engine - a restarted one is asked again */
function useSettings(engine: string): { settings?: SettingsValues; error?: unknown } {
  const [loaded, setLoaded] = useState<{ settings?: SettingsValues; error?: unknown }>({});
  useEffect(() => {
    if (engine === "stopped") return;
    let isWanted = true;
    requestSettings()
      .then((settings) => ({ settings }))
      .catch((error: unknown) => ({ error }))
      .then((answer) => isWanted && setLoaded(answer));
    return () => {
      isWanted = false;
    };
  }, [engine]);
  return loaded;
}
