/** The two ways in which an old option becomes no setting, in words. Pure. */

export const itself = (why: string): string => `dialpost does this by itself: ${why}`
export const none = (why: string): string => `no equivalent: ${why}`
