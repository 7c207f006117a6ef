/** Random choices follow from this number: always the same one, so that no run fails by chance that another passes. */
const USUAL = 20_260_101;

/** The seed of this run, as `chooseSeed` left it. */
export const SEED = Number(process.env.STORE_TEST_SEED ?? USUAL);
