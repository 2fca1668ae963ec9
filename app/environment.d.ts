interface ImportMetaEnv {
  /** Version of the project, put in by the build. */
  readonly VITE_APP_VERSION: string;
}
