/**
 * Starts a simnet in a process of its own and prints what that took, as one JSON line.
 * Arguments: the preset, and a folder for its file if it may have one.
 */
import { createSimnet } from "../../bridge/simnet/network.ts";
import { SIMNET_PRESETS } from "../../bridge/simnet/presets.ts";
import { createBls } from "../bls/index.ts";
import { loadX11 } from "../node/loadX11.ts";

const [name, cacheDir] = process.argv.slice(2);
const preset = SIMNET_PRESETS.find((known) => known === name);
if (preset === undefined) throw new Error(`no preset ${name}`);
const [bls, x11] = await Promise.all([createBls(), loadX11()]);
const options = { seed: 1, preset, bls, x11 };
const simnet = await createSimnet(cacheDir === undefined ? options : { ...options, cacheDir });
console.log(JSON.stringify({ seconds: process.uptime(), megabytes: process.resourceUsage().maxRSS / 1000 }));
await simnet.close();
