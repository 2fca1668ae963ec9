/** A new version waits; it is installed when the reader says so, never in the middle of something. */
export function UpdatePrompt({ onReload }: { onReload: () => void }) {
  return (
    <aside className="update-prompt" role="status">
      <span>A new version is ready.</span>
      <button type="button" className="button is-primary" onClick={onReload}>
        Reload
      </button>
    </aside>
  );
}
