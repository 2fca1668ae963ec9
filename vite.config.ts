import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import project from "./package.json" with { type: "json" };

const BRIDGE_IN_DEVELOPMENT = "http://127.0.0.1:8080";

/** The largest file is mcl-wasm with its module as base64; the default of 2 MiB leaves too little room beside it. */
const LARGEST_CACHED_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Whoever chose a theme other than the device's sees no flash of the device's first: nothing is painted before the
 * module that applies it. An inline script would do the same, against the CSP.
 */
const paintWithTheme: Plugin = {
  name: "paint-with-theme",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  plugins: [
    react(),
    paintWithTheme,
    VitePWA({
      registerType: "prompt",
      // The app registers the service worker itself: an injected inline script would need a laxer CSP.
      injectRegister: false,
      // The icons are among the built files below.
      includeManifestIcons: false,
      manifest: {
        name: "Dashlight",
        short_name: "Dashlight",
        description: "A Dash light client that verifies everything itself, in your browser.",
        id: "/",
        start_url: "/",
        scope: "/",
        display: "standalone",
        background_color: "#0a1320",
        theme_color: "#0a1320",
        categories: ["finance", "utilities"],
        icons: [
          { src: "icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "icon-512.png", sizes: "512x512", type: "image/png" },
          { src: "icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
          { src: "icon.svg", sizes: "any", type: "image/svg+xml" },
        ],
      },
      workbox: {
        globPatterns: ["**/*.{js,css,html,svg,png,wasm}"],
        maximumFileSizeToCacheInBytes: LARGEST_CACHED_FILE_BYTES,
        navigateFallbackDenylist: [/^\/bridge\//],
        cleanupOutdatedCaches: true,
        // A first visit is served offline too, and sees an update through.
        clientsClaim: true,
      },
    }),
  ],
  define: { "import.meta.env.VITE_APP_VERSION": JSON.stringify(project.version) },
  worker: { format: "es" },
  build: {
    target: "es2022",
    outDir: "dist",
    // A CSP without `data:` for scripts and connections: every module and asset is a file of its own.
    assetsInlineLimit: 0,
    // mcl-wasm is 616 kB in one chunk, loaded in a worker only.
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/bridge": { target: BRIDGE_IN_DEVELOPMENT, ws: true } } },
  preview: { proxy: { "/bridge": { target: BRIDGE_IN_DEVELOPMENT, ws: true } } },
});
