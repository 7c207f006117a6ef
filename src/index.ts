export { StoreError } from "./errors.ts";
