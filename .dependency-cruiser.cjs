/**
 * Who may import whom. Every part names what it may use; anything else inside the project is an error.
 * Packages are free for all but the exceptions at the end.
 */
const TESTS = "/(test|bench)/";

/** @param {string} part @param {string} from @param {string[]} allowed - folders and files, as regular expressions */
function only(part, from, allowed) {
  return {
    name: `layer-${part}`,
    comment: `${part} may import ${allowed.join(", ") || "nothing"} of the project`,
    severity: "error",
    from: { path: from, pathNot: TESTS },
    to: { path: "^(app|worker|bridge|e2e)/", pathNot: allowed },
  };
}

const ERRORS = "^worker/errors\\.ts$";
/** What the user can tune, with its limits: the form and the database both hold to them. */
const TUNING = "^worker/syncTuning\\.ts$";
const WIRE_LAYER = ["^worker/wire/", "^worker/params/", ERRORS];
const PURE_LAYER = ["^worker/wire/", "^worker/params/", "^worker/x11/", "^worker/bls/", ERRORS];

module.exports = {
  forbidden: [
    only("errors", ERRORS, []),
    only("tuning", TUNING, [ERRORS]),
    only("params", "^worker/params/", ["^worker/params/", ERRORS]),
    only("x11", "^worker/x11/", ["^worker/x11/", ERRORS]),
    only("bls", "^worker/bls/", ["^worker/bls/", ERRORS]),
    only("wire", "^worker/wire/", WIRE_LAYER),
    only("chain", "^worker/chain/", ["^worker/chain/", ...PURE_LAYER]),
    only("engine", "^worker/engine/", ["^worker/engine/", ...PURE_LAYER]),
    only("discover-and-plan", "^worker/sync/(discover|plan)[A-Za-z]*\\.ts$", [
      "^worker/sync/(discover|plan)[A-Za-z]*\\.ts$",
      "^worker/engine/",
      "^worker/chain/",
      ...PURE_LAYER,
    ]),
    only("net", "^worker/net/", ["^worker/net/", ...WIRE_LAYER, "^bridge/protocol\\.ts$"]),
    only("pool", "^worker/pool/", ["^worker/pool/", ...PURE_LAYER]),
    only("store", "^worker/store/", ["^worker/store/", ...WIRE_LAYER, "^worker/(chain|engine)/", TUNING]),
    {
      name: "store-takes-types",
      comment: "store knows the shapes of chain and engine, not their code",
      severity: "error",
      from: { path: "^worker/store/", pathNot: TESTS },
      to: { path: "^worker/(chain|engine)/", dependencyTypesNot: ["type-only"] },
    },
    only("client", "^worker/([a-zA-Z]+\\.ts$|sync/)", ["^worker/(?!node/)", "^bridge/protocol\\.ts$"]),
    only("node", "^worker/node/", ["^worker/", "^bridge/simnet/", "^bridge/protocol\\.ts$"]),
    only("app", "^app/", ["^app/", "^worker/(api|errors|transfer)\\.ts$", "^worker/index\\.ts$", TUNING]),
    {
      name: "app-takes-the-worker-as-a-url",
      comment: "the page starts the worker, it never runs its code",
      severity: "error",
      from: { path: "^app/" },
      to: { path: "^worker/index\\.ts$", dependencyTypesNot: ["type-only"] },
    },
    only("bridge", "^bridge/(?!simnet/|embeddedSimnet\\.ts$|probe\\.ts$)", [
      "^bridge/",
      "^worker/params/",
      ERRORS,
    ]),
    only("bridge-probe", "^bridge/probe\\.ts$", ["^bridge/", "^worker/(params|wire)/"]),
    only("embedded-simnet", "^bridge/embeddedSimnet\\.ts$", [
      "^bridge/",
      "^worker/(params|bls)/",
      "^worker/node/loadX11\\.ts$",
    ]),
    only("bridge-protocol", "^bridge/protocol\\.ts$", []),
    only("simnet", "^bridge/simnet/", ["^bridge/simnet/", ...PURE_LAYER, "^worker/node/loadX11\\.ts$"]),
    {
      name: "no-cycles",
      comment: "modules form layers",
      severity: "error",
      from: { path: "^(app|worker|bridge)/" },
      to: { circular: true, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "one-place-for-idb",
      comment: "the database is opened in store only",
      severity: "error",
      from: { path: "^(app|worker|bridge)/", pathNot: ["^worker/store/", TESTS] },
      to: { path: "node_modules/idb/" },
    },
    {
      name: "one-place-for-comlink",
      comment: "Comlink stays at the boundary",
      severity: "error",
      from: {
        path: "^(app|worker)/",
        pathNot: ["^app/connect\\.ts$", "^worker/(index|transfer|api)\\.ts$", "^worker/pool/", TESTS],
      },
      to: { path: "node_modules/comlink/" },
    },
    {
      name: "no-node-in-the-browser",
      comment: "app and worker run in a browser; only worker/node and the bridge know Node",
      severity: "error",
      from: {
        path: "^(app|worker)/",
        pathNot: ["^worker/node/", "^worker/buildAssembly\\.mjs$", TESTS, "^worker/(test|bench)/"],
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-unresolvable",
      comment: "an import that resolves to nothing hides from every other rule",
      severity: "error",
      from: { path: "^(app|worker|bridge|e2e)/" },
      to: { couldNotResolve: true, pathNot: ["^virtual:"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["^worker/(x11|bls)/(assembly|build)/", "(^|/)test/vectors/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.node.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "module", "browser", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".cjs"],
    },
  },
};
