export { paramsFromFile } from "./fromFile.ts";
export { LLMQ_PARAMS, type LlmqParams, SIGN_HEIGHT_OFFSET, WORK_DIFF_DEPTH } from "./llmq.ts";
export { neededLlmqTypes, networkParams } from "./networks.ts";
export type {
  ActivationHeights,
  HeaderAnchor,
  KnownBlock,
  NetworkName,
  NetworkParams,
  PowParams,
} from "./types.ts";
