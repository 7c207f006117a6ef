/** Raised whenever the support around the phases changes what a build can produce: part of every derivation key. */
export const BUILD_SUPPORT = 2;
