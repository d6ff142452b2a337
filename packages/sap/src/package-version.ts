/** The version of this package. A constant, because reading package.json at run time breaks bundlers; a test compares. */
export const packageVersion = "1.0.0";
