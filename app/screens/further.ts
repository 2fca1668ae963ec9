/** The screens that the first one does not need: one file of their own in the build. */
export { Masternodes } from "./Masternodes.tsx";
export { Peers } from "./Peers.tsx";
export { Quorums } from "./Quorums.tsx";
export { Settings } from "./Settings.tsx";
export { Sync } from "./Sync.tsx";
