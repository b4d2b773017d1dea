/** Who lives in the house of the three machines, and what the ISP knows of them. */

/** Mailbox users, with the same numbers on the gateway and on the LAN's machines. */
export const people = { eddy: 1001, keith: 1002 } as const

/** Eddy's own box, beside the household's multidrop one (`box` of bench/line/far.ts). */
export const work = { user: 'eddyy', password: 'sesame' } as const

/** How the gateway's people are called outside. */
export const outside = { eddy: 'eddy.younger@isp.example', domain: 'shofar.isp.example' } as const
