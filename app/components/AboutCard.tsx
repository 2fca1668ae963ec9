import { Card } from "./Card.tsx";

interface AboutCardProps {
  version: string;
  blsEngine: string | undefined;
  x11Engine: string | undefined;
}

const BLS_NAMES: Record<string, string> = { mcl: "WebAssembly (mcl)", noble: "JavaScript (noble)" };
const X11_NAMES: Record<string, string> = { wasm: "WebAssembly", js: "JavaScript" };

export function AboutCard({ version, blsEngine, x11Engine }: AboutCardProps) {
  return (
    <Card title="About">
      <dl className="facts is-inline">
        <div>
          <dt>Dashlight</dt>
          <dd>{version}</dd>
        </div>
        <div>
          <dt>Signatures (BLS)</dt>
          <dd>{nameOf(BLS_NAMES, blsEngine)}</dd>
        </div>
        <div>
          <dt>Block hash (X11)</dt>
          <dd>{nameOf(X11_NAMES, x11Engine)}</dd>
        </div>
        <div>
          <dt>Licence</dt>
          <dd>MIT</dd>
        </div>
      </dl>
      <p className="muted">
        A light client that believes nobody: every header, list, quorum and lock is checked in this tab. It
        holds no keys and no money. An independent project, not affiliated with Dash Core Group.
      </p>
    </Card>
  );
}

function nameOf(names: Record<string, string>, engine: string | undefined): string {
  return engine === undefined ? "not loaded yet" : (names[engine] ?? engine);
}
