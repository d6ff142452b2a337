/** Upper bounds in seconds: from what never left the machine to a query that Salesforce lets run for two minutes. */
export const durationBuckets: number[] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
