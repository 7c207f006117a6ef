declare module "fs-native-extensions" {
  const nativeExtensions: {
    /** Tries an exclusive lock on the whole file behind `fd`; false when another open file description holds one. */
    tryLock(fd: number): boolean;
    listAttrsSync(fd: number): string[];
    removeAttrSync(fd: number, name: string): void;
    /** Exchanges the two paths in one step (renameat2 with RENAME_EXCHANGE). */
    swapSync(from: string, to: string): void;
  };
  export default nativeExtensions;
}
