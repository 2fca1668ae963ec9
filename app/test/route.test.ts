import { describe, expect, it } from "vitest";
import { parseRoute, type Route, routeHref } from "../route.ts";
import { HASH, QUORUM_HASH } from "./snapshots.ts";

const ROUTES: [string, Route][] = [
  ["#/", { screen: "overview" }],
  ["#/sync", { screen: "sync" }],
  ["#/masternodes", { screen: "masternodes", proTxHash: undefined }],
  [`#/masternodes/${HASH}`, { screen: "masternodes", proTxHash: HASH }],
  ["#/quorums", { screen: "quorums", quorum: undefined }],
  [`#/quorums/5/${QUORUM_HASH}`, { screen: "quorums", quorum: { llmqType: 5, quorumHash: QUORUM_HASH } }],
  ["#/peers", { screen: "peers" }],
  ["#/settings", { screen: "settings" }],
];

describe("routes", () => {
  it.each(ROUTES)("%s is read and written", (href, route) => {
    expect(parseRoute(href)).toEqual(route);
    expect(routeHref(route)).toBe(href);
  });

  it.each(["", "#", "#/nothing", "#/__proto__", "#overview"])("%s is the overview", (href) => {
    expect(parseRoute(href)).toEqual({ screen: "overview" });
  });

  it.each([
    ["#/masternodes/<script>", { screen: "masternodes", proTxHash: undefined }],
    [`#/masternodes/${HASH.toUpperCase()}`, { screen: "masternodes", proTxHash: undefined }],
    [`#/quorums/x/${HASH}`, { screen: "quorums", quorum: undefined }],
    ["#/quorums/5", { screen: "quorums", quorum: undefined }],
  ])("%s shows the list", (href, route) => {
    expect(parseRoute(href)).toEqual(route);
  });
});
