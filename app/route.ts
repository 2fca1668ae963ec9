/** Addresses inside the app, kept behind the `#` so that one cached page serves them all, offline too. */
export type Route =
  | { readonly screen: "overview" }
  | { readonly screen: "sync" }
  | { readonly screen: "masternodes"; readonly proTxHash: string | undefined }
  | { readonly screen: "quorums"; readonly quorum: QuorumId | undefined }
  | { readonly screen: "peers" }
  | { readonly screen: "settings" };

export type ScreenName = Route["screen"];

export interface QuorumId {
  readonly llmqType: number;
  readonly quorumHash: string;
}

/** @returns the route an address names; anything unknown is the overview */
export function parseRoute(hash: string): Route {
  const [screen, first, second] = hash.replace(/^#?\/?/, "").split("/");
  switch (screen) {
    case "masternodes":
      return { screen, proTxHash: isHash(first) ? first : undefined };
    case "quorums":
      return {
        screen,
        quorum:
          isSmallNumber(first) && isHash(second)
            ? { llmqType: Number(first), quorumHash: second }
            : undefined,
      };
    case "sync":
    case "peers":
    case "settings":
      return { screen };
    default:
      return { screen: "overview" };
  }
}

/** @returns the address of a route, for links */
export function routeHref(route: Route): string {
  switch (route.screen) {
    case "overview":
      return "#/";
    case "masternodes":
      return route.proTxHash === undefined ? "#/masternodes" : `#/masternodes/${route.proTxHash}`;
    case "quorums":
      return route.quorum === undefined
        ? "#/quorums"
        : `#/quorums/${route.quorum.llmqType}/${route.quorum.quorumHash}`;
    default:
      return `#/${route.screen}`;
  }
}

export function masternodeHref(proTxHash: string): string {
  return routeHref({ screen: "masternodes", proTxHash });
}

export function quorumHref(llmqType: number, quorumHash: string): string {
  return routeHref({ screen: "quorums", quorum: { llmqType, quorumHash } });
}

function isHash(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text);
}

function isSmallNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,3}$/.test(text);
}
