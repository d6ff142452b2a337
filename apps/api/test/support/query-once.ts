import pg from "pg";

/** Sends SQL over a connection of its own, one statement or several. @returns the rows of a single one. */
export async function queryOnce(connectionString: string, text: string): Promise<object[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}
