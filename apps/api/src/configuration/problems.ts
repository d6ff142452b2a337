/** One thing that is wrong with the environment. */
export interface ConfigurationProblem {
  /** Name of the environment variable. */
  readonly variable: string;
  /** What is wrong with it; never repeats a value, because it may be a secret. */
  readonly problem: string;
  /** What a good value looks like. */
  readonly example: string;
}

/** The environment does not fit. Its message has one line for each problem and is meant to be printed as it is. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ variable, problem, example }) => `  ${variable}: ${problem} Example: ${example}`);
    super(`Isthmus cannot start with this configuration.\n${lines.join("\n")}`);
    this.problems = problems;
  }
}
