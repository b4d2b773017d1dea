/**
 * One at a time by name: two copies of one letter must not be weighed at once, or neither sees that the other is being kept.
 */
export interface Turns {
  /** Waits until nobody has the name, and takes it; the caller must call what it gets. */
  take(name: string): Promise<() => void>
}

export function turns(): Turns {
  const held = new Map<string, Promise<void>>()
  return {
    async take(name) {
      while (held.has(name)) await held.get(name)
      let free: () => void = () => {}
      held.set(name, new Promise((resolve) => (free = resolve)))
      return () => {
        held.delete(name)
        free()
      }
    },
  }
}
