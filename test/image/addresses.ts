/** Both ends of the telephone line, and the ISP's servers behind it. */
export const addresses = { near: '10.0.0.2', far: '10.0.0.1', world: '10.1.0.2' } as const
