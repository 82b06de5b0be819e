import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const files = readdirSync(DIST, { recursive: true, encoding: "utf8" });
const read = (path: string) => readFileSync(`${DIST}/${path}`);
const MOST_AT_FIRST = 250_000;

describe("what is built", () => {
  it("loads at most 250 kB, compressed, before the first page shows", () => {
    const page = read("index.html").toString();
    const first = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map((found) => found[1]!);
    expect(first.some((path) => path.endsWith(".js"))).toBe(true);
    const overview = files.filter((path) => /assets\/(Overview|use-|Page|State|App)/.test(path));
    const all = new Set([
      "index.html",
      "i18n/en/translation.json",
      "i18n/it/translation.json",
      ...first,
      ...overview,
    ]);
    const size = [...all].reduce((sum, path) => sum + gzipSync(read(path)).length, 0);
    expect(size).toBeLessThan(MOST_AT_FIRST);
  });

  it("has no source maps, and nothing that names the machine it was built on", () => {
    expect(files.filter((path) => path.endsWith(".map"))).toEqual([]);
    for (const path of files.filter((one) => /\.(js|css|html|json)$/.test(one))) {
      const text = read(path).toString();
      expect([path, /sourceMappingURL|node_modules\//.test(text)]).toEqual([path, false]);
    }
  });

  it("has what the cluster's software center looks for", () => {
    const metadata = JSON.parse(read("metadata.json").toString());
    expect(Object.keys(metadata).sort()).toEqual(
      ["authors", "categories", "description", "docs", "name", "source"].sort(),
    );
    expect(Object.keys(metadata.description).sort()).toEqual(["en", "it"]);
    expect(files.filter((path) => /^img\/.*logo.*png$/.test(path))).toHaveLength(1);
    expect(JSON.parse(read("shortcuts.json").toString())).toEqual([]);
  });

  it("takes the shell's stylesheet from the shell", () => {
    expect(read("index.html").toString()).toContain('href="/cluster-admin/css/core.css"');
  });
});
