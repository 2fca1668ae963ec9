import type { ReactNode } from "react";
import { CopyButton } from "./CopyButton.tsx";

export interface Field {
  readonly label: string;
  readonly value: ReactNode;
  /** What the copy button copies; without it there is none. */
  readonly copy?: string | undefined;
}

/** Names and values below each other; long ones in full. */
export function FieldList({ fields }: { fields: readonly Field[] }) {
  return (
    <dl className="field-list">
      {fields.map((field) => (
        <div key={field.label}>
          <dt>{field.label}</dt>
          <dd>
            {field.copy === undefined ? (
              field.value
            ) : (
              <>
                <code>{field.value}</code>
                <CopyButton text={field.copy} what={field.label} />
              </>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
