import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFolderFiles } from "./folder-files.js";

describe("createFolderFiles", () => {
  let parent: string;
  let folder: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "isthmus-files-"));
    folder = join(parent, "tenant");
    await mkdir(folder);
    await writeFile(join(parent, "other.pem"), "another tenant's");
    await writeFile(join(folder, "client.pem"), "first");
  });
  afterEach(() => rm(parent, { recursive: true }));

  it("gives the same object until the file changes, and then the new content", async () => {
    const files = createFolderFiles(folder);
    const first = await files.read("client.pem");
    expect(String(first)).toBe("first");
    expect(await files.read("client.pem")).toBe(first);
    await writeFile(join(folder, "client.pem"), "the second");
    expect(String(await files.read("client.pem"))).toBe("the second");
  });

  it("follows a link within the folder, as mounted secrets have them", async () => {
    await mkdir(join(folder, "..2026_11"));
    await writeFile(join(folder, "..2026_11", "key.pem"), "key");
    await symlink(join("..2026_11", "key.pem"), join(folder, "key.pem"));
    expect(String(await createFolderFiles(folder).read("key.pem"))).toBe("key");
  });

  it.each(["../other.pem", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "a\0", "-rf", `${"a".repeat(300)}`])(
    "refuses the name %j",
    async (name) => {
      await expect(createFolderFiles(folder).read(name)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    },
  );

  it("refuses a link that leads out, a folder, a huge file, and what is not there, without telling where it looked", async () => {
    await symlink(join("..", "other.pem"), join(folder, "link.pem"));
    await mkdir(join(folder, "sub"));
    await writeFile(join(folder, "huge.pem"), Buffer.alloc(4 * 1024 * 1024 + 1));
    for (const name of ["link.pem", "sub", "huge.pem", "missing.pem"]) {
      const error = await createFolderFiles(folder)
        .read(name)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "VALIDATION_FAILED", message: expect.stringContaining(name) });
      expect(`${String(error)}${String((error as Error).cause)}`).not.toContain(parent);
    }
    await expect(createFolderFiles(join(parent, "none")).read("a.pem")).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });
});
