declare module "@dashevo/x11-hash-js" {
  const x11HashJs: {
    /** @param inputFormat - 0 text, 1 bytes, 2 32-bit words @param outputFormat - likewise */
    digest(input: string | readonly number[], inputFormat?: 0 | 1 | 2, outputFormat?: 0 | 1 | 2): number[];
  };
  export default x11HashJs;
}
