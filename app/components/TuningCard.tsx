import { DEFAULT_TUNING, type SyncTuning } from "../../worker/syncTuning.ts";
import { routeHref } from "../route.ts";
import { TUNING_NUMBERS, TUNING_SWITCHES, tuningValue } from "../tuningTexts.ts";
import { Card } from "./Card.tsx";
import { Chip } from "./Chip.tsx";

const TUNABLE: readonly { field: keyof SyncTuning; label: string; placeholder?: string }[] = [
  ...TUNING_NUMBERS,
  ...TUNING_SWITCHES,
];

/** How the sync asks now, and what of it is not as usual. */
export function TuningCard({ tuning }: { tuning: SyncTuning }) {
  const isTuned = TUNABLE.some(({ field }) => tuning[field] !== DEFAULT_TUNING[field]);
  return (
    <Card
      title="How it asks"
      badge={<Chip tone={isTuned ? "warn" : "off"}>{isTuned ? "Tuned" : "As usual"}</Chip>}
      more={{ href: routeHref({ screen: "settings" }), label: "Tune it in the settings" }}
    >
      <dl className="tuning-values" data-testid="tuning-values">
        {TUNABLE.map(({ field, label, placeholder }) => (
          <div key={field}>
            <dt>{label}</dt>
            <dd>
              {tuningValue(tuning[field], placeholder)}
              {tuning[field] !== DEFAULT_TUNING[field] && (
                <small> usually {tuningValue(DEFAULT_TUNING[field], placeholder)}</small>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
