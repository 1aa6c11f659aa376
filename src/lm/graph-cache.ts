// Compiled graphs by name, the latest used kept. Shapes are static, so a model that works on batches of several sizes has
// one for each.
import type { Value } from "../engine/graph.ts";
import { type CompileOptions, compile, type Executable } from "../engine/session.ts";

export interface GraphCache {
  /** The graph of that name; built and compiled when it is not among those kept. */
  get(name: string, build: () => Readonly<Record<string, Value>>): Promise<Executable>;
  dispose(): Promise<void>;
}

/** @param capacity most graphs kept; compiling takes about as long as a quarter of a training step */
export function createGraphCache(options: CompileOptions, capacity: number): GraphCache {
  const kept = new Map<string, Promise<Executable>>();
  return {
    async get(name, build) {
      const executable = kept.get(name) ?? compile(build(), options);
      kept.delete(name);
      kept.set(name, executable); // the latest used is last
      for (const [oldest, evicted] of kept) {
        if (kept.size <= capacity) break;
        kept.delete(oldest);
        await (await evicted).dispose();
      }
      return executable;
    },
    async dispose() {
      const executables = [...kept.values()];
      kept.clear();
      for (const executable of executables) await (await executable).dispose();
    },
  };
}
