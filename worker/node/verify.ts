import { runVerify } from "./runVerify.ts";

// Terminal tool: verifies captured payloads offline. Prints one JSON object.
const { status, stdout, stderr } = await runVerify(process.argv.slice(2));
if (stdout !== "") console.log(stdout);
if (stderr !== "") console.error(stderr);
process.exitCode = status;
