import config from "../playwright.config.ts";

/** `npm run screenshots`: makes the pictures of the README from the built app. */
export default { ...config, testDir: ".", testMatch: "**/*.shots.ts", outputDir: "../test-results/shots" };
