import type { Step, StepState } from "../ladder.ts";
import type { Tone } from "../status.ts";
import { Icon, type IconName } from "./Icon.tsx";

const LOOKS: Record<StepState, { tone: Tone; label: string; icon: IconName | undefined }> = {
  verified: { tone: "ok", label: "Verified", icon: "check" },
  partly: { tone: "warn", label: "Partly verified", icon: "alert" },
  unchecked: { tone: "warn", label: "Not rechecked", icon: "clock" },
  active: { tone: "busy", label: "Checking", icon: undefined },
  waiting: { tone: "off", label: "Waiting", icon: undefined },
  failed: { tone: "danger", label: "Failed", icon: "cross" },
};

/** The chain of trust, rung by rung: each rests on the ones before it. */
export function TrustLadder({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className="ladder">
      {steps.map((step) => {
        const look = LOOKS[step.state];
        return (
          <li
            key={step.id}
            className={`ladder-step is-${step.state} tone-${look.tone}`}
            data-testid={`step-${step.id}`}
            data-state={step.state}
          >
            <span className="ladder-node">
              {look.icon === undefined ? (
                <span className="ladder-dot" aria-hidden="true" />
              ) : (
                <Icon name={look.icon} size={18} />
              )}
            </span>
            <div className="ladder-text">
              <h3>{step.title}</h3>
              <p className="ladder-state">{look.label}</p>
              <p className="ladder-count">{step.count ?? <span aria-hidden="true">–</span>}</p>
              <p className="ladder-why">{step.why}</p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
