/** The mark: a signal lamp that is lit. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg className="logo" viewBox="0 0 64 64" width={size} height={size} aria-hidden="true">
      <path className="logo-lamp" d="M19 46v-6.5a13 13 0 0 1 26 0V46z" />
      <rect className="logo-base" x="14" y="49.5" width="36" height="7" rx="3.5" />
      <path className="logo-rays" d="M10 39H4.5M17.5 24.5l-4-4M32 18.5v-6M46.5 24.5l4-4M54 39h5.5" />
    </svg>
  );
}
