/** Line icons of one hand: 24 units wide, drawn with the colour of the text around them. */
const PATHS = {
  overview: "M4 17a8 8 0 1 1 16 0M12 17l4-5M3 20h18",
  sync: "M4 6h8M7 10.7h9M11 15.3h9M15 20h5",
  masternodes: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01M12 7h5M12 17h5",
  quorums: "M12 3l7.5 4.5v9L12 21l-7.5-4.5v-9zM12 3v6.5M4.5 16.5 10 13.3M19.5 16.5 14 13.3",
  peers: "M12 4v5M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M9.5 14l-4 4M14.5 14l4 4M12 3.5h.01M5 18.5h.01M19 18.5h.01",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4l2.5 2",
  alert: "M12 4 3 19.5h18zM12 10v4.5M12 17h.01",
  cross: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15.5 15.5 20 20",
  download: "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4h-4",
  arrow: "M5 12h14M13 6l6 6-6 6",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1",
  dark: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration beside text that says the same, so it is hidden from screen readers. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
