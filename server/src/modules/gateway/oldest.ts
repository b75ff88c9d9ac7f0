/** Makes a map hold no more than so many entries: those that were put in first go. */
export function dropOldest<K>(map: Map<K, unknown> | Set<K>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
